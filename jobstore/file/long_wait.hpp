#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>

namespace reelspool {

/// Tells that a wait has become long, while it lasts, once for each: a thread that blocks in flock(2) cannot say so itself.
/// Costs nothing until the first wait; then a thread that sleeps, and wakes up at most once in that time while there
/// are waits at all.
///
/// Threads    Any; one wait at a time. `tell` is called by the thread of this object.
class LongWait {
 public:
  LongWait(std::chrono::milliseconds patience, std::function<void()> tell);
  /// After a call of `tell` that is under way.
  ~LongWait();
  LongWait(const LongWait&) = delete;
  LongWait& operator=(const LongWait&) = delete;

  void begin();
  void end();

 private:
  void watch();

  const std::chrono::milliseconds patience_;
  const std::function<void()> tell_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::optional<std::chrono::steady_clock::time_point>
      since_;  // guarded by mutex_, as all below; unless told of
  bool is_asleep_ = false, is_ending_ = false;
  std::thread thread_;
};

}  // namespace reelspool
