#pragma once

#include <chrono>
#include <ctime>

namespace reelspool {

/// Milliseconds since the machine was started, the same for all its processes; goes on while it sleeps, as a provider's clock
/// does, and nobody sets it. Source: clock_gettime(2), CLOCK_BOOTTIME.
inline std::chrono::milliseconds boot_clock() {
  timespec now{};
  clock_gettime(CLOCK_BOOTTIME, &now);
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::seconds(now.tv_sec) +
                                                               std::chrono::nanoseconds(now.tv_nsec));
}

}  // namespace reelspool
