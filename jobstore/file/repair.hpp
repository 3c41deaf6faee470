#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <string>

#include "jobstore/file/check_store.hpp"
#include "jobstore/file/files.hpp"

namespace reelspool {

/// What a repair takes away, or would: everything from the damage on (jobstore/FORMAT.md, Recovery).
struct Repair {
  std::string
      damage;       ///< one line: file, place, reason; empty: the store is whole, and there is nothing to do
  Position cut_at;  ///< that segment ends here from now on
  std::uint64_t lines = 0;
  std::uint64_t unreadable = 0;     ///< of them: the damaged one, and those that name no job
  std::set<std::string> submitted;  ///< jobs that were submitted after the damage: gone
  std::set<std::string> changed;    ///< jobs that are as they were before it: not what happened to them later
  std::filesystem::path copy = {};  ///< where all that was cut is kept; empty: nothing was done
};

/// What repair_store() would do. Errors: storage, code "damaged"  the snapshot is damaged: nothing stands in for it
Result<Repair> plan_repair(Files& files, const std::filesystem::path& data);

/// Does it, under the store's lock: first copies every file that is cut or deleted to <data>/store.cut-<date>/, synced;
/// then deletes the segments behind the damaged one, the last first, and cuts that one. It may be killed at any point and
/// called again.
/// Errors: unavailable  a worker lives on this store
///         storage      the disk refused, or as plan_repair()
Result<Repair> repair_store(Files& files, const std::filesystem::path& data, Time now);

}  // namespace reelspool
