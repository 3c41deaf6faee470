#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "jobstore/file/files.hpp"
#include "jobstore/result.hpp"

namespace reelspool {

/// What a record may use of the room that is kept for the ends of running jobs, see JournalRoom.
enum class RoomUse {
  ordinary,        ///< nothing: all of it must be left behind the record
  begins_attempt,  ///< a claim: room for one end more must be there
  ends_attempt,    ///< done, failed, cancelled, tried later or given back: may use it
};

/// How many bytes have to be allocated behind a record.
struct KeptRoom {
  std::uint64_t wanted = 0;
  std::uint64_t least = 0;  ///< will do where the disk has no more
};

/// So that a job that runs can be recorded as failed on a full disk, disk blocks for that record belong to the journal
/// before the job is claimed: behind the end of the current segment, where nothing but the journal can take them away.
/// They count neither as size nor as content of the file (fallocate(2), FALLOC_FL_KEEP_SIZE): readers, torn tails and what a
/// power loss may leave are as without them.
///
///   kept       64 KiB for all attempts together and 4 KiB for each (an end takes about 700 bytes, mostly the text of its
///              error twice), at most 1 MiB. All attempts that run are meant, of any process: the segment is theirs alike.
///   the end of an attempt may use the 64 KiB and its own 4; a longer record must leave the others theirs.
///   all else   is refused (ENOSPC) before it would use any of it. While nothing runs nothing is kept, and nothing looked at.
///
/// Nothing is remembered of what is there, since another process may have cut the file (which frees what is behind its end)
/// or gone on: the file is asked each time, 0.3 us. Its allocated blocks lie one behind the other from its
/// beginning, so their number tells where they end; what a file system counts there for its own use is a few KB, and small
/// against what is kept.
///
/// Where the file system cannot allocate ahead (EOPNOTSUPP: most network and FUSE ones) the store goes on without.
/// Threads    One at a time, under the store's lock.
class JournalRoom {
 public:
  static constexpr std::uint64_t pool_bytes = std::uint64_t{64} << 10;
  static constexpr std::uint64_t share_bytes = std::uint64_t{4} << 10;
  static constexpr std::uint64_t most_bytes = std::uint64_t{1} << 20;

  explicit JournalRoom(Files& files) : files_(files) {}

  /// While so many attempts run. Nothing: none is kept.
  static std::optional<KeptRoom> kept(std::size_t running, RoomUse use, std::size_t record_bytes);

  /// Another segment is the current one.
  void move_on() { has_asked_ = false; }
  /// Returns when `bytes` can be written at `offset`, the end of the segment, and behind it.
  /// Errors: storage, code ENOSPC or EDQUOT  the disk has no room for them. None of what was there is given up
  Result<> ensure(const Fd& segment, std::uint64_t offset, std::uint64_t bytes);

 private:
  Files& files_;
  bool has_asked_ = false;  ///< for this segment
  bool is_possible_ = true;
};

/// Whether something was refused because the disk, or a quota on it, is full.
bool is_disk_full(const Error& error);

}  // namespace reelspool
