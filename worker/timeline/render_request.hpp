#pragma once

#include <optional>
#include <string>
#include <vector>

#include "jobstore/json.hpp"
#include "jobstore/result.hpp"
#include "worker/story/media_source.hpp"
#include "worker/story/storyboard_request.hpp"
#include "worker/timeline/timeline.hpp"

namespace reelspool {

/// A shot as it is asked for. Its file's name, and its length where none is given, are known once the file was looked at.
struct ShotRequest {
  std::string field;  ///< "params.timeline.tracks.picture[2]"
  Shot shot;
  std::optional<MediaSource> source;  ///< none for a colour
  std::optional<double> seconds;      ///< its length; nothing: the clip's own
  double volume = 1;                  ///< of the clip's own sound, 1 as it is; 0: none
  Transition into;                    ///< the next shot; its frames come from `into_s`
  double into_s = 0;
};

struct SoundRequest {
  std::string field;
  Sound sound;
  MediaSource source;
};

/// A text that is drawn, for who looks whether a font has its letters.
struct DrawnText {
  std::string field;
  std::string text;
};

/// A job of type `render` (REQUIREMENTS T6), checked: everything that can be known without opening a file.
struct RenderRequest {
  Canvas canvas;
  std::vector<ShotRequest> shots;  ///< at least one
  std::vector<SoundRequest> sounds;
  std::vector<CaptionTrack> captions;
  std::vector<DrawnText> drawn;
  double fade_in_s = 0, fade_out_s = 0;
};

/// Reads `timeline`: its tracks picture, text, captions, voice, effects and music, and what the video is like (README, "render";
/// ecosystem/schemas/timeline.schema.json). Errors: invalid_request; field and message name the first problem, details all.
Result<RenderRequest> read_render_request(const Json& params, const RequestRules& rules);

/// The longest video that is made, in seconds: what was a mistake in a number is not rendered for days.
inline constexpr double longest_video_s = 6 * 3600;

}  // namespace reelspool
