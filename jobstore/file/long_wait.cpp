#include "jobstore/file/long_wait.hpp"

#include "jobstore/file/quiet_thread.hpp"

namespace reelspool {

LongWait::LongWait(std::chrono::milliseconds patience, std::function<void()> tell)
    : patience_(patience), tell_(std::move(tell)) {}

LongWait::~LongWait() {
  {
    std::lock_guard lock(mutex_);
    is_ending_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void LongWait::begin() {
  std::lock_guard lock(mutex_);
  since_ = std::chrono::steady_clock::now();
  if (!thread_.joinable()) {
    // Without a thread nobody is told; the wait is as long with one.
    if (Result<std::thread> started = quiet_thread("the watch of long waits", [this] { watch(); }); started)
      thread_ = *std::move(started);
  } else if (is_asleep_) {
    changed_.notify_one();
  }
}

void LongWait::end() {
  std::lock_guard lock(mutex_);
  since_.reset();
}

void LongWait::watch() {
  std::unique_lock lock(mutex_);
  while (!is_ending_) {
    if (!since_) {
      is_asleep_ = true;
      changed_.wait(lock, [this] { return since_ || is_ending_; });
      is_asleep_ = false;
    }
    if (!since_ || changed_.wait_until(lock, *since_ + patience_, [this] { return is_ending_; })) continue;
    // Another wait may have begun meanwhile.
    if (!since_ || std::chrono::steady_clock::now() < *since_ + patience_) continue;
    since_.reset();
    lock.unlock();
    tell_();
    lock.lock();
  }
}

}  // namespace reelspool
