#pragma once

#include <sys/types.h>

#include <chrono>
#include <filesystem>

#include "jobstore/result.hpp"
#include "jobstore/window/watch.hpp"

namespace reelspool::window {

/// The lock that front ends and the publisher can share: a directory beside the file, made by whoever holds
/// it and removed when done, stale once its modification time is older than 10 s. The convention of the npm
/// package proper-lockfile (its defaults, read 2026-11; its holders renew the time every 5 s).
///
/// Move-only; the destructor frees it.
class LockDirectory {
 public:
  static constexpr std::chrono::seconds stale_after{10};
  static constexpr std::chrono::milliseconds patience{1000};

  /// Tries to take it, waiting at most `longest`. An object that does not hold it comes back when somebody
  /// else would not let go, or when the directory cannot be made: the publisher goes on all the same, by
  /// exchanging.
  static LockDirectory take(const std::filesystem::path& directory, Watch& watch,
                            std::chrono::milliseconds longest = patience);

  LockDirectory(LockDirectory&& other) noexcept
      : directory_(std::move(other.directory_)), inode_(other.inode_) {
    other.directory_.clear();
  }
  LockDirectory& operator=(LockDirectory&&) = delete;
  ~LockDirectory();

  bool held() const { return !directory_.empty(); }

 private:
  LockDirectory(std::filesystem::path directory, ino_t inode)
      : directory_(std::move(directory)), inode_(inode) {}
  std::filesystem::path directory_;  // empty: not held
  ino_t inode_;
};

}  // namespace reelspool::window
