#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "jobstore/json.hpp"
#include "jobstore/result.hpp"
#include "worker/story/caption_style.hpp"
#include "worker/story/frame.hpp"
#include "worker/story/media_source.hpp"
#include "worker/story/modes.hpp"
#include "worker/story/music_request.hpp"

namespace reelspool {

/// What a request may ask for, from settings; the rest of the bounds are constants beside their reading.
struct RequestRules {
  std::size_t most_scenes = 500;  ///< MAX_SCENES
  MediaRules media;
};

struct SceneRequest {
  int number = 1;           ///< from 1, in the order of the video
  std::string field;        ///< "params.storyboard.scenes[2]": where it came from
  std::string visual;       ///< what is to be seen; never empty unless there is a picture
  std::string text;         ///< what is said, cleaned; empty when nothing is
  std::string text_field;   ///< where the text came from: "params.storyboard.scenes[2].spoken_text"
  std::string title;        ///< a headline for the picture; may be empty
  std::string title_field;  ///< where that came from
  std::string role;         ///< "hook", "cta", "talking_head" ...; may be empty
  std::string scene_type;
  std::string language;           ///< BCP 47
  std::string language_field;     ///< where that came from
  std::optional<double> given_s;  ///< its length, when asked for
  std::optional<MediaSource> picture;
};

/// How a whole video is to be: the `brief`, and what stands beside it. Shared by storyboard and topic.
struct VideoRequest {
  std::string title;
  const AudioMode* mode = find_audio_mode("voiceover");  ///< never null
  Frame frame;
  std::string language = "en-US";
  std::string language_field;
  std::string gender;  ///< "male", "female" or empty
  std::string voice;   ///< a provider's own voice id; may be empty
  std::optional<double> words_per_minute;
  bool captions = true;
  CaptionStyle caption_style;
  std::optional<MusicRequest> music;
  std::string transition;  ///< between scenes, a word of the script `piece`: "crossfade"; empty: cuts
  std::uint32_t seed = 0;
  std::vector<std::string> palette;   ///< "#rrggbb"; may be empty
  std::vector<std::string> warnings;  ///< what was asked for and is not done, a sentence each
};

/// A storyboard, checked: everything that can be known without opening a file or asking a provider.
struct StoryboardRequest {
  VideoRequest video;
  std::vector<SceneRequest> scenes;  ///< at least one
};

/// Reads a storyboard job's params (REQUIREMENTS T11): `storyboard.scenes` (or `scenes`), `brief`, and fields
/// beside them. Nothing unknown is an error: front ends keep their own fields there. Errors: invalid_request;
/// field and message name the first problem, details all (see Problems).
Result<StoryboardRequest> read_storyboard_request(const Json& params, const RequestRules& rules);

/// Bounds that both requests share.
inline constexpr std::size_t most_text_characters = 4000;
inline constexpr std::size_t most_title_characters = 200;

class Fields;
/// Reads everything of a VideoRequest but the seed's default; `brief` first, then `beside`.
VideoRequest read_video_request(const Fields& brief, const Fields& beside);
/// Reads `caption_style` (REQUIREMENTS T8); what is absent stays as in `look`.
CaptionStyle read_caption_style(const Fields& style, CaptionStyle look);
/// A stable number from texts, for a video that gives no seed: the same storyboard looks the same again.
std::uint32_t seed_from(std::string_view text);

}  // namespace reelspool
