#pragma once

#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <thread>

#include "jobstore/file/files.hpp"

namespace reelspool {

/// The files of a process that can die: from a moment on nothing that it does reaches the disk any more. When the store
/// that uses them is closed then, its locks go free and its files stay, as the kernel leaves them after SIGKILL.
/// Any thread.
class MortalFiles final : public Files {
 public:
  void die() { is_dead_ = true; }
  bool is_dead() const { return is_dead_; }

  /// Dies at the n-th call (from 1) that the calling thread makes from now on: that call is the first not to be made.
  /// 0: never. Calls of the store's own threads do not count, so that a run can be repeated.
  void die_at(int nth) {
    mortal_ = std::this_thread::get_id();
    left_ = nth;
  }
  /// As die_at(), for the whole process, by SIGKILL.
  void kill_process_at(int nth) {
    is_real_ = true;
    die_at(nth);
  }

 protected:
  int disturb(Call) override {
    if (std::this_thread::get_id() == mortal_ && left_ > 0 && --left_ == 0) {
      if (is_real_) ::kill(::getpid(), SIGKILL);
      is_dead_ = true;
    }
    return is_dead_ ? EIO : 0;
  }

 private:
  std::atomic<bool> is_dead_ = false, is_real_ = false;
  std::atomic<std::thread::id> mortal_{};
  std::atomic<int> left_ = 0;
};

}  // namespace reelspool
