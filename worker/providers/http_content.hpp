#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "jobstore/json.hpp"
#include "jobstore/result.hpp"
#include "worker/providers/http_action.hpp"
#include "worker/providers/step_files.hpp"

namespace reelspool {

/// The most of a body that goes to a plugin, in bytes.
inline constexpr std::size_t most_body_bytes = 1 << 20;

/// What an `http` action's bodies are made of and into, with the files of its step's folder. All of it blocks: for the pool.

/// The body of a request, and the Content-Type that goes with it (empty where the request says it, or has none).
struct Content {
  HttpBody body;
  std::string type;
};
/// Errors: plugin_crashed or invalid_request  a file that the action names is not there, no regular one or too large;
///         storage or transient  it cannot be read
Result<Content> content_of(const HttpAction& action, const StepFiles& files);

/// A 2xx answer with its base64 texts decoded into files; {"file", "bytes", "type"} stands in the place of each.
/// A pointer that leads to nothing, or to what is no base64, is let be: the plugin sees it there. What is still longer than
/// most_body_bytes afterwards is cut to that, as text.
/// Errors: storage or transient  a file cannot be written
Result<Json> unpack(std::string_view body, const std::vector<std::pair<std::string, std::string>>& pointers,
                    const StepFiles& files);

/// Makes a `save` that has arrived a file of the step: {"file", "bytes", "type"}.
Result<Json> keep_saved(const std::string& name, const Descriptor& file, std::uint64_t bytes,
                        const StepFiles& files);

}  // namespace reelspool
