#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace reelspool {

/// Judges what follows the last good line of a segment.
///
/// `rest` are the bytes from `offset` to the end of the file. Nothing: a write that never finished, or a hole that
/// a power loss left; it may be cut. Otherwise the offset of a good line behind the damage which knows that the
/// damaged place had been synced before: data that was safe has been altered.
std::optional<std::uint64_t> proof_of_damage(std::string_view rest, std::uint64_t offset);

}  // namespace reelspool
