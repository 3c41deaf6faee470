#include <algorithm>
#include <array>
#include <cctype>

#include "worker/story/fields.hpp"
#include "worker/story/language.hpp"
#include "worker/story/narration.hpp"
#include "worker/story/storyboard_request.hpp"

namespace reelspool {
namespace {

void read_mode(const Fields& fields, VideoRequest& video) {
  const auto name = fields.text({"audio_mode"}, 40);
  if (!name) return;
  const std::string path = fields.find({"audio_mode"}).path;
  const AudioMode* mode = find_audio_mode(*name);
  if (mode == nullptr) {
    fields.problems().add(path, "\"" + excerpt(*name) + "\" is no audio mode; give " + known_audio_modes());
  } else if (!mode->lacking.empty()) {
    fields.problems().add(path, "\"" + *name + "\" cannot be made: " + std::string(mode->lacking) +
                                    "; use voiceover or music_only");
  } else {
    video.mode = mode;
  }
}

void read_frame(const Fields& fields, VideoRequest& video) {
  const std::string ratio = fields.text({"aspect_ratio"}, 20).value_or("9:16");
  const std::string resolution = fields.text({"resolution"}, 20).value_or("1080p");
  if (!frame_of(ratio, "1080p")) {
    fields.problems().add(
        fields.find({"aspect_ratio"}).path,
        "\"" + excerpt(ratio) + "\" is not offered; give " + std::string(known_aspect_ratios));
  } else if (!frame_of(ratio, resolution)) {
    fields.problems().add(
        fields.find({"resolution"}).path,
        "\"" + excerpt(resolution) + "\" is not offered; give " + std::string(known_resolutions));
  } else {
    video.frame = *frame_of(ratio, resolution);
  }
}

void read_voice(const Fields& fields, VideoRequest& video) {
  video.language_field = fields.path_of("target_language");
  if (const auto tag = fields.text({"target_language", "language"}, 40)) {
    video.language_field = fields.find({"target_language", "language"}).path;
    if (const auto known = language_tag(*tag)) {
      video.language = *known;
    } else {
      fields.problems().add(video.language_field,
                            "\"" + excerpt(*tag) + "\" is no language tag; give one such as en-US or es-MX");
    }
  }
  const Fields avatar = fields.object({"avatar"});
  const Fields from_voice = fields.then(avatar);
  if (const auto word = from_voice.text({"voice_gender", "gender"}, 40)) {
    if (const auto gender = voice_gender(*word)) {
      video.gender = *gender;
    } else {
      fields.problems().add(from_voice.find({"voice_gender", "gender"}).path,
                            "\"" + excerpt(*word) + "\" is not known; give male or female");
    }
  }
  video.voice = fields.text({"voice_id", "voice"}, 100).value_or("");
  video.words_per_minute = fields.number({"words_per_minute", "speech_rate"}, 80, 400);
}

std::optional<Colour> read_colour(const Fields& style, Fields::Names names) {
  const auto text = style.text(names, 20);
  if (!text) return std::nullopt;
  const auto colour = parse_colour(*text);
  if (!colour)
    style.problems().add(style.find(names).path,
                         "\"" + excerpt(*text) + "\" is no colour; give one such as #ffcc00");
  return colour;
}

/// A family is written into a subtitle file's table, whose columns are parted by commas.
bool is_font_family(const std::string& name) {
  return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte >= 0x80 || std::isalnum(byte) || c == ' ' || c == '-' || c == '_' || c == '.';
  });
}

void read_caption_mode(const Fields& style, CaptionStyle& look) {
  const auto mode = style.text({"mode", "animation"}, 20);
  if (!mode) return;
  if (*mode == "karaoke") {
    look.mode = CaptionStyle::Mode::karaoke;
  } else if (*mode == "pop") {
    look.mode = CaptionStyle::Mode::pop;
  } else if (*mode == "plain" || *mode == "box") {
    look.mode = CaptionStyle::Mode::plain;
    if (*mode == "box" && !look.background) look.background = Colour{};
    if (*mode == "plain" && !style.find({"background_color"})) look.background.reset();
  } else {
    style.problems().add(style.find({"mode", "animation"}).path,
                         "\"" + excerpt(*mode) + "\" must be karaoke, pop, plain or box");
  }
}

