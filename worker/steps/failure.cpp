#include "worker/steps/failure.hpp"

#include <charconv>

#include "worker/steps/verdict.hpp"

namespace reelspool {
namespace {

constexpr std::size_t most_details = 2000;

std::string text_member(const Json& json, const char* name) {
  const auto found = json.find(name);
  return found != json.end() && found->is_string() ? found->get<std::string>() : std::string();
}

/// The tail: the last lines of a program's complaint are the ones that say why. Cut at a character of UTF-8.
std::string tail(const std::string& text) {
  if (text.size() <= most_details) return text;
  std::size_t from = text.size() - most_details;
  while (from < text.size() && (static_cast<unsigned char>(text[from]) & 0xC0) == 0x80) ++from;
  return text.substr(from);
}

}  // namespace

Json to_json(const Error& error) {
  Json json = {{"class", to_string(error.cls)}, {"message", error.message}};
  const auto add = [&json](const char* name, const std::string& value) {
    if (!value.empty()) json[name] = value;
  };
  add("code", error.code);
  add("field", error.field);
  add("details", error.details);
  add("step", error.step);
  add("provider", error.provider);
  if (error.scene > 0) json["scene"] = error.scene;
  if (error.retry_after) json["retryAfterMs"] = error.retry_after->count();
  if (!error.support_codes.empty()) json["supportCodes"] = error.support_codes;
  return json;
}

Error error_from(const Json& json) {
  if (!json.is_object()) return make_error(ErrorClass::transient, "an error that was not written down well");
  Error error = make_error(error_class_from(text_member(json, "class")).value_or(ErrorClass::transient),
                           text_member(json, "message"));
  error.code = text_member(json, "code");
  error.field = text_member(json, "field");
  error.details = text_member(json, "details");
  error.step = text_member(json, "step");
  error.provider = text_member(json, "provider");
  if (const auto scene = json.find("scene"); scene != json.end() && scene->is_number_integer())
    error.scene = scene->get<int>();
  if (const auto after = json.find("retryAfterMs"); after != json.end() && after->is_number_integer())
    error.retry_after = std::chrono::milliseconds(after->get<std::int64_t>());
  if (const auto codes = json.find("supportCodes"); codes != json.end() && codes->is_array())
    for (const Json& code : *codes)
      if (code.is_string()) error.support_codes.push_back(code.get<std::string>());
  return error;
}

Json failure_fields(const Error& error) {
  const auto or_null = [](const std::string& text) { return text.empty() ? Json(nullptr) : Json(text); };
  Json info = {
      {"class", to_string(error.cls)},
      {"code", error.code.empty() ? std::string(to_string(error.cls)) : error.code},
      {"message", error.message},
      {"step", or_null(error.step)},
      {"scene", error.scene > 0 ? Json(error.scene) : Json(nullptr)},
      {"provider", or_null(error.provider)},
      {"supportCodes", error.support_codes},
      {"retryable", verdict(error).job_again},
  };
  if (!error.field.empty()) info["field"] = error.field;
  if (!error.details.empty()) info["details"] = tail(error.details);
  const std::string where = error.scene > 0 ? "scene " + std::to_string(error.scene) + ": " : "";
  return {{"error", where + error.message}, {"errorInfo", std::move(info)}};
}

int scene_of(std::string_view key) {
  constexpr std::string_view prefix = "scene-";
  int number = 0;
  if (key.starts_with(prefix)) std::from_chars(key.data() + prefix.size(), key.data() + key.size(), number);
  return number > 0 ? number : 0;
}

}  // namespace reelspool
