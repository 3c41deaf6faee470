#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "jobstore/json.hpp"
#include "jobstore/result.hpp"
#include "worker/http/http.hpp"

namespace reelspool {

/// One field of a `form`: a value, or a file of the step's folder.
struct FormField {
  std::string name;
  std::string value;
  std::string file;  ///< not empty: the content is this file
  std::string type;  ///< of a file; empty: by its content
};

/// An `http` action as plugins/sdk/MESSAGES.md has it, read. A value. ${secret:...} is still as it came.
struct HttpAction {
  std::string method;
  std::string url;
  std::vector<HttpHeader> headers;
  std::optional<Json> json;
  std::optional<std::vector<FormField>> form;
  std::string file;
  std::string save;
  std::uint64_t max_bytes = std::uint64_t{1} << 30;
  std::vector<std::pair<std::string, std::string>> unpack;  ///< JSON pointer, file
  std::optional<AwsSignature> sign;
  std::optional<bool> costs;  ///< nothing: the plugin did not say
  std::optional<std::chrono::milliseconds> timeout;

  bool reads() const { return method == "GET" || method == "HEAD"; }
  bool has_content() const { return json || form || !file.empty(); }
};

/// The `sign` of an action. Errors: as read_http_action
Result<AwsSignature> read_aws_signature(const Json& json);

/// Strict: what is not understood is refused, never guessed. Errors: plugin_crashed; the message names the member that
/// is wrong, and how.
Result<HttpAction> read_http_action(const Json& json);

}  // namespace reelspool
