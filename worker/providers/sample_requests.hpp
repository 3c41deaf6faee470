#pragma once

#include <optional>
#include <string_view>

#include "jobstore/json.hpp"
#include "worker/providers/manifest.hpp"

namespace reelspool {

/// A request of the kind as plugins/sdk/KINDS.md has it, every optional member included, within the limits of the offer: the
/// first language, the nearest number, the first of a list. Nothing for a kind that is not in the manual.
std::optional<Json> sample_request(std::string_view kind, const Manifest::Offer& offer);

}  // namespace reelspool
