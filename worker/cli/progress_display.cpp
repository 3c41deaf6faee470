#include "worker/cli/progress_display.hpp"

#include <unistd.h>

#include <algorithm>
#include <cstdio>

namespace reelspool {
namespace {

constexpr int bar_width = 28;
constexpr std::size_t most_scene_bars = 20;  // a terminal's height; what is above it could not be drawn over

std::string bar(double percent) {
  const int full = std::clamp(static_cast<int>(percent / 100 * bar_width), 0, bar_width);
  std::string text;
  for (int i = 0; i < bar_width; ++i) text += i < full ? "█" : "░";
  return text;
}

std::string line(const std::string& name, double percent, const std::string& stage) {
  char figures[16];
  std::snprintf(figures, sizeof figures, "%3d %%", static_cast<int>(percent));
  std::string label = name;
  label.resize(std::max<std::size_t>(label.size(), 10), ' ');
  return label + " " + bar(percent) + " " + figures + "  " + stage;
}

/// "about 40 s left"; empty where nobody knows.
std::string left_of(const Json& status) {
  const auto eta = status.find("etaSeconds");
  if (eta == status.end() || !eta->is_number_integer()) return {};
  const auto seconds = eta->get<std::int64_t>();
  return seconds < 90 ? "about " + std::to_string(seconds) + " s left"
                      : "about " + std::to_string((seconds + 30) / 60) + " min left";
}

const Json* scenes_of(const Sighting& sighting) {
  if (!sighting.scenes.is_object()) return nullptr;
  const auto scenes = sighting.scenes.find("scenes");
  return scenes != sighting.scenes.end() && scenes->is_array() ? &*scenes : nullptr;
}

}  // namespace

ProgressDisplay::ProgressDisplay() : terminal_(isatty(STDOUT_FILENO) == 1) {}

void ProgressDisplay::show(const Sighting& sighting) {
  if (terminal_) {
    draw(sighting);
  } else {
    print_changes(sighting.status);
  }
}

void ProgressDisplay::finish() {
  lines_drawn_ = 0;
}

void ProgressDisplay::draw(const Sighting& sighting) {
  std::string picture = lines_drawn_ > 0 ? "\x1b[" + std::to_string(lines_drawn_) + "A" : "";
  const auto add = [&](const std::string& text) { picture += "\x1b[2K" + text + "\n"; };
  const Json& status = sighting.status;
  int lines = 1;
  const std::string left = left_of(status);
  add(line(status.value("status", ""), status.value("progress", 0.0),
           status.value("stage", "") + (left.empty() ? "" : ", " + left)));
  if (const Json* scenes = scenes_of(sighting); scenes != nullptr && scenes->size() <= most_scene_bars) {
    for (const Json& scene : *scenes) {
      add(line("  scene " + std::to_string(scene.value("index", 0)), scene.value("progress", 0.0),
               scene.value("stage", "")));
      ++lines;
    }
  }
  lines_drawn_ = lines;
  std::fwrite(picture.data(), 1, picture.size(), stdout);
  std::fflush(stdout);
}

void ProgressDisplay::print_changes(const Json& status) {
  const std::string stage = status.value("status", "") + " " + status.value("stage", "");
  const double percent = status.value("progress", 0.0);
  const int tenth = static_cast<int>(percent / 10);
  if (stage == last_stage_ && tenth == last_tenth_) return;
  last_stage_ = stage;
  last_tenth_ = tenth;
  const std::string left = left_of(status);
  std::printf("%3d %%  %s%s%s\n", static_cast<int>(percent), stage.c_str(), left.empty() ? "" : ", ",
              left.c_str());
  std::fflush(stdout);
}

}  // namespace reelspool
