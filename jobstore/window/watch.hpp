#pragma once

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>

#include "jobstore/file/files.hpp"
#include "jobstore/result.hpp"

namespace reelspool::window {

/// Deadlines of the window. Does not advance while the machine sleeps; nothing here lasts longer than
/// seconds.
using Moment = std::chrono::steady_clock::time_point;
inline Moment steady_now() {
  return std::chrono::steady_clock::now();
}

/// What happened in the data directory since the last look.
struct Seen {
  bool jobs_file =
      false;  ///< the name jobs.json points elsewhere, or a program closed it after writing in it
  bool written_into = false;  ///< the latter: its content may differ though size and time do not
  bool lock_freed = false;    ///< jobs.json.lock went away
  bool displaced =
      false;           ///< a program closed one of our displaced files (.jobs.json.N.x) after writing in it
  bool inbox = false;  ///< something came into the drop folder, or the folder itself came or went
  bool woken = false;  ///< wake() was called

  void merge(const Seen& other);
};

/// Sleeps until something happens to the files that front ends write, a deadline, or a wake-up. No polling:
/// inotify(7).
///
/// Threads  One, but for wake(): any thread.
class Watch {
 public:
  /// Both folders must exist. `poll_every` is used only where the kernel tells nothing about what others
  /// write: network and host-shared file systems (0: trust the kernel everywhere), and where inotify is not to be
  /// had (the limits fs.inotify.*), which deaf_because() then tells.
  static Result<Watch> open(const std::filesystem::path& data, const std::filesystem::path& inbox,
                            std::chrono::milliseconds poll_every);

  /// Returns what was seen; nothing at all at the deadline. Without a deadline it may sleep for ever.
  Seen wait(std::optional<Moment> deadline);
  /// As wait(), but returns only what was seen so far, at once.
  Seen look();
  /// Waits for `lock_freed` alone, and keeps the rest for the next wait(). False: the deadline came.
  bool wait_for_free_lock(Moment deadline);

  void wake() const;
  bool polls() const { return poll_every_.has_value(); }
  const std::string& deaf_because() const { return deaf_because_; }  ///< empty: it listens

 private:
  Result<> listen(const std::filesystem::path& data, const std::filesystem::path& inbox);
  void read_events();

  Fd inotify_, wake_;
  int data_ = -1, inbox_ = -1;  // watch descriptors
  std::filesystem::path inbox_folder_;
  std::optional<std::chrono::milliseconds> poll_every_;
  std::string deaf_because_;
  Seen seen_;  // not yet told
};

}  // namespace reelspool::window
