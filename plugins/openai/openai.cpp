#include "plugins/openai/openai.hpp"

#include "openai_catalogue.hpp"
#include "plugins/sdk/voices.hpp"

namespace reelspool::openai {
namespace {

using sdk::Json;

class Openai : public sdk::Provider {
 public:
  Json manifest() const override {
    Json settings = {"OPENAI_BASE_URL",       "OPENAI_ORGANIZATION", "OPENAI_PROJECT",
                     "OPENAI_IMAGE_MODEL",    "OPENAI_SPEECH_MODEL", "OPENAI_PLAN_MODEL",
                     "OPENAI_CLASSIFY_MODEL", "OPENAI_VIDEO_MODEL",  "OPENAI_POLL_DELAY_MS"};
    for (const std::string& name : sdk::voice_settings("OPENAI")) settings.push_back(name);
    const Json pixels = {{"min", 64}, {"max", 3840}};
    // After the providers that make one thing only. Videos come last of all: OpenAI's own ended on 2026-09-24, so that
    // only who names it in VIDEO_PROVIDER, for a gateway, wants it.
    return {{"name", "openai"},
            {"version", "1.0"},
            {"abi", REELSPOOL_ABI},
            {"kinds",
             {{"image", {{"limits", {{"width", pixels}, {"height", pixels}}}, {"order", 60}}},
              {"speech", {{"limits", {{"text", {{"max_chars", 4096}}}}}, {"order", 60}}},
              {"plan", {{"order", 60}}},
              {"classify", {{"order", 60}}},
              {"video", {{"order", 95}}},
              {"models", Json::object()}}},
            {"secrets", {"OPENAI_API_KEY"}},
            {"settings", settings},
            {"scripts", {"probe", "fit"}},
            {"hosts", {"api.openai.com", "${setting:OPENAI_BASE_URL}"}}};
  }

  sdk::Answer next(const sdk::Input& input) override {
    if (input.kind == "image") return images().next(input);
    if (input.kind == "speech") return speech().next(input);
    if (input.kind == "plan" || input.kind == "classify") return texts().next(input);
    if (input.kind == "video") return videos().next(input);
    if (input.kind == "models") return models().next(input);
    return {.action = sdk::fail(sdk::Failure::unavailable, "openai does not make " + input.kind)};
  }
};

/// The part of the catalogue that a kind's models stand in.
std::string section(const std::string& kind) {
  return kind == "plan" || kind == "classify" ? "text" : kind;
}

std::optional<sdk::Choice> choose_from(const sdk::Input& input, std::size_t place, std::string& why) {
  const sdk::Catalogue all = catalogue(input);
  const auto objects = [&](const std::string& id, const Json& model) {
    return input.setting("OPENAI_BASE_URL").empty() ? sdk::retirement(input, id, model) : std::string();
  };
  const std::string part = section(input.kind);
  const std::string named = input.setting(sdk::model_setting("OPENAI", input.kind).c_str());
  auto choice = sdk::choose(all, part, all.chain(part, named), place, objects, why);
  if (choice && !choice->model.is_object()) choice->model = all.model(part, "*");
  return choice;
}

}  // namespace

sdk::Catalogue catalogue(const sdk::Input& input) {
  return {input, compiled_catalogue};
}

std::string url(const sdk::Input& input, const std::string& path) {
  std::string base = input.setting("OPENAI_BASE_URL", catalogue(input).text("/base_url"));
  while (base.ends_with('/')) base.pop_back();
  return base + path;
}

Json headers(const sdk::Input& input) {
  Json all = {{"Authorization", "Bearer ${secret:OPENAI_API_KEY}"}};
  if (const std::string id = input.setting("OPENAI_ORGANIZATION"); !id.empty())
    all["OpenAI-Organization"] = id;
  if (const std::string id = input.setting("OPENAI_PROJECT"); !id.empty()) all["OpenAI-Project"] = id;
  return all;
}

std::optional<sdk::Choice> chosen(const sdk::Input& input, const Json& notes, std::string& why) {
  return choose_from(input, static_cast<std::size_t>(std::max(0.0, sdk::number_at(notes, "/model"))), why);
}

std::optional<Json> next_model(const sdk::Input& input, const Json& notes) {
  std::string why;
  const auto now = chosen(input, notes, why);
  const auto next = now ? choose_from(input, now->place + 1, why) : std::nullopt;
  if (!next) return std::nullopt;
  Json more = notes;
  more["model"] = next->place;
  return more;
}

sdk::Action nobody(const std::string& why) {
  return sdk::fail(sdk::Failure::unavailable, "openai: " + why, "no_model");
}

}  // namespace reelspool::openai

REELSPOOL_PROVIDER(reelspool::openai::Openai)
