#pragma once

#include <chrono>
#include <ctime>
#include <filesystem>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>

#include "jobstore/file/ledger.hpp"
#include "jobstore/window/pace.hpp"
#include "jobstore/window/watch.hpp"

namespace reelspool::window {

/// jobs/<id>/status.json: the job's entry without its params, for a front end that follows one job. Replaced
/// atomically, at most twice a second, and the last value is always written. Its modification time is the
/// job's `updatedAt` (its nanoseconds tell versions of one millisecond apart), which is how a publisher that takes over
/// knows which files are behind.
///
/// Jobs that run or ran come first. Those that still wait for a worker follow a few at a time, for a small share of a
/// core: after an import of 100 000 of them the first files are there at once, the last ones minutes later. What is left of
/// those at a stop is written at the next start.
///
/// Only the holder of store/publisher writes them, from the ledger: so an attempt that lost its claim cannot
/// show anything.
///
/// Threads  One, the window's.
class StatusFiles {
 public:
  /// Half a second less what writing takes: who reads sees nothing older than half a second.
  static constexpr std::chrono::milliseconds shortest{490};
  static constexpr std::size_t largest_bytes = 4096;

  /// `limits`: of what is written about jobs that wait for a worker.
  explicit StatusFiles(Ledger& ledger, const Pace::Limits& limits = {});

  /// The job is as `job` now: written by the next write_due(), or when its half second is over. History that
  /// never ran here gets no folder. `at_start`: nothing is known to have changed, so a file of the job's time
  /// is left as it is.
  void note(const Job& job, bool at_start);
  /// The job was removed: so is its status file, and its folder if nothing is left in it.
  void forget(const std::string& id);

  /// Writes what may be written now, a few hundred files at most; when `hurry`, at the end, all of jobs that run or ran.
  /// Goes on after an error and returns the first.
  Result<> write_due(Moment now, bool hurry = false);
  std::optional<Moment> deadline() const;

 private:
  struct File {
    std::string text;  // to be written; empty: what is on disk is the last value
    timespec stamp{};
    Moment next{};  // not before
  };
  Result<> write_out(const std::string& id, File& file, Moment now);
  Result<> write_waiting(Moment now, std::size_t most);
  Result<> write(const std::string& id, const File& file);

  Ledger& ledger_;
  Files& files_;
  const std::filesystem::path folder_;
  std::unordered_map<std::string, File>
      jobs_;  // those with something to write, or written within half a second
  std::unordered_set<std::string>
      waiting_;  // others that wait for a worker: what is written is asked for then
  Pace pace_of_waiting_;
};

/// The text of a status file: under 4 KB whatever the job's fields hold; what does not fit is left out, the
/// longest field first, and `error` and `message` are cut.
std::string status_text(const Job& job);

}  // namespace reelspool::window
