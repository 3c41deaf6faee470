#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "jobstore/file/files.hpp"
#include "jobstore/file/fold.hpp"
#include "jobstore/file/group_commit.hpp"
#include "jobstore/file/journal.hpp"
#include "jobstore/file/long_wait.hpp"
#include "jobstore/file/snapshot.hpp"
#include "jobstore/file/writer.hpp"
#include "jobstore/result.hpp"
#include "jobstore/time.hpp"

namespace reelspool {

/// The journal, its fold and the lock, as transactions: everything the store does is one of the two functions
/// write() and read().
///
///   write:  lock store/lock - read what others appended - decide, append - unlock - sync - acknowledge
///   read:   lock shared     - read what others appended - look           - unlock - sync if need be - show
///
/// Threads    Any; one transaction at a time in this process, and by the lock over all processes. Syncs happen
///            outside, many at once (GroupCommit).
class StoreCore {
 public:
  struct Options {
    std::filesystem::path store;  ///< <data>/store
    std::uint64_t snapshot_at_bytes = 0;
    std::shared_ptr<const ClaimRules> rules = std::make_shared<ClaimRules>();
    const Clock& clock;
    Files& files;
    /// Snapshots are written by a thread of their own, at a pace; else by whoever caused one.
    bool at_leisure = false;
    /// Told, in a thread of its own, when somebody keeps the lock for long; must only note and return.
    std::function<void(const Error&)> report = {};
  };

  /// What a transaction brought about, its own doing or read from others.
  struct Moved {
    bool anything = false;  ///< the fold is not as it was
    bool news = false;      ///< a job may have become claimable, or a cancel was wished
    bool bell = false;      ///< this process wrote what other processes want to know
    std::optional<Time> next_due;
    std::size_t ended = 0;  ///< how many jobs there are that have ended
  };
  /// Called after every transaction, with no lock held, in the thread that made it.
  using OnMoved = std::function<void(const Moved&)>;

  using Writer = reelspool::Writer;

  /// Opens or creates the store and reads it. Errors: storage, see FileJobStore.
  static Result<std::unique_ptr<StoreCore>> open(const Options& options, OnMoved on_moved);

  enum class Durability { synced, later };
  /// `synced`: returns when all that it wrote, and all that it may have decided by, is safe. What is appended
  /// stays, even if `body` then returns an error.
  Result<> write(Durability durability, const std::function<Result<>(Writer&)>& body);
  /// `synced`: all that `body` sees is safe when read() returns, but for progress.
  Result<> read(Durability durability, const std::function<Result<>(const Fold&)>& body);
  /// Rotates, writes the snapshot and deletes what it covers, whatever the sizes.
  Result<> compact();
  /// Reads what others appended, if there is any, so that on_moved hears of it; shows nothing.
  Result<> refresh();

  /// Before a clean stop: ends a snapshot that is being written, and writes one if that makes the next opening shorter.
  /// May take as long as writing all jobs takes.
  void tidy();
  /// Without tidy() a snapshot that is being written is given up.
  ~StoreCore();

 private:
  class Appending;
  StoreCore(const Options& options, OnMoved on_moved);

  Result<> prepare();
  std::size_t memory_for(std::uint64_t snapshot_bytes, const std::vector<std::uint64_t>& segments) const;
  Result<> load();
  Result<> lock(Files::Sharing sharing);
  void tell_who_has_the_lock() const;
  Result<> catch_up(Files::Sharing sharing);
  Result<> apply(const Record& record);
  Result<> cut_tail();
  std::optional<KeptRoom> kept_room(RoomUse use, std::size_t record_bytes) const;
  Result<> rescue(Position failed);
  Result<> replace_by_snapshot(const Journal::Sealed& sealed);
  std::string snapshot_text(const Journal::Sealed& sealed) const;
  void settle(Writer& writer);
  std::optional<Journal::Sealed> rotate_if_large();
  // store_core_snapshot.cpp
  Result<Journal::Sealed> seal();
  void leave_no_fill();
  enum class Leisure { plenty, none, given_up };
  void end_leisure(Leisure leisure);
  std::uint64_t uncovered_bytes() const;
  void take_snapshot(const Journal::Sealed& sealed);
  void take_snapshot_now(const Journal::Sealed& sealed);
  Result<> write_snapshot(const Journal::Sealed& sealed);
  Result<> write_pieces(const Journal::Sealed& sealed, Snapshot::Staged& staged);
  Result<> pause(std::chrono::nanoseconds cpu, std::size_t bytes);
  Moved take_moved();

  const Options options_;
  Files& files_;
  const OnMoved on_moved_;
  GroupCommit commit_;
  Snapshot snapshot_;

  std::mutex mutex_;
  LongWait wait_for_lock_;  // guarded by mutex_
  Fd lock_file_;            // guarded by mutex_, as all below
  Journal journal_;
  Fold fold_;
  Position important_;       ///< behind the last record that is no mere progress
  std::uint64_t rotate_at_;  ///< size of the segment at which to think of a snapshot
  std::uint64_t seen_now_ = 0, seen_news_ = 0;
  bool rings_bell_ = false;
  std::optional<Error> broken_;

  std::mutex leisure_mutex_;
  std::condition_variable leisure_ends_;
  Leisure leisure_ = Leisure::plenty;  // guarded by leisure_mutex_
  std::mutex thread_mutex_;
  std::thread snapshot_thread_;  // guarded by thread_mutex_
};

}  // namespace reelspool
