#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "jobstore/job.hpp"
#include "jobstore/result.hpp"

namespace reelspool {

/// The right to work on one job. Every write of an attempt carries it; once a newer claim exists the store
/// refuses the older (class `cancelled`, code "stale_claim") and the attempt must stop.
struct Claim {
  std::string job;
  std::uint64_t token = 0;
};

struct Submitted {
  Job job;
  bool is_new = false;  ///< false: the id or idempotencyKey was known, and this is the first job (J8)
};

struct Claimed {
  Job job;
  Claim claim;
};

/// What a job shows while it runs. Survives kill -9 of the worker, not a power loss. Never waits for the
/// disk.
struct Progress {
  double percent = 0;  ///< 0-100; lower than what is shown within one attempt is ignored
  std::string stage = {};
  int scene = 0;
  int scenes = 0;
  std::string message = {};
  std::optional<int> eta_seconds = {};  ///< how much longer, estimated; alone it is no change that is written
};

/// One record in a step's memory; the newest of a key wins. Bodies are JSON object text.
struct StepRecord {
  enum class Phase {
    started,  ///< intent: about to be carried out; body {"kind", "provider"}
    state,    ///< a provider's own state, its operation id, and the folder of the step
    done,     ///< body: the step's outputs
    failed,   ///< body: the error
  };
  std::string key = {};   ///< "scene-3/keyframe"
  std::string hash = {};  ///< SHA-256 (hex) of the request with its inputs by content
  Phase phase = Phase::started;
  int attempt = 0;  ///< the attempt that wrote it, as its engine numbers them
  std::uint64_t token = 0;
  std::string body = "{}";
  Time at{};
};
std::string_view to_string(StepRecord::Phase phase);

/// How an attempt ended.
struct Ending {
  enum class Kind {
    done,
    failed,  ///< for good
    cancelled,
    retry,       ///< failed, but is tried again: pending until `run_at`; the attempt counts
    given_back,  ///< shutdown: pending at once; costs no attempt
  };
  Kind kind = Kind::done;
  std::string fields =
      "{}";  ///< JSON object text, merged into Job::fields (videoUrl, error, errorInfo ...); null is a value
  std::optional<Time> run_at;  ///< retry only
};

struct Listing {
  std::optional<Status> status = {};
  std::size_t limit = 100;
  std::string after = {};  ///< id of the last one of the page before; empty: from the newest
};

/// J13. total = waiting + active + delayed
struct Stats {
  std::size_t waiting = 0, active = 0, delayed = 0, done = 0, failed = 0, cancelled = 0;
  bool paused = false;
};

/// The durable queue: what was acknowledged survives kill -9 and power loss.
///
/// Threads    Every function from any thread. Those marked (disk) block for a sync: call them from a pool. find,
///            list, stats and steps do so only when they would show what is not safe on disk yet.
/// Errors     storage           the disk refused (the message says what); nothing was changed
///            invalid_request   the input is wrong; `field` names it
///            cancelled, code "stale_claim"   somebody else owns the job now
///            unavailable, code "not_found"   no such job
/// Processes  Any number may hold one open at the same time.
class JobStore {
 public:
  virtual ~JobStore() = default;

  /// (disk) `entry` is one JSON object as a front end writes it (DESIGN 3). Durable on return.
  virtual Result<Submitted> submit(std::string_view entry) = 0;

  /// Takes the best claimable job: highest priority; within it the user (`userId`) whose last claim is the longest ago;
  /// of one user the oldest. Claimable: due (`runAt`), its `dependsOn` done, not paused, and within the limits that
  /// the store was opened with (ClaimRules). Nothing when there is none. Not synced by itself: the first durable record of the attempt covers
  /// it.
  virtual Result<std::optional<Claimed>> claim() = 0;
  /// As claim(), for one job by id, whichever types this worker is for; nothing when it is not claimable now.
  virtual Result<std::optional<Claimed>> claim_job(std::string_view id) = 0;

  virtual Result<> progress(const Claim& claim, const Progress& progress) = 0;
  /// (disk) Merges JSON object text into Job::fields; null is a value.
  virtual Result<> update(const Claim& claim, std::string_view fields) = 0;
  /// (disk)
  virtual Result<> append_step(const Claim& claim, const StepRecord& record) = 0;
  /// The newest record of every key, in the order of first appearance. Empty for an unknown job.
  virtual Result<std::vector<StepRecord>> steps(std::string_view id) = 0;
  /// (disk) Renames finished files of an attempt to their public names in one step under the store's lock, if
  /// the claim still holds: sync the bytes, rename, sync the directory. Pairs of (from, to), absolute, on the
  /// data directory's file system.
  virtual Result<> publish_files(
      const Claim& claim,
      const std::vector<std::pair<std::filesystem::path, std::filesystem::path>>& files) = 0;
  /// (disk) Ends the attempt.
  virtual Result<Job> finish(const Claim& claim, const Ending& ending) = 0;

  /// (disk) A pending job is cancelled at once; of a running one the wish is recorded (`cancel_requested`)
  /// and its worker woken. An ended one: invalid_request, "job x is already done".
  virtual Result<Job> cancel(std::string_view id) = 0;
  /// (disk) failed or cancelled -> pending, attempt 0; finished steps are kept. Else invalid_request,
  /// "Job not found or cannot be retried".
  virtual Result<Job> retry(std::string_view id) = 0;
  /// (disk) Forgets an ended job and deletes its folder, but for final videos, thumbnails and plans unless
  /// `with_outputs`.
  virtual Result<> remove(std::string_view id, bool with_outputs) = 0;
  /// (disk) retry() and remove() of every failed job at once; their ids, the one that failed first in front.
  virtual Result<std::vector<std::string>> retry_failed() = 0;
  virtual Result<std::vector<std::string>> remove_failed(bool with_outputs) = 0;

  virtual Result<Job> find(std::string_view id) = 0;
  /// Newest first.
  virtual Result<std::vector<Job>> list(const Listing& listing) = 0;
  virtual Result<Stats> stats() = 0;
  /// J13: the failed jobs that failed last, the newest failure in front.
  virtual Result<std::vector<Job>> last_failures(std::size_t limit) = 0;
  /// (disk) While paused nothing is claimed, in any process.
  virtual Result<> set_paused(bool paused) = 0;

  /// Gives the jobs of dead workers back (pending, no attempt spent); returns their ids. Called by itself at
  /// start and on a worker's death; harmless at any time.
  virtual Result<std::vector<std::string>> recover() = 0;
  /// (disk) The same for a worker that may still live but hangs (stopped, or stuck in the kernel): its jobs
  /// are given back, and whatever it writes with its claims once it wakes up is refused. Returns their ids;
  /// none if it runs nothing.
  virtual Result<std::vector<std::string>> recover_from(std::string_view worker) = 0;

  /// `listener` is called, from a thread of the store, after something changed that this process did not do
  /// itself or that makes a job claimable: a submit, a wish, a dead worker, a due runAt, the end of the last
  /// running job of a paused store. It must only post and return. One listener; empty to stop.
  virtual void on_change(std::function<void()> listener) = 0;
};

}  // namespace reelspool
