#pragma once

#include <filesystem>
#include <string>

namespace reelspool::crash {

/// What the processes that are killed do; they never return. Each tells its parent by lines on a pipe, a line a
/// write, so that no line is ever cut:
///
///     S <id>            submitted: acknowledged by the store, or given to the drop folder
///     B <id> <token>    a run begins
///     E <id> <token>    its end was acknowledged
///     T <id>            taken: another process was running this job at the same time
///     R <id> <token>    a write of this attempt was refused, because it does not own the job any more
///     X <message>       something failed that should not
struct Role {
  std::filesystem::path data;
  std::string name;
  int tell = -1;     ///< the pipe to the parent
  int credits = -1;  ///< a submitter submits one job for each byte that it reads here
};

/// Claims jobs and does them; publishes jobs.json when it is its turn. While it runs a job it holds a lock on
/// runs/<id>.
[[noreturn]] void be_worker(const Role& role);
/// Submits by JobStore::submit().
[[noreturn]] void be_submitter(const Role& role);
/// Submits by the drop folder, with no lock and no store.
[[noreturn]] void be_front_end(const Role& role);

}  // namespace reelspool::crash
