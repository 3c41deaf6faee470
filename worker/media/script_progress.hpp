#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace reelspool {

/// Reads what a script reports on descriptor 3: `total_us=N` once (or anew before each of several passes),
/// then blocks of ffmpeg's -progress. ffmpeg's `out_time_ms` is in microseconds too, and both say `N/A` or 0
/// at first (MEDIA.md 6).
class ScriptProgress {
 public:
  /// Returns whether the line shows that something moved: ffmpeg repeats itself while it stands still.
  bool take(std::string_view line);

  /// 0 to 0.99, never less than before; nothing before the first figure. The last hundredth is the script's
  /// own end: what follows the encode (moving the index to the front, checking, renaming) can still fail.
  std::optional<double> fraction() const { return fraction_; }

 private:
  std::int64_t total_us_ = 0;
  std::optional<double> fraction_;
  std::map<std::string, std::string, std::less<>> last_;  ///< of the few keys that tell of movement
};

}  // namespace reelspool
