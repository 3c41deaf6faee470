#include "plugins/fal/errors.hpp"

#include <algorithm>
#include <string_view>

namespace reelspool::fal {
namespace {

using sdk::Failure;

bool one_of(std::string_view word, std::initializer_list<std::string_view> words) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

Failure class_of(const sdk::HttpAnswer& answer, std::string_view type, std::string_view said) {
  // no_media_generated: what Veo and Nano Banana answer when they refuse.
  if (one_of(type, {"content_policy_violation", "no_media_generated"})) return Failure::content_policy;
  if (answer.status() == 401) return Failure::auth;
  if (answer.status() == 403)  // an exhausted balance locks the user
    return said.find("lock") != said.npos || said.find("balance") != said.npos ? Failure::quota
                                                                               : Failure::auth;
  if (answer.header("x-fal-request-timeout-type") == "user") return Failure::provider_failed;
  if (answer.header("x-fal-retryable") == "true") return Failure::transient;
  if (type.starts_with("runner_") ||
      one_of(type, {"request_timeout", "startup_timeout", "internal_error", "internal_server_error",
                    "generation_timeout", "downstream_service_error", "downstream_service_unavailable",
                    "file_download_error"}))
    return answer.header("x-fal-retryable") == "false" ? Failure::provider_failed : Failure::transient;
  if (one_of(type, {"client_disconnected", "client_cancelled"})) return Failure::provider_failed;
  if (answer.ok()) return Failure::provider_failed;
  return answer.usual_class();
}

}  // namespace

Verdict judge(const sdk::HttpAnswer& answer) {
  Verdict verdict;
  for (const char* place : {"/error_type", "/detail/0/type"})
    if (verdict.code.empty()) verdict.code = answer.text(place);
  if (verdict.code.empty()) verdict.code = answer.header("x-fal-error-type");
  for (const char* place : {"/detail/0/msg", "/detail", "/error"})
    if (verdict.said.empty()) verdict.said = answer.text(place);
  verdict.cls = class_of(answer, verdict.code, verdict.said);
  return verdict;
}

sdk::Action failure(const sdk::HttpAnswer& answer) {
  Verdict verdict = judge(answer);
  return answer.failure(verdict.cls, "fal", verdict.said, verdict.code);
}

}  // namespace reelspool::fal
