#pragma once

#include <cstdint>
#include <optional>

namespace reelspool {

/// The length of a scene is counted in whole frames, that of the sound in whole samples; seconds are for
/// people (MEDIA.md 1).
inline constexpr int frames_per_second = 30;
inline constexpr int samples_per_second = 48000;
inline constexpr int samples_per_frame = samples_per_second / frames_per_second;  // 1600, exactly
static_assert(samples_per_second % frames_per_second == 0);

inline constexpr double narration_starts_s =
    0.15;  ///< after the scene's first frame: a cut and a word together sound hasty
inline constexpr double narration_tail_s = 0.35;  ///< at least, after its last word
inline constexpr double least_scene_s = 3;        ///< unless its length is given (S10)
inline constexpr double silent_scene_s = 4;       ///< a scene with nothing to say (S10)

/// Frames of a scene. `spoken_s`: when its last word ends, counted from the narration's beginning; nothing
/// when nothing is said. `given_s`: the length asked for; a narration that needs longer gets longer, so that
/// no word is lost (S10).
int scene_frames(std::optional<double> spoken_s, std::optional<double> given_s);

inline double frames_to_seconds(std::int64_t frames) {
  return static_cast<double>(frames) / frames_per_second;
}

/// A first guess, before anything was said: 12 columns a second (S10).
double estimated_speech_s(std::size_t columns);

}  // namespace reelspool
