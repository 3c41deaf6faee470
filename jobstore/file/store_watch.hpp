#pragma once

#include <atomic>
#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "jobstore/file/files.hpp"
#include "jobstore/result.hpp"
#include "jobstore/time.hpp"

namespace reelspool {

/// The store's one thread. It sleeps until the bell rings, a worker's file is closed, a delayed job is due, or
/// somebody in this process has news; it never wakes up to see whether there is something to do. (But where inotify is not
/// to be had, by the limits fs.inotify.*: then it looks at the bell and at the workers every 2 s.) While the bell rings
/// all the time it is heard once in 8 ms (and so is a worker's end then), so that those who ring it are not held up by waking this
/// thread: a worker that is at work reads what others wrote with each record of its own.
///
/// Threads    Every function from any thread; the callbacks come from the thread of the watch.
class StoreWatch {
 public:
  using Names = std::vector<std::string>;
  struct Callbacks {
    std::function<void()> bell;  ///< another process (or this one) has written
    /// The files of these workers were closed. Returns those whose lock is still held: it is called with them
    /// again shortly.
    std::function<Names(const Names&)> closed;
    std::function<void()> due;    ///< the moment of wake_at() has come, or the wall clock was set
    std::function<void()> news;   ///< after notify()
    std::function<void()> sweep;  ///< after sweep_in()
  };
  static Result<std::unique_ptr<StoreWatch>> open(const std::filesystem::path& bell,
                                                  const std::filesystem::path& workers, Callbacks callbacks);
  ~StoreWatch();

  /// Why it looks by the clock; empty: it listens.
  const std::string& deaf_because() const { return deaf_because_; }

  /// Calls `news` soon; any number of calls before that count as one.
  void notify();
  /// By the wall clock; nothing: never. Replaces the moment before.
  void wake_at(std::optional<Time> moment);
  /// Calls `sweep` after this time, by the clock that nobody sets; nothing: never. Replaces the time before.
  void sweep_in(std::optional<std::chrono::milliseconds> wait);

 private:
  StoreWatch() = default;
  Result<> listen(const std::filesystem::path& bell, const std::filesystem::path& workers);
  bool add(const Fd& fd);
  void run();
  void read_inotify();
  void hear_inotify(bool wants);
  int milliseconds_of_rest();
  void look_at_workers();

  Callbacks callbacks_;
  Fd epoll_, inotify_, event_, due_, again_, sweep_;
  Fd look_;  ///< ticks where inotify is not to be had
  std::string deaf_because_;
  int bell_watch_ = -1;
  Names closed_;  // thread of the watch, as the next
  std::chrono::milliseconds patience_{0};
  std::chrono::steady_clock::time_point last_bell_{};
  std::optional<std::chrono::steady_clock::time_point> rests_until_;  // the bell rang again so soon
  std::atomic<bool> has_news_ = false;
  std::atomic<bool> is_ending_ = false;
  std::thread thread_;
};

}  // namespace reelspool
