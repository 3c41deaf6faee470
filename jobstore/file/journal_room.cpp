#include "jobstore/file/journal_room.hpp"

#include <algorithm>

namespace reelspool {
namespace {

/// Is allocated at once, so that the file system is asked every few hundred records only.
constexpr std::uint64_t ahead_bytes = std::uint64_t{256} << 10;

std::uint64_t room_of(std::size_t running) {
  if (running == 0) return 0;
  return std::min(JournalRoom::most_bytes, JournalRoom::pool_bytes + running * JournalRoom::share_bytes);
}

}  // namespace

bool is_disk_full(const Error& error) {
  return error.code == "ENOSPC" || error.code == "EDQUOT";
}

std::optional<KeptRoom> JournalRoom::kept(std::size_t running, RoomUse use, std::size_t record_bytes) {
  if (use == RoomUse::begins_attempt) ++running;
  if (running == 0) return std::nullopt;
  if (use != RoomUse::ends_attempt) return KeptRoom{room_of(running), room_of(running)};
  const std::size_t others = running - 1;
  const bool is_within_its_own = record_bytes <= share_bytes;
  return KeptRoom{room_of(others), is_within_its_own ? 0 : std::min(most_bytes, others * share_bytes)};
}

Result<> JournalRoom::ensure(const Fd& segment, std::uint64_t offset, std::uint64_t bytes) {
  if (!is_possible_) return ok;
  const Result<Files::Stat> stat = files_.stat(segment);
  if (!stat) return stat.error();
  // XFS gives every file that grows room ahead by itself, and takes it back when the disk is full unless it was asked for.
  const bool is_there = stat->allocated_bytes >= offset + bytes;
  if (is_there && has_asked_) return ok;
  Result<> got = files_.allocate(segment, offset, bytes + ahead_bytes);
  if (!got && is_disk_full(got.error())) got = files_.allocate(segment, offset, bytes);
  if (got) has_asked_ = true;
  if (!got && got.error().code == "EOPNOTSUPP") is_possible_ = false;
  // A full XFS refuses what it has allocated before, too.
  return is_there || !is_possible_ ? Result<>(ok) : got;
}

}  // namespace reelspool
