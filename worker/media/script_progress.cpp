#include "worker/media/script_progress.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace reelspool {
namespace {

constexpr std::array<std::string_view, 5> moving_keys{"total_us", "out_time_us", "out_time_ms", "total_size",
                                                      "frame"};

std::optional<std::int64_t> whole_number(std::string_view text) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

}  // namespace

bool ScriptProgress::take(std::string_view line) {
  const auto equals = line.find('=');
  if (equals == std::string_view::npos) return false;
  const std::string_view key = line.substr(0, equals);
  std::string_view value = line.substr(equals + 1);
  while (value.starts_with(' ')) value.remove_prefix(1);  // ffmpeg pads some figures
  if (std::find(moving_keys.begin(), moving_keys.end(), key) == moving_keys.end()) return false;

  if (const auto number = whole_number(value)) {
    if (key == "total_us") total_us_ = *number;
    if (key.starts_with("out_time_") && total_us_ > 0) {
      const double done = static_cast<double>(*number) / static_cast<double>(total_us_);
      fraction_ = std::clamp(done, fraction_.value_or(0.0), 0.99);
    }
  }
  std::string& last = last_[std::string(key)];
  if (last == value) return false;
  last = value;
  return true;
}

}  // namespace reelspool
