#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "jobstore/file/files.hpp"
#include "jobstore/job.hpp"
#include "jobstore/job_store.hpp"
#include "jobstore/result.hpp"

namespace reelspool {

/// The file store as the window (jobstore/window/) sees it: what changed, and what became of wishes. The
/// store knows nothing of jobs.json, the drop folder or status files; the window knows nothing of the
/// journal.
///
/// Threads    Every function from any thread. Those marked (disk) may wait for a sync.
class Ledger {
 public:
  virtual ~Ledger() = default;

  /// One job that is not as it was.
  struct Change {
    std::uint64_t place = 0;  ///< jobs stand in jobs.json in the order of this number; it never changes
    std::string id;
    std::optional<Job> job;  ///< as it is now; nothing: removed
  };
  struct Changes {
    std::vector<Change> changes;  ///< each id at most once, the one that changed longest ago first
    std::uint64_t cursor = 0;     ///< pass it next time
    bool more = false;            ///< cut off at the limit: ask again at once
  };
  /// (disk) Everything that changed after `cursor` (0: all jobs that there are), in this or another process.
  /// All of it is durable, but for progress. A cursor belongs to this open store; it means nothing to
  /// another.
  virtual Result<Changes> changes_since(std::uint64_t cursor, std::size_t limit) = 0;

  /// (disk) As JobStore::find().
  virtual Result<Job> find(std::string_view id) = 0;

  /// What became of one entry.
  struct Outcome {
    enum class Kind {
      submitted,  ///< a new job: to be run, or kept as history (J16)
      known,      ///< no `rev`, and the id (or idempotencyKey) with this body is known, even if long removed
      cancelled,  ///< a cancel: done at once, or asked of its worker
      retried,
      removed,    ///< folder deleted, but for final videos, thumbnails and plans
      unchanged,  ///< nothing is wished, or it was granted before, or it is about an older `rev`
      rejected,   ///< `problem` says why; nothing was done
    };
    Kind kind = Kind::unchanged;
    std::string id;  ///< of the job that it is about; empty when it could not be read
    Error problem;   ///< rejected only: invalid_request with `field`
  };
  /// (disk) Applies wishes (DESIGN 3), each entry one JSON object text, in one append and one sync. Outcomes
  /// stand in the order of the entries and are durable on return. The order of the entries does not matter
  /// for `dependsOn`. An entry without an id is rejected: the window could not put it back twice the same. An
  /// error means that nothing was granted: try all of them again.
  virtual Result<std::vector<Outcome>> take_in(const std::vector<std::string_view>& entries) = 0;

  /// `listener` is called after anything moved in this process's view, progress included: by its own doing,
  /// or seen while reading what others wrote. From the thread in which it happened, with no lock held; it
  /// must only post and return. Progress of jobs in other processes does not ring the bell: it is seen at the
  /// next call of any function. One listener; empty to stop.
  virtual void on_movement(std::function<void()> listener) = 0;

  /// Runs `act` under the store's lock if the claim still holds, else stale_claim: no newer attempt can begin
  /// meanwhile. Short work only (a rename): every process waits. `act` must not call the store.
  virtual Result<> while_holding(const Claim& claim, const std::function<Result<>()>& act) = 0;

  /// True while a job runs in another process: then progress can move unseen.
  virtual Result<bool> others_run() = 0;

  virtual const std::filesystem::path& data() const = 0;  ///< the data directory
  virtual Files& files() = 0;
  virtual const Clock& clock() const = 0;
};

}  // namespace reelspool
