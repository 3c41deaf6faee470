#pragma once

#include "jobstore/json.hpp"
#include "jobstore/result.hpp"

namespace reelspool {

/// An Error as a JSON object: {"class", "message"} and, where they are not empty, "code", "field", "details",
/// "step", "provider", "scene", "retryAfterMs", "supportCodes". What a step's `failed` record keeps.
Json to_json(const Error& error);
/// The way back. What is missing or of another type is left empty; an unknown class reads as `transient`.
Error error_from(const Json& json);

/// What a job that failed shows (E2, E5): {"error": <short text for its user>, "errorInfo": {"class", "code",
/// "message", "step", "scene", "provider", "supportCodes", "retryable", "field"?, "details"?}}. `details` is
/// cut to 2000 bytes.
Json failure_fields(const Error& error);

/// 3 of "scene-3/keyframe"; 0 where the key names no scene.
int scene_of(std::string_view key);

}  // namespace reelspool
