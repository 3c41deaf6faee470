#include "worker/story/scene_length.hpp"

#include <algorithm>
#include <cmath>

namespace reelspool {
namespace {

/// Up to the next whole frame; a length that is one but for rounding (3.0000000001 s) stays it.
int whole_frames(double seconds) {
  return static_cast<int>(std::ceil(seconds * frames_per_second - 1e-6));
}

}  // namespace

int scene_frames(std::optional<double> spoken_s, std::optional<double> given_s) {
  const double needed = spoken_s ? narration_starts_s + std::max(*spoken_s, 0.0) + narration_tail_s : 0;
  const double wanted = given_s.value_or(spoken_s ? least_scene_s : silent_scene_s);
  return std::max(whole_frames(std::max(needed, wanted)), 1);
}

double estimated_speech_s(std::size_t columns) {
  return static_cast<double>(columns) / 12;
}

}  // namespace reelspool
