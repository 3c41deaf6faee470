#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "jobstore/file/file_job_store.hpp"

namespace reelspool::crash {

/// What can be seen of one job, as far as the sweeps care.
struct Look {
  std::string status = "absent";  ///< or one of the five; a removed job is absent as well
  std::size_t steps = 0;
  auto operator<=>(const Look&) const = default;
};
using Looks = std::map<std::string, Look>;

/// All jobs that the store shows, read through its front door.
/// Errors: what the store says; also when a job is not as a whole one is (done without 100 %, another body).
Result<Looks> looks_of(FileJobStore& store);

/// How many lines each job has in the archive. Errors: a line is torn.
Result<std::map<std::string, int>> archived(const std::filesystem::path& data);

/// What was asked of a store, and what it acknowledged: so that whatever is found after a crash can be judged.
///
/// For each job it keeps the set of looks that are allowed. Something that was begun may or may not have happened,
/// so it adds looks; an acknowledgement removes all that do not have it. A value: copy it to keep a moment.
///
/// What two processes do at the same time must be about different jobs.
class Promises {
 public:
  /// What an operation makes of a job; nothing: it cannot be done to a job that looks like this.
  using Effect = std::function<std::optional<Look>(const Look&)>;

  /// That all is as it looks.
  static Promises that(const Looks& looks);

  /// `effect` on `job` may be seen from now on.
  void begin(const std::string& job, const Effect& effect);
  /// It has happened, for ever: what was last begun on this job.
  void acknowledge(const std::string& job);
  /// Whatever its look is, it is one of these. Empty: the job was never heard of.
  std::set<Look> allowed(const std::string& job) const;
  std::set<std::string> jobs() const;

  /// What is wrong with these looks; empty: nothing.
  std::string judge(const Looks& found) const;

  /// One line, and back: a process that is killed tells its heir.
  std::string text() const;
  static Promises from_text(const std::string& line);

 private:
  struct Subject {
    std::set<Look> allowed{Look{}};
    std::set<Look> acknowledged;  ///< what `allowed` becomes with the acknowledgement
  };
  std::map<std::string, Subject> subjects_;
};

/// The effects of the store's operations (jobstore/LIFECYCLE.md).
namespace effects {
std::optional<Look> submitted(const Look& look);
std::optional<Look> claimed(const Look& look);
std::optional<Look> step_done(const Look& look);  ///< a step with a new key
std::optional<Look> finished(const Look& look);
std::optional<Look> failed(const Look& look);
std::optional<Look> cancelled(const Look& look);  ///< of a pending job
std::optional<Look> retried(const Look& look);
std::optional<Look> removed(const Look& look);
std::optional<Look> worker_died(const Look& look);
}  // namespace effects

}  // namespace reelspool::crash
