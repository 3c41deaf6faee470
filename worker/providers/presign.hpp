#pragma once

#include <chrono>
#include <string>

#include "jobstore/json.hpp"
#include "jobstore/result.hpp"
#include "worker/http/http.hpp"

namespace reelspool {

struct HttpGrant;

/// A `presign` action as plugins/sdk/MESSAGES.md has it, read. A value. ${secret:...} is still as it came.
struct PresignAction {
  std::string url;
  AwsSignature sign;
  std::chrono::seconds lifetime{0};  ///< 1 s to 7 days, as AWS has it
};

/// Strict. Errors: plugin_crashed; the message names the member that is wrong, and how.
Result<PresignAction> read_presign_action(const Json& json);

/// The URL with a signature in its query: whoever has it may GET it until it expires. `sign` has the values, no placeholders.
/// AWS Signature Version 4 for query parameters, with the header `host` only and an unsigned payload.
/// Source: "Authenticating Requests: Using Query Parameters" of the Amazon S3 API reference.
std::string presigned_url(const Url& url, const AwsSignature& sign, std::chrono::seconds lifetime,
                          std::chrono::system_clock::time_point now);

/// Carries the action out; nothing is sent. The event that follows: {"type": "presigned", "url", "expires"}, the latter in ms since
/// 1970. Errors: plugin_crashed  a place, or a secret, that the plugin may not have
Result<Json> presign(const PresignAction& action, const HttpGrant& grant,
                     std::chrono::system_clock::time_point now);

}  // namespace reelspool
