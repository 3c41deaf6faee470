#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>

#include "jobstore/file/files.hpp"
#include "jobstore/file/fold.hpp"
#include "jobstore/result.hpp"

namespace reelspool {

/// What is kept of a removed job: JSON object text of a few hundred bytes, with its videoUrl if it has one.
std::string archive_line(const Row& row, Time removed_at, bool with_outputs);

/// archive-YYYY-MM.jsonl in the data directory: one line for each removed job, in the month of its removal.
///
/// Crashes   The line stands in the journal with the removal (`gone`) and is not forgotten there before it is safe
///           here, so none is lost. A crash in between leaves lines here that the journal still has: they are the
///           last in the file, and are known by the number of the removal and the id, so none comes twice.
/// Turn      One process at a time: the lock store/archive.lock.
class Archive {
 public:
  Archive(Files& files, const std::filesystem::path& data, const std::filesystem::path& store)
      : files_(files), data_(data), lock_(store / "archive.lock") {}

  /// Waits for the turn. Keep what it returns until the journal knows what was appended.
  Result<Fd> turn() const;
  /// Appends those of `lines` (by number of removal) that are not there; safe on return. In one's turn only.
  Result<> append(const std::map<std::uint64_t, std::string>& lines) const;

 private:
  Result<> append_month(const std::filesystem::path& path,
                        const std::map<std::uint64_t, std::string>& lines) const;

  Files& files_;
  std::filesystem::path data_;
  std::filesystem::path lock_;
};

}  // namespace reelspool
