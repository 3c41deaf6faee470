#pragma once

/// What a provider offers, as data: model ids, base URLs, sizes, durations, prices. A plugin's catalogue is a JSON file
/// beside its source, compiled in; what an operator writes into NAME.json in the plugins folder comes in
/// Input::catalogue and is merged over it (RFC 7386: members replace members, null takes one away).
///
///   {"base_url": "https://api.example.com",
///    "image": {"chain": ["new-model", "old-model"],
///              "models": {"new-model": {"price": {"image": 0.04}},
///                         "old-model": {"retired": "2026-10-23", "successor": "new-model"}}}}
///
/// Reading never throws: what is missing or of another type reads as nothing.

#include <cctype>
#include <chrono>
#include <cmath>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "plugins/sdk/http_answer.hpp"

namespace reelspool::sdk {

class Catalogue {
 public:
  /// `compiled`: the plugin's one catalogue, read once.
  Catalogue(const Input& input, std::string_view compiled) : all_(&base(compiled)) {
    if (!input.catalogue.is_object()) return;
    changed_ = std::make_shared<Json>(*all_);
    changed_->merge_patch(input.catalogue);
    all_ = changed_.get();
  }

  const Json& at(const char* pointer) const { return sdk::at(*all_, pointer); }
  std::string text(const char* pointer) const { return text_at(*all_, pointer); }
  double number(const char* pointer, double otherwise) const { return number_at(*all_, pointer, otherwise); }

  /// The models of a kind that are asked one after the other: those that the operator names (separated by commas), else
  /// the catalogue's chain.
  std::vector<std::string> chain(const std::string& kind, std::string_view named) const {
    std::vector<std::string> models;
    std::string word;
    for (const char c : std::string(named) + ",") {
      if (c != ',' && c != ' ') {
        word += c;
      } else if (!word.empty()) {
        models.push_back(std::exchange(word, {}));
      }
    }
    if (!models.empty()) return models;
    const Json& chain = sdk::at(*all_, ("/" + kind + "/chain").c_str());
    for (const Json& id : chain.is_array() ? chain : Json::array())
      if (id.is_string()) models.push_back(id.get<std::string>());
    return models;
  }

  /// What is known of a model; null when the catalogue does not have it. (No pointer: ids contain slashes.)
  const Json& model(const std::string& kind, const std::string& id) const {
    static const Json nothing;
    const Json& models = sdk::at(*all_, ("/" + kind + "/models").c_str());
    const auto found = models.is_object() ? models.find(id) : models.end();
    return models.is_object() && found != models.end() ? *found : nothing;
  }

 private:
  static const Json& base(std::string_view compiled) {
    static const Json parsed = Json::parse(compiled);
    return parsed;
  }
  const Json* all_;
  std::shared_ptr<Json> changed_;
};

/// The setting that names a kind's models: "FAL_IMAGE_MODEL".
inline std::string model_setting(std::string_view provider, std::string_view kind) {
  std::string name = std::string(provider) + "_" + std::string(kind) + "_MODEL";
  for (char& c : name) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return name;
}

/// "2026-11-26" (UTC).
inline std::string date_of(std::int64_t now_ms) {
  const std::chrono::sys_time<std::chrono::milliseconds> now{std::chrono::milliseconds(now_ms)};
  const std::chrono::year_month_day day{std::chrono::floor<std::chrono::days>(now)};
  const auto two = [](unsigned number) { return (number < 10 ? "-0" : "-") + std::to_string(number); };
  return std::to_string(static_cast<int>(day.year())) + two(static_cast<unsigned>(day.month())) +
         two(static_cast<unsigned>(day.day()));
}

/// "old-model was retired on 2026-10-23; its successor is new-model", or nothing while it is offered.
inline std::string retirement(const Input& input, const std::string& id, const Json& model) {
  const std::string date = text_at(model, "/retired"), successor = text_at(model, "/successor");
  if (date.empty() || date > date_of(input.now_ms)) return "";
  return id + " was retired on " + date + (successor.empty() ? "" : "; its successor is " + successor);
}

/// A model of a chain.
struct Choice {
  std::size_t place = 0;  ///< in the chain
  std::string id;
  Json model;  ///< what the catalogue says of it
};

/// The first model of the chain, at or after `from`, to which `objection(id, model)` has nothing to object: it returns
/// text. `why` is the last objection.
template <class Objection>
std::optional<Choice> choose(const Catalogue& catalogue, const std::string& kind,
                             const std::vector<std::string>& chain, std::size_t from,
                             const Objection& objection, std::string& why) {
  if (chain.empty()) why = "the catalogue has no models for " + kind;
  for (std::size_t place = from; place < chain.size(); ++place) {
    const Json& model = catalogue.model(kind, chain[place]);
    why = objection(chain[place], model);
    if (why.empty()) return Choice{place, chain[place], model};
  }
  return std::nullopt;
}

/// The outputs of kind `models`: every model that the catalogue names, with whether the provider has it (`is_there(section, id)`;
/// nothing where the provider does not say), and what the catalogue says of its end.
template <class IsThere>
Json models_told(const Catalogue& catalogue, const IsThere& is_there) {
  Json told = Json::array();
  for (const auto& [section, part] : catalogue.at("").items()) {
    const Json& models = sdk::at(part, "/models");
    if (!models.is_object()) continue;
    for (const auto& [id, model] : models.items()) {
      if (id == "*") continue;  // what holds for those that are not named
      const std::optional<bool> there = is_there(section, id);
      Json one = {{"kind", section}, {"model", id}, {"there", there ? Json(*there) : Json()}};
      for (const char* note : {"retired", "successor"})
        if (const std::string text = text_at(model, (std::string("/") + note).c_str()); !text.empty())
          one[note] = text;
      told.push_back(std::move(one));
    }
  }
  return {{"models", std::move(told)}};
}

/// What was used, by unit: {"second", 8}.
using Amounts = std::initializer_list<std::pair<const char*, double>>;

/// US dollars, by a model's "price": {"second": 0.10}. Units without a price cost nothing. To six decimals.
inline double cost_of(const Json& model, Amounts amounts) {
  double cost = 0;
  for (const auto& [unit, amount] : amounts)
    cost += number_at(model, (std::string("/price/") + unit).c_str()) * amount;
  return std::round(cost * 1e6) / 1e6;
}

}  // namespace reelspool::sdk
