#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "jobstore/json.hpp"
#include "jobstore/result.hpp"
#include "worker/config/settings.hpp"

namespace reelspool {

/// How long a provider may take over one request (S5), from the moment at which it has given its task a name.
struct OperationLimits {
  std::optional<std::chrono::milliseconds>
      soft;  ///< then the request is made once more, beside the one that goes on
  std::optional<std::chrono::milliseconds> hard;  ///< over all operations of the request
  int operations = 1;                             ///< so often the request is made at the most

  /// video: 240 s, 480 s, 2. image: 300 s in all. Others: no limit.
  static OperationLimits of_kind(std::string_view kind);
};

/// As of_kind(), changed by the settings <PROVIDER>_SOFT_TIMEOUT_MS, <PROVIDER>_TIMEOUT_MS (0: none) and
/// <PROVIDER>_MAX_OPERATION_ATTEMPTS; "storage-s3" has STORAGE_S3_TIMEOUT_MS.
/// Errors: unavailable  one of them cannot be read; the message names it
Result<OperationLimits> operation_limits(const Settings& settings, std::string_view provider,
                                         std::string_view kind);

/// What a plugin says of the model in use ("patience" of an answer: {"soft_ms", "hard_ms", "operations"}, each may be absent)
/// wins over both; read_answer() has checked it.
OperationLimits changed_by(OperationLimits limits, const Json& of_model);

}  // namespace reelspool
