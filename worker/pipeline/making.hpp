#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "jobstore/json.hpp"
#include "worker/media/scripts.hpp"
#include "worker/pipeline/pipeline.hpp"
#include "worker/providers/providers.hpp"
#include "worker/steps/work.hpp"
#include "worker/story/storyboard_request.hpp"
#include "worker/story/words.hpp"

// The steps that make what a storyboard asks for, as values: what each is asked for (its hash) and how it is carried out. Every function that takes
// an Attempt refers to its parts, which outlive the step. Values and files: as said with each; names are of the job's folder.

namespace reelspool {

/// "scene-3/keyframe"
std::string scene_key(int scene, std::string_view step);
/// "clip_2_image" for scene 3: file names count from 0.
std::string clip_name(int scene, std::string_view part);

/// Whether the scene is spoken: the mode narrates, and there is something that can be said.
bool is_spoken(const SceneRequest& scene, const VideoRequest& video, const Settings& settings);

/// Requests of the kinds, as in plugins/sdk/KINDS.md, without the files that only a step knows.
Json speech_request(const SceneRequest& scene, const VideoRequest& video);
Json image_request(const SceneRequest& scene, const VideoRequest& video, std::size_t scenes);
Json video_request(const SceneRequest& scene, const VideoRequest& video, double seconds);
Json music_request(const VideoRequest& video, double seconds);

/// A narration. Value: {"audio": "clip_0_audio.wav", "seconds", "words": [{"text", "start", "end"}], "timing"}.
Work speak(Attempt& attempt, const SceneRequest& scene, const VideoRequest& video);

/// A narration as later steps need it. Times are sound (sound_times()); where the provider gave none, they are spread.
struct Narration {
  std::string audio;
  double seconds = 0;   ///< of the file
  double spoken_s = 0;  ///< when the last word ends; the file's end where the times are estimates
  std::string timing;   ///< "measured" or "estimated"
  std::vector<TimedWord> words;
};
Narration narration_from(const Json& value, const std::string& text);

/// A scene's picture. Value: {"image": "clip_0_image.png"}.
Work draw(Attempt& attempt, const SceneRequest& scene, const VideoRequest& video, std::size_t scenes);

/// A scene's motion, from its picture. Value: {"video": "clip_0_raw.mp4"} or {"still": "clip_0_image.png", "move": {"from": {"x",
/// "y", "zoom"}, "to": {...}}}, which stays a description until its piece is encoded.
Work animate(Attempt& attempt, const SceneRequest& scene, const VideoRequest& video, const std::string& image,
             double seconds);

/// Value: {"audio": "music.wav"}.
Work compose_music(Attempt& attempt, const VideoRequest& video, double seconds);

}  // namespace reelspool
