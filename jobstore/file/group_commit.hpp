#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>

#include "jobstore/file/files.hpp"
#include "jobstore/file/journal.hpp"
#include "jobstore/file/shared_sync.hpp"
#include "jobstore/result.hpp"

namespace reelspool {

/// Makes appended records durable; threads that wait at the same time share one sync, and so do processes (SharedSync).
///
/// The first to come syncs whatever has been appended by then, by anybody; those who come meanwhile wait, and one
/// of them syncs next, for all of them. On a slow disk it first gives those whom the last sync let go a moment to come
/// back: an eighth of the time that it took, at most. A failed sync is never tried again: `rescue` has to save the state in
/// another way (a snapshot and a new segment), or nothing is acknowledged any more. It is told up to where the
/// journal reached whose sync failed.
///
/// Threads    Any. `rescue` is called with no lock of this object held.
class GroupCommit {
 public:
  GroupCommit(Files& files, const std::filesystem::path& store, std::function<Result<>(Position)> rescue);

  /// The journal reaches to `end`, and to `synced` it is safe. Called under the store's mutex.
  void note(std::shared_ptr<Fd> segment, Position end, Position synced);

  /// Returns once all before `position` is safe. Errors: storage; then this store is at its end.
  Result<> cover(Position position);
  /// Up to where it is safe.
  Position covered() const;

 private:
  void sync(std::unique_lock<std::mutex>& lock);
  void wait_for_the_others(std::unique_lock<std::mutex>& lock);

  SharedSync shared_;  // of whoever set is_syncing_
  const std::function<Result<>(Position)> rescue_;

  mutable std::mutex mutex_;
  std::condition_variable done_, came_;
  std::shared_ptr<Fd> segment_;  // guarded by mutex_, as all below
  Position end_, covered_;
  bool is_syncing_ = false;
  std::size_t inside_ = 0;    ///< threads that are not covered yet
  std::size_t expected_ = 0;  ///< as many were inside at the end of the last sync, with those it covered
  std::chrono::steady_clock::duration last_took_{};
  std::optional<Error> broken_;
};

}  // namespace reelspool