void read_captions(const Fields& fields, VideoRequest& video) {
  video.captions = fields.boolean({"enable_captions", "captions"}).value_or(true);
  video.caption_style = read_caption_style(fields.object({"caption_style"}), {});
}

void read_palette(const Fields& fields, VideoRequest& video) {
  const Fields::Found palette = fields.array({"palette", "colors"});
  if (!palette) return;
  if (palette.value->size() > 8) fields.problems().add(palette.path, "at most 8 colours are taken");
  for (std::size_t i = 0; i < palette.value->size() && i < 8; ++i) {
    const Json& entry = (*palette.value)[i];
    const auto colour = entry.is_string() ? parse_colour(entry.get_ref<const std::string&>()) : std::nullopt;
    if (colour) {
      video.palette.push_back(to_hex(*colour));
    } else {
      fields.problems().add(palette.path + "[" + std::to_string(i) + "]",
                            "must be a colour such as \"#ffcc00\"");
    }
  }
}

void read_transition(const Fields& fields, VideoRequest& video) {
  const auto style = fields.text({"transition_style"}, 40);
  if (!style) return;
  if (*style == "wipe" || *style == "slide") {
    video.transition = *style + "-left";
  } else if (*style == "fade" || *style == "crossfade") {
    video.transition = *style;
  } else if (*style != "cut") {
    fields.problems().add(fields.find({"transition_style"}).path,
                          "\"" + excerpt(*style) + "\" must be cut, fade, crossfade, wipe or slide");
  }
}

/// What is understood and not done: said in the finished job, for nothing is dropped in silence.
void read_what_is_not_done(const Fields& fields, VideoRequest& video) {
  for (const std::string_view name : {"product_image_url", "preset", "preset_key", "series_id", "character"})
    if (const auto found = fields.find({name})) video.warnings.push_back(found.path + ": is not used yet");
  if (fields.boolean({"clone_voice_from_audio"}) == true)
    video.warnings.push_back(fields.find({"clone_voice_from_audio"}).path + ": voices are not cloned yet");
}

}  // namespace

CaptionStyle read_caption_style(const Fields& style, CaptionStyle look) {
  if (const auto family = style.text({"font_family"}, 80)) {
    if (is_font_family(*family)) {
      look.font_family = *family;
    } else {
      style.problems().add(style.find({"font_family"}).path,
                           "\"" + excerpt(*family) + "\" is no font family; give one name");
    }
  }
  look.font_size = style.number({"font_size"}, 8, 120).value_or(look.font_size);
  look.colour = read_colour(style, {"font_color", "color"}).value_or(look.colour);
  look.highlight = read_colour(style, {"highlight_color"}).value_or(look.highlight);
  if (const auto colour = read_colour(style, {"background_color"})) look.background = colour;
  look.background_opacity = style.number({"background_opacity"}, 0, 1).value_or(look.background_opacity);
  if (look.background_opacity == 0) look.background.reset();
  if (const auto position = style.text({"position"}, 20)) {
    if (*position == "top") {
      look.position = CaptionStyle::Position::top;
    } else if (*position == "center" || *position == "centre" || *position == "middle") {
      look.position = CaptionStyle::Position::middle;
    } else if (*position != "bottom") {
      style.problems().add(style.find({"position"}).path,
                           "\"" + excerpt(*position) + "\" must be bottom, center or top");
    }
  }
  read_caption_mode(style, look);
  return look;
}

VideoRequest read_video_request(const Fields& brief, const Fields& beside) {
  const Fields fields = brief.then(beside);
  VideoRequest video;
  video.title = fold_spaces(fields.text({"title"}, most_title_characters).value_or(""));
  read_mode(fields, video);
  read_frame(fields, video);
  read_voice(fields, video);
  read_captions(fields, video);
  video.music = read_music_request(fields, *video.mode);
  read_palette(fields, video);
  read_transition(fields, video);
  read_what_is_not_done(fields, video);
  if (const auto seed = fields.integer({"seed"}, 0, 4294967295))
    video.seed = static_cast<std::uint32_t>(*seed);
  return video;
}

std::uint32_t seed_from(std::string_view text) {
  std::uint32_t hash = 2166136261u;  // FNV-1a, 32 bits
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 16777619u;
  return hash == 0 ? 1 : hash;
}

}  // namespace reelspool
