#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace reelspool::synth {

/// whoosh, pop, ding, click, riser, boom, chime.
std::vector<std::string_view> effects();

/// The effect that a description in English or Spanish asks for; the first word that is known decides, and a whoosh, which
/// goes with any cut, when none is.
std::string_view effect_for(std::string_view description);

/// Its natural length in seconds.
double natural_seconds(std::string_view effect);

/// The sound, left and right by turns, peaks at -3 dBFS, exactly `seconds` long (0.05 to 30): a whoosh and a riser are made to
/// measure, the others ring out within it. Empty for a name that is not one of effects().
std::vector<float> make_effect(std::string_view effect, double seconds, std::uint64_t seed);

}  // namespace reelspool::synth
