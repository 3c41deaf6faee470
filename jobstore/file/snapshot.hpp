#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>

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
  std::string finish() &&;  ///< adds the last line, which tells a whole snapshot from a cut one

 private:
  Chain chain_;
  std::uint64_t covers_;
  std::uint64_t records_ = 0;
  std::string text_;
};

/// store/snapshot: the fold of all segments that it covers. Written beside and renamed, so it is whole or absent;
/// a damaged one is an error, never a guess.
class Snapshot {
 public:
  Snapshot(Files& files, std::filesystem::path store);

  /// All its records but the last go to `apply`. Absent: covers 0, and none.
  Result<SnapshotHead> read(const Journal::Apply& apply) const;
  /// Its head alone.
  Result<SnapshotHead> head() const;

  /// Replaces it by one that covers more; then deletes the covered segments. Ok without doing so when one that
  /// covers as much is there. Not under the store's lock, unless it must be (a failed sync): it may be long.
  /// Two processes at it: the second waits for the first.
  Result<> replace(const Journal::Sealed& sealed, std::string_view text, const Journal& journal) const;

 private:
  Files& files_;
  std::filesystem::path store_;
  std::filesystem::path path_;
};

}  // namespace reelspool
