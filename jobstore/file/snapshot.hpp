#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "jobstore/file/files.hpp"
#include "jobstore/file/journal.hpp"
#include "jobstore/file/record.hpp"
#include "jobstore/result.hpp"

namespace reelspool {

/// What a snapshot stands for: all segments up to `covers`, whose last record has the number `sequence`.
struct SnapshotHead {
  std::uint64_t covers = 0;  ///< 0: there is no snapshot
  std::uint64_t sequence = 0;
  std::uint64_t size_bytes = 0;
};

/// Composes the text of a snapshot, line by line, in the grammar of the journal (segment number: `covers`).
class SnapshotText {
 public:
  explicit SnapshotText(const Journal::Sealed& sealed);
  void add(RecordKind kind, std::string_view payload);
  void finish();  ///< adds the last line, which tells a whole snapshot from a cut one

  std::size_t size() const { return text_.size(); }
  std::string take() { return std::exchange(text_, {}); }  ///< what was added since the last take()

 private:
  Chain chain_;
  std::uint64_t covers_;
  std::uint64_t records_ = 0;
  std::string text_;
};

/// store/snapshot: the fold of all segments that it covers. Written beside and renamed, so it is whole or absent;
/// a damaged one is an error, never a guess.
///
///   at leisure   turn() - stage() - append(), many times - finish() - put_in_place() under the store's lock - settle()
///   at once      replace(), all of it under the store's lock: after a failed sync
///
/// So who waits for the store's lock never waits for a snapshot that another process is writing.
class Snapshot {
 public:
  Snapshot(Files& files, std::filesystem::path store);

  /// All its records but the last go to `apply`. Absent: covers 0, and none.
  Result<SnapshotHead> read(const Journal::Apply& apply) const;
  /// Its head alone.
  Result<SnapshotHead> head() const;

  /// The lock that one writer at a time holds, and lets go by closing it. Nothing: another one is at it.
  Result<std::optional<Fd>> turn() const;
  /// A new one, not in its place yet. Who has the turn calls this, and append() with one piece after the other.
  class Staged {
   public:
    /// Syncs now and then, so that the last sync is short: others' syncs wait for it.
    Result<> append(std::string_view piece);
    Result<> finish();

   private:
    friend class Snapshot;
    Staged(Files& files, Fd fd) : files_(files), fd_(std::move(fd)) {}
    Files& files_;
    Fd fd_;
    std::uint64_t size_ = 0, synced_ = 0;
  };
  Result<Staged> stage() const;
  void discard() const;  ///< the staged one
  /// Gives the finished one its name; false if one that covers as much has it already. Lock: exclusive.
  Result<bool> put_in_place(const Journal::Sealed& sealed) const;
  /// Makes that durable, then deletes the covered segments.
  Result<> settle(const Journal::Sealed& sealed, const Journal& journal) const;

  /// All of that at once. Ok without doing so when one that covers as much is there. Lock: exclusive.
  Result<> replace(const Journal::Sealed& sealed, std::string_view text, const Journal& journal) const;

  /// Deletes what was never finished, unless somebody is writing it now. Lock: exclusive.
  Result<> discard_unfinished() const;

 private:
  Result<bool> is_superfluous(const Journal::Sealed& sealed) const;

  Files& files_;
  std::filesystem::path store_, path_, staged_, rescued_;
};

}  // namespace reelspool
