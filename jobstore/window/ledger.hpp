#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "jobstore/job.hpp"
#include "jobstore/result.hpp"

namespace reelspool::window {

/// What the store knows of an id that somebody wrote into jobs.json or the drop folder.
struct Known {
  bool removed =
      false;  ///< the job is gone, its id is remembered for 90 days; of the rest only `same_body` counts
  Status status = Status::pending;
  std::uint64_t rev = 0;          ///< the job's revision now
  std::uint64_t retried_rev = 0;  ///< the revision that the last manual retry led to; 0: never retried
  bool cancel_requested = false;
  bool same_body =
      false;  ///< the text asked about is the one that was submitted, white space outside strings apart
};

/// One thing that a front end wants, already judged to be allowed (intake.hpp).
struct Wish {
  enum class Kind {
    submit,   ///< a new job that is to run
    history,  ///< a job that another program finished: kept with its state and fields, never run
    cancel,
    retry,
    remove,
  };
  Kind kind = Kind::submit;
  std::string id;
  std::string entry;  ///< submit, history: the JSON object as it was written, with `id`, byte for byte
};

/// The side of a store that the window looks at: what to show, and where wishes go.
///
/// Threads  Every function from any thread.
class Ledger {
 public:
  virtual ~Ledger() = default;

  /// What is known of `id`; nothing when it was never used. `entry` is compared with the submitted body.
  virtual std::optional<Known> known(std::string_view id, std::string_view entry) = 0;

  /// (disk) Carries wishes out in order and makes all of them durable with one sync. One answer for each: an
  /// error for a wish the store refuses (a field of the entry is wrong, or the state changed meanwhile); the
  /// others go on. Errors: storage  nothing is durable; ask again with the same wishes
  virtual Result<std::vector<Result<>>> apply(const std::vector<Wish>& wishes) = 0;

  /// Reads what other processes appended to the journal.
  virtual Result<> refresh() = 0;

  struct Changes {
    std::uint64_t cursor = 0;      ///< give it to the next call
    std::vector<std::string> ids;  ///< jobs that changed (progress too) or were removed, each once
    bool running_elsewhere =
        false;  ///< jobs run in other processes, whose progress rings no bell: look again soon
  };
  /// What changed since `cursor`; everything when it is 0. Only what a sync covers is told, progress apart.
  virtual Changes changes_since(std::uint64_t cursor) = 0;

  /// Every job in the order of submission, as it is shown. `visit` must not call back into the ledger.
  virtual void each(const std::function<void(const Job&)>& visit) = 0;
  /// One job as it is shown; nothing when there is none.
  virtual std::optional<Job> shown(std::string_view id) = 0;

  /// `listener` is called, from any thread, after this process changed something that changes_since() now
  /// tells. It must only post and return. One listener; empty to stop: after that returns, none is running.
  virtual void on_shown_change(std::function<void()> listener) = 0;
};

}  // namespace reelspool::window
