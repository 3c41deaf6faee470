#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

#include "jobstore/file/files.hpp"

namespace reelspool {

/// A page of memory that the processes on one store have in common: who syncs, and what came of it (SharedSync). It is a
/// file in /dev/shm, named by the user and by the store's device and inode: nothing of it is ever on a disk. The
/// last to use it removes it; one left by kill -9 is used, or removed, by the next. What numbers stand in it matters to
/// nobody who comes new.
///
/// Threads    Any; but one at a time may lead(), and not again before stop_leading().
class SyncPage {
 public:
  /// Nothing where it cannot be had (no shared memory), or where it belongs to somebody else: what it says is
  /// believed, so another user must not be able to write it.
  static std::unique_ptr<SyncPage> of(Files& files, const std::filesystem::path& store);
  ~SyncPage();
  SyncPage(const SyncPage&) = delete;
  SyncPage& operator=(const SyncPage&) = delete;

  /// All zero at first. Only the leader changes the values of begun and finished.
  struct Numbers {
    std::atomic<std::uint64_t> begun;     ///< the number of the last sync that was begun
    std::atomic<std::uint64_t> finished;  ///< the last that succeeded: its segment * 2^40 + its number
    std::atomic<std::uint64_t> doubtful;  ///< who noted a smaller `begun` must not rely on others
    std::atomic<std::uint32_t> rings;     ///< counts ring()
  };
  static_assert(std::atomic<std::uint64_t>::is_always_lock_free);
  Numbers& numbers() { return *numbers_; }

  /// Whether this process is now the one that syncs: until it stops, or ends in whatever way.
  bool lead();
  void stop_leading();

  /// Sleeps until it is rung for, numbers().rings is not `heard` any more, or the time is over. `noted` is what `begun` was
  /// when whoever waits had written its record.
  void wait(std::uint32_t heard, std::uint64_t noted, std::chrono::nanoseconds most) const;
  /// The sync of that number is over: wakes all whom it covers, and one of those who need the next, to lead it. The others
  /// would only find that somebody leads already, and sleep again.
  void ring(std::uint64_t number);

 private:
  SyncPage(Fd file, std::string name, Numbers* numbers)
      : file_(std::move(file)), name_(std::move(name)), numbers_(numbers) {}

  const Fd file_;
  const std::string name_;
  Numbers* const numbers_;
};

}  // namespace reelspool
