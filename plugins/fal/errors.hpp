#pragma once

#include <string>

#include "plugins/sdk/http_answer.hpp"

namespace reelspool::fal {

/// What went wrong, by fal's own words: "error_type" of the platform's errors, "detail[].type" of a model's, the header
/// x-fal-error-type, x-fal-retryable, and last the status.
/// Source: docs of fal.ai on errors, request errors and the queue, read 2026-11-22.
struct Verdict {
  sdk::Failure cls = sdk::Failure::provider_failed;
  std::string code;  ///< fal's word: "runner_disconnected"
  std::string said;
};
Verdict judge(const sdk::HttpAnswer& answer);

/// The same as the action that ends the request.
sdk::Action failure(const sdk::HttpAnswer& answer);

}  // namespace reelspool::fal
