#pragma once

#include <functional>
#include <span>

#include "plugins/local/synth/score.hpp"
#include "plugins/local/synth/signal.hpp"

namespace reelspool::synth {

/// Takes the next samples: left and right by turns, -1 to 1. False ends the playing (the disk is full).
using Listener = std::function<bool(std::span<const float> stereo)>;

/// Plays a score to its last sample: exactly seconds * rate_hz of them. Memory does not grow with the length; peaks stay
/// under -2 dBFS. False when the listener left.
bool play(const Score& score, const Listener& listener);

}  // namespace reelspool::synth
