#pragma once

#include <filesystem>
#include <functional>
#include <memory>

#include "jobstore/result.hpp"

namespace reelspool {

/// A duty that one process has at a time, as a lock on a file: store/publisher for publishing jobs.json and taking
/// in what front ends write, store/socket.lock for answering commands. The kernel frees it when its holder ends,
/// however that is, and the next in line has it at once.
///
/// Threads  Any.
class QueuedLock {
 public:
  /// Stands in line without polling: a thread blocks in flock(2) and calls `acquired` once. flock cannot be
  /// called off, so when this object goes first the thread stays until it is served, frees the lock at once
  /// and ends; it holds nothing but the file.
  static Result<QueuedLock> queue(const std::filesystem::path& file, std::function<void()> acquired);

  /// The lock if it is free now; an object that does not hold it if not.
  static Result<QueuedLock> try_now(const std::filesystem::path& file);

  QueuedLock(QueuedLock&&) noexcept = default;
  QueuedLock& operator=(QueuedLock&&) noexcept;
  ~QueuedLock();

  bool held() const;

 private:
  struct Shared;
  explicit QueuedLock(std::shared_ptr<Shared> shared) : shared_(std::move(shared)) {}
  void leave();
  std::shared_ptr<Shared> shared_;
};

}  // namespace reelspool
