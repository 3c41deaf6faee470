#pragma once

#include <chrono>
#include <ctime>
#include <filesystem>
#include <optional>
#include <string>
#include <unordered_map>

#include "jobstore/file/ledger.hpp"
#include "jobstore/window/watch.hpp"

namespace reelspool::window {

/// jobs/<id>/status.json: the job's entry without its params, for a front end that follows one job. Replaced
/// atomically, at most twice a second, and the last value is always written. Its modification time is the
/// job's `updatedAt` (its nanoseconds tell versions of one millisecond apart), which is how a publisher that takes over
/// knows which files are behind.
///
/// Only the holder of store/publisher writes them, from the ledger: so an attempt that lost its claim cannot
/// show anything.
///
/// Threads  One, the window's.
class StatusFiles {
 public:
  static constexpr std::chrono::milliseconds shortest{500};
  static constexpr std::size_t largest_bytes = 4096;

  explicit StatusFiles(Ledger& ledger) : files_(ledger.files()), folder_(ledger.data() / "jobs") {}

  /// The job is as `job` now: written by the next write_due(), or when its half second is over. History that
  /// never ran here gets no folder. `at_start`: nothing is known to have changed, so a file of the job's time
  /// is left as it is.
  void note(const Job& job, bool at_start);
  /// The job was removed: so is its status file, and its folder if nothing is left in it.
  void forget(const std::string& id);

  /// Writes what may be written now, a few hundred files at most; all of it when `hurry`, at the end. Goes on
  /// after an error and returns the first.
  Result<> write_due(Moment now, bool hurry = false);
  std::optional<Moment> deadline() const;

 private:
  struct File {
    std::string text;  // to be written; empty: what is on disk is the last value
    timespec stamp{};
    Moment next{};  // not before
  };
  Result<> write(const std::string& id, const File& file);

  Files& files_;
  const std::filesystem::path folder_;
  std::unordered_map<std::string, File>
      jobs_;  // those with something to write, or written within half a second
};

/// The text of a status file: under 4 KB whatever the job's fields hold; what does not fit is left out, the
/// longest field first, and `error` and `message` are cut.
std::string status_text(const Job& job);

}  // namespace reelspool::window
