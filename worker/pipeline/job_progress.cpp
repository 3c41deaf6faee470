#include "worker/pipeline/job_progress.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "worker/steps/failure.hpp"

namespace reelspool {
namespace {

constexpr std::array<StepLook, 17> looks = {{
    {"plan", "planning", "planning the scenes", 0.2},
    {"check", "preparing", "checking fonts", 0.2},
    {"speech", "generating_audio", "recording the narration", 1},
    {"keyframe", "generating_keyframe", "making the picture", 2},
    {"clip", "generating_video", "animating the picture", 1},
    {"piece", "merging", "encoding picture and captions", 10},
    {"media", "preparing", "taking the files in", 0.5},
    {"copy", "merging", "copying the picture", 1},
    {"transition", "merging", "encoding a transition", 3},
    {"captions", "finishing", "writing the captions", 0.1},
    {"music", "generating_music", "composing the music", 3},
    {"mix", "rendering", "mixing the sound", 3},
    {"finish", "concatenating", "joining the scenes", 2},
    {"thumbnail", "finishing", "making the thumbnail", 0.5},
    {"upload-video", "uploading", "uploading the video", 2},
    {"upload-thumbnail", "uploading", "uploading the thumbnail", 0.2},
    {"assets", "finishing", "listing the files", 0.2},
}};
/// The usual pace counts like so many seconds of this attempt: its first steps say little.
constexpr double trusted_s = 10;

constexpr StepLook unknown = {"", "preparing", "preparing", 0};

}  // namespace

const StepLook& look_of(std::string_view key) {
  const std::string_view name = key.substr(key.rfind('/') + 1);  // npos + 1 is 0: the whole key
  for (const StepLook& look : looks)
    if (look.name == name) return look;
  return unknown;
}

JobProgress::JobProgress(int scenes, std::vector<std::string> steps, StepTimes& times,
                         std::function<void(const Progress&)> show, std::function<Moment()> now)
    : scenes_(scenes), times_(times), show_(std::move(show)), now_(std::move(now)), began_(now_()) {
  for (std::string& step : steps) fractions_.emplace(std::move(step), 0);
  shown_ = {.percent = 0,
            .stage = "preparing",
            .scene = 0,
            .scenes = scenes,
            .message = "Preparing",
            .eta_seconds = eta_seconds()};
  if (show_) show_(shown_);
}

void JobProgress::moved(const std::string& key, double fraction) {
  const auto known = fractions_.find(key);
  if (known != fractions_.end()) known->second = std::max(known->second, std::clamp(fraction, 0.0, 1.0));

  const StepLook& look = look_of(key);
  Progress now{.percent = std::max(percent(), shown_.percent),
               .stage = std::string(look.stage),
               .scene = scene_of(key),
               .scenes = scenes_,
               .message = std::string(look.doing),
               .eta_seconds = eta_seconds()};
  if (now.scene > 0) {
    now.message =
        "Scene " + std::to_string(now.scene) + " of " + std::to_string(scenes_) + ": " + now.message;
  } else if (!now.message.empty() && now.message[0] >= 'a' && now.message[0] <= 'z') {
    now.message[0] = static_cast<char>(now.message[0] - 'a' + 'A');
  }
  const bool same =
      now.message == shown_.message && std::floor(now.percent * 10) == std::floor(shown_.percent * 10);
  if (same) return;
  shown_ = std::move(now);
  if (show_) show_(shown_);
}

void JobProgress::took(const std::string& key, std::chrono::duration<double> time) {
  times_.took(key, time.count());
  if (fractions_.count(key) > 0) made_.insert(key);
}

int JobProgress::eta_seconds() const {
  double left_s = 0, made_s = 0;  // of usual time
  for (const auto& [key, fraction] : fractions_) {
    const double usual_s = times_.expected_s(key);
    left_s += usual_s * (1 - fraction);
    if (fraction < 1 || made_.count(key) > 0) made_s += usual_s * fraction;
  }
  const double passed_s = std::chrono::duration<double>(now_() - began_).count();
  const double pace = (made_s + trusted_s) / (passed_s + trusted_s);
  return static_cast<int>(std::ceil(left_s / pace));
}

double JobProgress::percent() const {
  double done = 0, all = 0;
  for (const auto& [key, fraction] : fractions_) {
    // What is made of the whole video takes longer the more scenes it has.
    const double weight = look_of(key).weight * (scene_of(key) > 0 ? 1 : 0.5 + 0.2 * scenes_);
    done += weight * fraction;
    all += weight;
  }
  return all > 0 ? 99 * done / all : 0;
}

double JobProgress::scene_percent(int scene) const {
  double done = 0, all = 0;
  const std::string prefix = "scene-" + std::to_string(scene) + "/";
  for (auto step = fractions_.lower_bound(prefix);
       step != fractions_.end() && step->first.starts_with(prefix); ++step) {
    done += look_of(step->first).weight * step->second;
    all += look_of(step->first).weight;
  }
  return all > 0 ? 100 * done / all : 0;
}

}  // namespace reelspool
