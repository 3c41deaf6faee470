#pragma once

#include <filesystem>
#include <functional>
#include <memory>

#include "jobstore/result.hpp"

namespace reelspool::window {

/// The lock store/publisher: its one holder publishes jobs.json and takes in what front ends write. The
/// kernel frees it when its holder ends, however that is, and the next in line has it at once.
///
/// Threads  Any.
class PublisherLock {
 public:
  /// Stands in line without polling: a thread blocks in flock(2) and calls `acquired` once. flock cannot be
  /// called off, so when this object goes first the thread stays until it is served, frees the lock at once
  /// and ends; it holds nothing but the file.
  static Result<PublisherLock> queue(const std::filesystem::path& file, std::function<void()> acquired);

  /// The lock if it is free now; an object that does not hold it if not.
  static Result<PublisherLock> try_now(const std::filesystem::path& file);

  PublisherLock(PublisherLock&&) noexcept = default;
  PublisherLock& operator=(PublisherLock&&) noexcept;
  ~PublisherLock();

  bool held() const;

 private:
  struct Shared;
  explicit PublisherLock(std::shared_ptr<Shared> shared) : shared_(std::move(shared)) {}
  void leave();
  std::shared_ptr<Shared> shared_;
};

}  // namespace reelspool::window
