#include <algorithm>
#include <string_view>

#include "plugins/openai/openai.hpp"

// By error.code and error.type before the status: a 429 is a limit or an empty balance, and a 200 may be a refusal.
// Source: OpenAI's pages on error codes and on rate limits, read 2026-11-22.
namespace reelspool::openai {
namespace {

bool one_of(std::string_view word, std::initializer_list<std::string_view> words) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

}  // namespace

bool is_model_gone(const sdk::HttpAnswer& answer) {
  // Of a compatible server a 404 may say nothing else; where a model is asked for, it is what is not found.
  return answer.status() == 404 || (!answer.ok() && answer.text("/error/code") == "model_not_found");
}

sdk::Failure class_of(const sdk::HttpAnswer& answer) {
  using sdk::Failure;
  const std::string code = answer.text("/error/code"), type = answer.text("/error/type");
  if (type == "image_generation_user_error" ||
      one_of(code, {"moderation_blocked", "content_policy_violation", "invalid_prompt", "bio_policy",
                    "misalignment_policy_violation", "image_content_policy_violation"}))
    return Failure::content_policy;
  if (type == "insufficient_quota" ||
      one_of(code, {"insufficient_quota", "credit_balance_exhausted", "organization_spend_limit_exceeded",
                    "project_spend_limit_exceeded", "organization_usage_limit_exceeded",
                    "billing_hard_limit_reached"}))
    return Failure::quota;
  if (is_model_gone(answer)) return Failure::unavailable;
  if (answer.status() == 400 && one_of(code, {"server_error"})) return Failure::transient;
  if (answer.status() >= 500 && answer.header("x-should-retry") == "false") return Failure::provider_failed;
  return answer.usual_class();
}

sdk::Action failure(const sdk::HttpAnswer& answer) {
  std::string said = answer.text("/error/message"), code = answer.text("/error/code");
  if (said.empty()) said = answer.text("/error");
  if (code.empty()) code = answer.text("/error/type");
  if (const std::string field = answer.text("/error/param"); !field.empty()) said = field + ": " + said;
  return answer.failure(class_of(answer), "openai", said, code);
}

double token_cost(const sdk::HttpAnswer& answer, const sdk::Json& model) {
  // Images and responses say input and output, chat completions prompt and completion.
  const double in = answer.number("/usage/input_tokens", answer.number("/usage/prompt_tokens"));
  const double out = answer.number("/usage/output_tokens", answer.number("/usage/completion_tokens"));
  const auto sane = [](double tokens) { return tokens > 0 && tokens < 1e9 ? tokens / 1e6 : 0.0; };
  return sdk::cost_of(
      model, {{"request", 1}, {"million_input_tokens", sane(in)}, {"million_output_tokens", sane(out)}});
}

}  // namespace reelspool::openai
