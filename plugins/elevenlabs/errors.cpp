#include <algorithm>
#include <string_view>

#include "plugins/elevenlabs/elevenlabs.hpp"

// By detail.code, then detail.status, then detail.type, before the status: a 401 is a wrong key or spent credit.
// Source: the vendor's page on API errors and its help article on 400 and 401, read 2026-11-22.
namespace reelspool::elevenlabs {
namespace {

using sdk::Failure;

std::string word_of(const sdk::HttpAnswer& answer) {
  for (const char* place : {"/detail/code", "/detail/status", "/detail/type", "/detail/0/type"})
    if (std::string word = answer.text(place); !word.empty()) return word;
  return "";
}

Failure class_of(const sdk::HttpAnswer& answer, std::string_view word) {
  struct Row {
    std::string_view word;
    Failure cls;
  };
  static constexpr Row rows[] = {
      {"quota_exceeded", Failure::quota},
      {"detected_unusual_activity", Failure::auth},
      {"bad_prompt", Failure::content_policy},
      {"bad_composition_plan", Failure::content_policy},
      {"voice_limit_reached", Failure::unavailable},  // of the plan
      {"model_not_found", Failure::unavailable},
      {"too_many_concurrent_requests", Failure::rate_limited},
      {"concurrent_limit_exceeded", Failure::rate_limited},
      {"rate_limit_exceeded", Failure::rate_limited},
      {"system_busy", Failure::transient},
      {"voice_not_found", Failure::invalid_request},
  };
  const auto* row =
      std::find_if(std::begin(rows), std::end(rows), [&](const Row& each) { return each.word == word; });
  if (row != std::end(rows)) return row->cls;
  // Something that the plan does not have: another provider may.
  if (answer.status() == 403) return word == "invalid_api_key" ? Failure::auth : Failure::unavailable;
  return answer.usual_class();
}

}  // namespace

bool is_model_gone(const sdk::HttpAnswer& answer) {
  return !answer.ok() && word_of(answer) == "model_not_found";
}

bool is_voice_gone(const sdk::HttpAnswer& answer) {
  return !answer.ok() && word_of(answer) == "voice_not_found";
}

sdk::Action failure(const sdk::HttpAnswer& answer) {
  const std::string word = word_of(answer);
  std::string said;
  for (const char* place : {"/detail/message", "/detail/0/msg", "/detail"})
    if (said.empty()) said = answer.text(place);
  if (const std::string field = answer.text("/detail/0/loc/1"); !field.empty()) said = field + ": " + said;
  return answer.failure(class_of(answer, word), "elevenlabs", said, word);
}

}  // namespace reelspool::elevenlabs
