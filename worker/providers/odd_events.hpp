#pragma once

#include <optional>
#include <vector>

#include "jobstore/json.hpp"

namespace reelspool {

/// What a plugin may be told, for trying it without carrying anything out.

/// An event that may follow the action when all goes well; nothing after `done` and `fail`.
std::optional<Json> event_after(const Json& action);

/// Events that make no sense where they come: empty ones, failures, and what servers and scripts say when they are broken.
const std::vector<Json>& odd_events();

/// The request with nothing in it, and with each member of another type than it should have.
std::vector<Json> odd_requests(const Json& request);

}  // namespace reelspool
