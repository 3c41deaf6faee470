#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>

#include "jobstore/file/files.hpp"
#include "jobstore/file/sync_page.hpp"
#include "jobstore/result.hpp"

namespace reelspool {

/// One sync of the journal for several processes that wait for one, as GroupCommit shares it among threads. Without it each
/// calls fdatasync for itself, and the disk serves them one by one.
///
/// Syncs are numbered. Whoever waits has noted how many had begun when its record stood in the file; any that
/// begins later covers it. One process at a time syncs for all, elected by a lock that the kernel frees however it ends;
/// the others sleep.
///
///   Only success is shared   A sync counts for others after the kernel said that it succeeded, and for records of its own
///                            segment only. What became of an earlier one, as it was sealed, was told to whoever sealed
///                            it; its own sync, once for each segment, tells whoever still waits for it.
///   Failures are not         The kernel tells each process once that pages were lost, but not who opens the file after one was
///                            told (Journal::adopt). So whoever waited while a sync failed, or while the one who synced
///                            died with it, syncs for itself, and hears what became of its own record.
///   A leader that is stopped is waited for with some patience, once: then each syncs for itself until it goes on.
///   Without shared memory    each syncs for itself, always.
///
/// Threads    One at a time in cover(); note() any.
class SharedSync {
 public:
  /// Whoever syncs is waited for so long: more than most disks take, and short for a person.
  static constexpr std::chrono::milliseconds usual_patience{100};

  SharedSync(Files& files, const std::filesystem::path& store,
             std::chrono::milliseconds patience = usual_patience);

  /// How many syncs have begun: to be asked after the records were written.
  std::uint64_t note() const;
  /// Returns once a sync that covers what was written to `segment`, open as `file`, before `noted` has succeeded.
  /// Errors: of our own sync. It must not be tried again
  Result<> cover(const Fd& file, std::uint64_t segment, std::uint64_t noted);

 private:
  bool is_covered(std::uint64_t segment, std::uint64_t noted) const;
  bool is_doubtful(std::uint64_t noted) const;
  Result<> sync_for_all(const Fd& file, std::uint64_t segment);
  Result<> sync_alone(const Fd& file);
  void doubt(std::uint64_t number);

  Files& files_;
  const std::unique_ptr<SyncPage> page_;
  const std::chrono::milliseconds patience_;
  std::optional<std::uint64_t>
      waited_out_;  ///< the number of a sync that took too long to be waited for again
};

}  // namespace reelspool
