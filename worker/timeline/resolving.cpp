#include "worker/timeline/resolving.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "worker/story/fields.hpp"
#include "worker/timeline/cutting.hpp"

namespace reelspool {
namespace {

std::string seconds_text(double seconds) {
  std::string text(32, '\0');
  text.resize(static_cast<std::size_t>(std::snprintf(text.data(), text.size(), "%.4g s", seconds)));
  return text;
}

int whole_frames(double seconds, int fps) {
  return static_cast<int>(std::max(1L, std::lround(seconds * fps)));
}

Result<int> length_of(const ShotRequest& request, const Medium& medium, int fps) {
  const Shot& shot = request.shot;
  if (shot.kind != Shot::Kind::clip) return whole_frames(*request.seconds, fps);
  const double left_s = medium.picture_s - shot.trim_s;
  if (left_s <= 0)
    return bad_field(
        request.field + ".trim",
        "is " + seconds_text(shot.trim_s) + ", but the clip is over after " + seconds_text(medium.picture_s));
  return whole_frames(request.seconds.value_or(left_s / shot.speed), fps);
}

/// Each shot has to have its transitions' frames, and no frame may be in two of them.
Result<> check_transitions(const RenderRequest& request, const Timeline& timeline) {
  for (std::size_t i = 0; i < timeline.shots.size(); ++i) {
    const int in = i > 0 ? timeline.transitions[i - 1].frames : 0;
    const int out = i < timeline.transitions.size() ? timeline.transitions[i].frames : 0;
    if (in + out <= timeline.shots[i].frames) continue;
    const auto seconds = [&](int frames) { return seconds_text(timeline.canvas.seconds(frames)); };
    const bool is_own = out > 0 && out >= in;
    return bad_field(request.shots[is_own ? i : i - 1].field + ".transition",
                     "is too long: the shot " + request.shots[i].field + " lasts " +
                         seconds(timeline.shots[i].frames) + ", and its transitions would take " +
                         seconds(in + out) + "; make one of them shorter");
  }
  return ok;
}

/// What a clip says itself, for as long as it is seen.
void add_own_sounds(const RenderRequest& request, const std::vector<Medium>& media, Timeline& timeline) {
  const auto starts = starts_of(timeline.shots, timeline.transitions);
  for (std::size_t i = 0; i < timeline.shots.size(); ++i) {
    const Shot& shot = timeline.shots[i];
    const double volume = request.shots[i].volume;
    if (shot.kind != Shot::Kind::clip || volume <= 0 || media[i].sound_s <= shot.trim_s) continue;
    const Canvas& canvas = timeline.canvas;
    Sound sound;
    sound.sort = Sound::Sort::own;
    sound.file = media[i].file;
    sound.at = canvas.samples(starts[i]);
    sound.from_s = shot.trim_s;
    sound.for_s = canvas.seconds(shot.frames);
    sound.speed = shot.speed;
    sound.gain_db = std::clamp(20 * std::log10(volume), -60.0, 20.0);
    sound.fade_in_s = canvas.seconds(i > 0 ? timeline.transitions[i - 1].frames : 0);
    sound.fade_out_s = canvas.seconds(i < timeline.transitions.size() ? timeline.transitions[i].frames : 0);
    timeline.sounds.push_back(std::move(sound));
  }
}

Result<> add_sounds(const RenderRequest& request, const std::vector<Medium>& media, Timeline& timeline) {
  const std::int64_t end = timeline.canvas.samples(frames_of(timeline));
  for (std::size_t i = 0; i < request.sounds.size(); ++i) {
    Sound sound = request.sounds[i].sound;
    sound.file = media[i].file;
    if (sound.at >= end)
      return bad_field(request.sounds[i].field + ".start",
                       "is after the end of the video, which lasts " +
                           seconds_text(timeline.canvas.seconds(frames_of(timeline))));
    if (sound.from_s >= media[i].sound_s)
      return bad_field(request.sounds[i].field + ".trim", "is " + seconds_text(sound.from_s) +
                                                              ", but the sound is over after " +
                                                              seconds_text(media[i].sound_s));
    timeline.sounds.push_back(std::move(sound));
  }
  return ok;
}

}  // namespace

Result<Timeline> resolve(const RenderRequest& request, const std::vector<Medium>& of_shots,
                         const std::vector<Medium>& of_sounds) {
  Timeline timeline;
  timeline.canvas = request.canvas;
  timeline.captions = request.captions;
  const int fps = request.canvas.fps;
  double all_s = 0;
  for (std::size_t i = 0; i < request.shots.size(); ++i) {
    auto frames = length_of(request.shots[i], of_shots[i], fps);
    if (!frames) return std::move(frames.error());
    all_s += request.canvas.seconds(*frames);
    if (all_s > longest_video_s)
      return bad_field(request.shots[i].field,
                       "makes the video longer than 6 hours; split it into several jobs");
    Shot shot = request.shots[i].shot;
    shot.file = of_shots[i].file;
    shot.frames = *frames;
    timeline.shots.push_back(std::move(shot));
    if (i + 1 == request.shots.size()) break;
    Transition into = request.shots[i].into;
    into.frames = request.shots[i].into_s > 0 ? whole_frames(request.shots[i].into_s, fps) : 0;
    timeline.transitions.push_back(std::move(into));
  }
  if (auto fits = check_transitions(request, timeline); !fits) return std::move(fits.error());
  add_own_sounds(request, of_shots, timeline);
  if (auto added = add_sounds(request, of_sounds, timeline); !added) return std::move(added.error());
  const auto black = [&](double seconds) {
    return static_cast<int>(std::min<std::int64_t>(std::lround(seconds * fps), frames_of(timeline) / 2));
  };
  timeline.fade_in = black(request.fade_in_s);
  timeline.fade_out = black(request.fade_out_s);
  return timeline;
}

}  // namespace reelspool
