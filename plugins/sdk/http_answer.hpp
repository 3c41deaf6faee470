#pragma once

/// A provider's HTTP answer, read without trust: a member that is missing or of another type reads as nothing, and no
/// function throws, whatever came (HTML of a gateway, an empty body, a list instead of an object).
///
///   const HttpAnswer answer(input.event);
///   if (!answer.ok()) return {.failure = answer.failure("fal", answer.text("/detail"))};
///   const std::string id = answer.text("/request_id");

#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "plugins/sdk/provider.hpp"

namespace reelspool::sdk {

/// What stands at a JSON pointer; null where there is nothing.
inline const Json& at(const Json& json, const char* pointer) {
  static const Json nothing;
  const Json::json_pointer place(pointer);
  return json.contains(place) ? json[place] : nothing;
}
inline std::string text_at(const Json& json, const char* pointer) {
  const Json& found = at(json, pointer);
  return found.is_string() ? found.get<std::string>() : std::string();
}
inline double number_at(const Json& json, const char* pointer, double otherwise = 0) {
  const Json& found = at(json, pointer);
  return found.is_number() ? found.get<double>() : otherwise;
}

class HttpAnswer {
 public:
  explicit HttpAnswer(const Event& event) : data_(event.data) {}

  int status() const { return static_cast<int>(number_at(data_, "/status")); }
  bool ok() const { return status() >= 200 && status() <= 299; }
  const Json& body() const { return sdk::at(data_, "/body"); }
  const Json& at(const char* pointer) const { return sdk::at(body(), pointer); }
  std::string text(const char* pointer) const { return text_at(body(), pointer); }
  double number(const char* pointer, double otherwise = 0) const {
    return number_at(body(), pointer, otherwise);
  }
  /// `name` in lower case. Empty when it did not come.
  std::string header(const char* name) const {
    const Json& headers = sdk::at(data_, "/headers");
    const auto found = headers.is_object() ? headers.find(name) : headers.end();
    return headers.is_object() && found != headers.end() && found->is_string() ? found->get<std::string>()
                                                                               : "";
  }
  /// What the file that was asked for holds, by its content: "image/png". Empty when nothing was saved.
  std::string saved_type() const { return text_at(data_, "/saved/type"); }

  /// How long the provider asks to be left alone: retry-after-ms, or retry-after in seconds. (Its other form, a date,
  /// is not read: the worker's own waits do.)
  std::optional<std::int64_t> retry_after_ms() const {
    for (const auto& [name, factor] : {std::pair{"retry-after-ms", 1.0}, std::pair{"retry-after", 1000.0}}) {
      const std::string value = header(name);
      char* end = nullptr;
      const double number = std::strtod(value.c_str(), &end);
      if (!value.empty() && *end == '\0' && number >= 0 && number <= 86'400)
        return static_cast<std::int64_t>(number * factor);
    }
    return std::nullopt;
  }

  /// What a status means where the provider's own words say nothing more exact.
  Failure usual_class() const {
    const int code = status();
    if (code == 401 || code == 403) return Failure::auth;
    if (code == 402) return Failure::quota;
    if (code == 404) return Failure::unavailable;
    if (code == 408 || code == 409 || code == 425 || code >= 500) return Failure::transient;
    if (code == 429) return Failure::rate_limited;
    if (code >= 400) return Failure::invalid_request;
    return Failure::provider_failed;
  }

  /// "fal: <what it said> (HTTP 422)", one line of at most 300 characters or so.
  Action failure(Failure cls, std::string_view provider, std::string said, std::string_view code = {}) const {
    if (said.empty())
      said = ok() ? "answered with something else than it promises" : "refused without a word";
    for (char& c : said)
      if (static_cast<unsigned char>(c) < ' ') c = ' ';
    if (said.size() > 300) said = said.substr(0, 300) + "...";
    said = std::string(provider) + ": " + said + " (HTTP " + std::to_string(status()) + ")";
    return fail(cls, said, code,
                cls == Failure::rate_limited || cls == Failure::transient ? retry_after_ms() : std::nullopt);
  }

 private:
  const Json& data_;
};

}  // namespace reelspool::sdk
