#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "jobstore/job.hpp"
#include "jobstore/job_store.hpp"

namespace reelspool::model {

/// An entry, and what its author meant by it: so the model reads no JSON.
struct Draft {
  std::string text;        ///< as it is written
  std::string unreadable;  ///< not empty: it cannot even be read; "json", or the name of the field at fault
  std::string bad_field;   ///< not empty: it can be read, but this field is wrong
  std::string id;          ///< empty: it has none
  std::string type, params = "{}";
  std::map<std::string, std::string> meaning;  ///< all that counts when two bodies are compared
  std::vector<std::string> kept;               ///< parts of the text that must come back byte for byte
  std::optional<Status> status;
  int priority = 0;
  std::optional<int> max_attempts;
  std::optional<Time> created_at, run_at;
  std::vector<std::string> depends_on;
  std::string key;   ///< idempotencyKey
  std::string user;  ///< of the entry or its params
  std::optional<std::uint64_t> rev;
  bool cancel = false, remove = false;
};

/// Members of a JSON object, in order: key and value as text.
using Fields = std::vector<std::pair<std::string, std::string>>;
std::string object_text(const Fields& fields);

struct ModelJob {
  Job job;  ///< but for `fields`, see below
  Draft draft;
  Fields fields;
  std::uint64_t retry_rev = 0;
  int ended = 0;  ///< its last end among all ends of all jobs
  std::vector<StepRecord> steps;
};

/// A job that was removed.
struct Removed {
  Status status;
  std::map<std::string, std::string> meaning;
  std::string key;
  Time at;
};

/// How much of one type may run at once, and begin within a time.
struct Limit {
  std::string type;
  std::size_t at_once, starts;
  std::chrono::milliseconds per;
};

/// When entries leave by themselves (REQUIREMENTS J11).
struct Stay {
  std::chrono::milliseconds done, failed;  ///< `failed` is for cancelled ones too
  std::size_t most_done, most_failed;
};

/// Everything that a caller of the store can see of a job, as text to compare.
std::string describe(const Job& job);
std::string describe(const StepRecord& step);
std::string describe(const Stats& stats);

/// The job store as a list in memory: what DESIGN 3 and jobstore/LIFECYCLE.md say, in the fewest words and without a
/// thought of cost, disk or other processes. A value: a copy is another possible world.
///
/// Each function answers with the text that describes the store's answer: "good ..." or "class/code/field".
/// What nobody can foretell (fencing tokens, ids that the store invents) is told to it.
class Model {
 public:
  static constexpr int max_attempts = 3, max_interruptions = 3;

  Time now{};
  bool paused = false;
  std::vector<ModelJob> jobs;  ///< oldest first
  std::map<std::string, Removed> removed;
  std::uint64_t last_token = 0;
  int ends = 0;
  std::optional<Limit> type_limit;
  std::vector<std::pair<std::string, Time>> starts;  ///< type and time of every claim
  std::map<std::string, int> removals;               ///< how often a job of that id was removed

  /// `invented`: the id for an entry that has none.
  std::string submit(const Draft& draft, const std::string& invented);
  /// `most`: so many entries only; the others were cut off by a death, and their outcomes are empty.
  std::string take_in(const std::vector<Draft>& drafts, std::size_t most = SIZE_MAX);

  /// The id of the job that claim() must give; empty: none.
  std::string next_claimable() const;
  bool is_claimable(const std::string& id) const;
  /// Whether the limit allows one more of this type now.
  bool is_open(const std::string& type) const;
  std::string claim(const std::string& id, const std::string& worker, std::uint64_t token);

  std::string progress(const Claim& claim, const Progress& progress);
  std::string update(const Claim& claim, const Fields& fields);
  std::string append_step(const Claim& claim, const StepRecord& record);
  std::string finish(const Claim& claim, Ending::Kind kind, const Fields& fields, std::optional<Time> run_at);

  std::string cancel(const std::string& id);
  std::string retry(const std::string& id);
  std::string remove(const std::string& id);
  // Of many jobs each is a change of its own. `most`: of the jobs, where a death cut it off.
  std::string retry_failed(std::size_t most = SIZE_MAX);
  std::string remove_failed(std::size_t most = SIZE_MAX);
  /// Gives back what it runs: it lives, but hangs.
  std::string recover_from(const std::string& worker, std::size_t most = SIZE_MAX);
  /// `is_quiet`: the clock may be wrong, so nothing leaves by its age.
  std::string sweep(const Stay& stay, bool is_quiet, std::size_t most = SIZE_MAX);
  std::string find(const std::string& id) const;
  std::string last_failures(std::size_t limit) const;
  std::string list(std::optional<Status> status, std::size_t limit, const std::string& after) const;
  std::string steps(const std::string& id) const;
  Stats stats() const;

  /// The worker's process is gone, and all others know.
  void death_of(const std::string& worker);
  /// Those that have ended so, in the order of their ends.
  std::vector<const ModelJob*> ended_as(Status status) const;
  /// Fails all that wait in vain: what every write does in passing.
  void settle();

  /// A job with the fields that the worker owns, as the store would hand it out.
  static Job whole(const ModelJob& one);
  ModelJob* job(const std::string& id);
  const ModelJob* job(const std::string& id) const { return const_cast<Model*>(this)->job(id); }

 private:
  enum class Known { no, same, other };
  bool is_remembered(const std::string& id) const;
  Known compare(const std::string& id, const Draft& draft) const;
  std::string id_of_key(const std::string& key) const;
  std::optional<std::size_t> unknown_prerequisite(const Draft& draft) const;
  std::string admit(const Draft& draft, const std::string& id);
  std::string take_in_one(const Draft& draft);
  std::string grant(ModelJob& known, const Draft& draft);
  ModelJob* held(const Claim& claim);
  enum class Waiting { for_nothing, for_time, for_others, in_vain };
  Waiting waiting(const ModelJob& one, std::string* culprit = nullptr) const;
  void move(ModelJob& one, Status to);
  void cancel_job(ModelJob& one);
  void retry_job(ModelJob& one);
  void remove_job(const std::string& id);
  /// The ids of those that are pending again.
  std::vector<std::string> give_back(const std::string& worker, std::size_t most = SIZE_MAX);
};

}  // namespace reelspool::model
