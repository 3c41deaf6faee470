#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "worker/story/ass.hpp"
#include "worker/story/colour.hpp"
#include "worker/story/frame.hpp"
#include "worker/story/scene_length.hpp"

namespace reelspool {

/// What a still shows at one moment: its middle as fractions (0-1) of the picture scaled to cover the frame, and its zoom, of
/// which 1 is as much as fits.
struct Window {
  double x = 0.5, y = 0.5, zoom = 1;
};
/// From the shot's first frame to its last (Ken Burns).
struct Move {
  Window from, to;
};
/// The part of a picture that is used, as fractions of its width and height.
struct Crop {
  double x = 0, y = 0, width = 1, height = 1;
};

enum class Fit { cover, contain, blur };       ///< how a picture fills a frame of another shape
enum class WhenShort { hold, loop, stretch };  ///< what a clip does that is shorter than its shot

/// One thing that is seen for a while: a still, a clip or a colour.
struct Shot {
  enum class Kind { still, clip, color };
  Kind kind = Kind::color;
  std::string file;  ///< of the job's folder; none for a colour
  Colour color{};
  int frames = 0;     ///< its length, transitions into and out of it included
  double trim_s = 0;  ///< where in the clip it begins
  double speed = 1;   ///< how much faster the clip plays
  WhenShort when_short = WhenShort::hold;
  Fit fit = Fit::cover;
  Colour background{};  ///< where the picture does not reach
  std::optional<Crop> crop;
  std::optional<Move> move;  ///< of a still
};

/// From one shot into the next, whose last and first frames it blends.
struct Transition {
  std::string kind;  ///< a word of the script `piece`: "crossfade", "wipe-left"; empty: a cut
  int frames = 0;    ///< 0: a cut
};

/// Something that is heard.
struct Sound {
  enum class Sort { voice, effect, own, music };  ///< own: a clip's own sound
  Sort sort = Sort::voice;
  std::string file;     ///< of the job's folder
  std::int64_t at = 0;  ///< where it begins in the video, in samples
  double from_s = 0;    ///< where in the file it begins
  std::optional<double>
      for_s;  ///< how long it is heard, in the video's seconds; nothing: to its end (music: the video's)
  double speed = 1;
  double gain_db = 0;                           ///< beside what its sort's level is
  std::optional<double> fade_in_s, fade_out_s;  ///< nothing: as is usual for its sort
};

/// What all pieces of a video have in common.
struct Canvas {
  Frame frame;
  int fps = frames_per_second;  ///< one by which 48 000 samples can be divided: 24, 25, 30, 50, 60

  double seconds(std::int64_t frames) const { return static_cast<double>(frames) / fps; }
  std::int64_t samples(std::int64_t frames) const { return frames * (samples_per_second / fps); }
};

/// A video. Shots follow one another, each transition takes its frames from both that it joins. A value.
struct Timeline {
  Canvas canvas;
  std::vector<Shot> shots;              ///< at least one
  std::vector<Transition> transitions;  ///< one less: the first leads from shot 0 into shot 1
  std::vector<Sound> sounds;
  std::vector<CaptionTrack> captions;
  int fade_in = 0, fade_out = 0;  ///< frames from and to black
};

}  // namespace reelspool
