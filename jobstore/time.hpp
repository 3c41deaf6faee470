#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace reelspool {

/// A moment of the wall clock, to the millisecond: what is written to disk.
using Time = std::chrono::sys_time<std::chrono::milliseconds>;

/// "2026-11-22T16:03:05.123Z": RFC 3339, UTC, always three digits of fraction.
std::string format_time(Time time);
/// Reads RFC 3339 with any offset and any number of fraction digits (rounded down to ms). Nothing for
/// anything else.
std::optional<Time> parse_time(std::string_view text);

/// One moment by two clocks: the wall's, which people set, and the machine's own, which only runs.
struct TwoClocks {
  Time wall{};
  std::chrono::milliseconds running{0};
};

/// Where the time comes from. Any thread.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual Time now() const = 0;
  /// The machine's own time since it was started, suspension included. Made up from now() by clocks that nobody
  /// sets.
  virtual std::chrono::milliseconds running() const { return now().time_since_epoch(); }
  TwoClocks moment() const { return {now(), running()}; }
};
/// The machine's wall clock.
const Clock& system_clock();

/// What the calling thread has used of a processor since it began.
std::chrono::nanoseconds cpu_time_of_this_thread();

}  // namespace reelspool
