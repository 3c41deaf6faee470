#include "worker/pipeline/step_times.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <fstream>
#include <sstream>
#include <utility>

#include "jobstore/json.hpp"

namespace reelspool {
namespace {

/// Source: REQUIREMENTS J12 (plan 20 s, speech 10, image 20, clip render 8, final 15: mix, finish and thumbnail together); the
/// others are of that order on two cores.
constexpr std::array<std::pair<std::string_view, double>, 13> first_values_s = {{{"plan", 20},
                                                                                 {"check", 1},
                                                                                 {"speech", 10},
                                                                                 {"keyframe", 20},
                                                                                 {"clip", 1},
                                                                                 {"piece", 8},
                                                                                 {"music", 10},
                                                                                 {"mix", 5},
                                                                                 {"finish", 9},
                                                                                 {"thumbnail", 1},
                                                                                 {"upload-video", 5},
                                                                                 {"upload-thumbnail", 1},
                                                                                 {"assets", 0.1}}};
constexpr int most_steps = 10;
constexpr std::uintmax_t largest_bytes = 64 << 10;
constexpr double longest_s = 7 * 24 * 3600.0;  // no step runs for longer than a week

std::string_view name_of(std::string_view key) {
  return key.substr(key.rfind('/') + 1);  // npos + 1 is 0: the whole key
}

const double* first_value(std::string_view name) {
  for (const auto& [known, seconds] : first_values_s)
    if (known == name) return &seconds;
  return nullptr;
}

bool is_a_time(double seconds) {
  return seconds >= 0 && seconds <= longest_s;
}

}  // namespace

StepTimes StepTimes::read(const std::filesystem::path& file) {
  StepTimes times;
  std::error_code problem;
  // Anybody who submits jobs may write there: a pipe would hold up the start for ever.
  if (!std::filesystem::is_regular_file(file, problem) ||
      std::filesystem::file_size(file, problem) > largest_bytes)
    return times;
  std::ostringstream text;
  text << std::ifstream(file, std::ios::binary).rdbuf();
  const auto kept = parse_json(text.str());
  if (!kept || !kept->is_object()) return times;
  for (const auto& [name, average] : kept->items()) {
    if (first_value(name) == nullptr || !average.is_object()) continue;
    const auto seconds = average.find("seconds"), steps = average.find("steps");
    if (seconds == average.end() || steps == average.end() || !seconds->is_number() ||
        !steps->is_number_integer() || !is_a_time(seconds->get<double>()) || steps->get<int>() < 1)
      continue;
    times.averages_[name] = {seconds->get<double>(), std::min(steps->get<int>(), most_steps)};
  }
  return times;
}

std::string StepTimes::text() const {
  Json kept = Json::object();
  for (const auto& [name, average] : averages_) {
    kept[name]["seconds"] = std::round(average.seconds * 1000) / 1000;
    kept[name]["steps"] = average.steps;
  }
  return to_text(kept);
}

double StepTimes::expected_s(std::string_view key) const {
  const auto known = averages_.find(name_of(key));
  if (known != averages_.end()) return known->second.seconds;
  const double* first = first_value(name_of(key));
  return first ? *first : 0;
}

void StepTimes::took(std::string_view key, double seconds) {
  if (first_value(name_of(key)) == nullptr || !is_a_time(seconds)) return;
  Average& average = averages_[std::string(name_of(key))];
  average.steps = std::min(average.steps + 1, most_steps);
  average.seconds += (seconds - average.seconds) / average.steps;
}

}  // namespace reelspool
