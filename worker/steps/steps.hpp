#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>

#include "jobstore/job_store.hpp"
#include "worker/steps/hashing.hpp"
#include "worker/steps/permits.hpp"
#include "worker/steps/pool.hpp"
#include "worker/steps/shown_operations.hpp"
#include "worker/steps/verdict.hpp"
#include "worker/steps/work.hpp"

namespace reelspool {

/// The memory of one attempt. A step that is done, with the same key, answers at once; one that is not is
/// carried out, and its outcome is durable before the job goes on. So a job is an ordinary coroutine that may
/// be run again from the top.
///
///   auto speech = co_await steps.run("scene-3/speech", speak(request));
///   if (!speech) co_return speech.error();
///
/// Rules      Within an attempt the key alone decides; a new attempt needs the same hash too. A step whose files
///            are gone is made anew. A failure is remembered until the attempt ends; content_policy and
///            invalid_request as long as the hash is the same (verdict.hpp). A provider's saved state and the
///            step's folder outlive attempts, unless the request changed or the error says that the operation
///            is over. A transient failure of a step is tried again within the attempt by the waits of its
///            kind (J5), without holding its permit meanwhile. A step that something outside ended is run
///            anew, uncounted. After one step failed for good (and is not `optional`) nothing new is begun:
///            run() gives that failure again; what runs is finished, and what is remembered still answers.
/// Records    worker/steps/records.hpp; a step that goes on with a kept state writes no `started`: the newest
///            record of a key must keep the state.
/// Threads    Loop thread only.
class Steps {
 public:
  struct Place {
    std::filesystem::path job_folder;   ///< <data>/jobs/<id>: products go here
    std::filesystem::path work_folder;  ///< <data>/jobs/<id>/work-<token>: an attempt writes only here
  };
  /// `attempt` numbers the attempts over the whole life of the job, manual retries included, so that no two
  /// have the same; an attempt that goes on after a crash or a shutdown keeps its number.
  Steps(JobStore& store, Pool& pool, Permits& permits, Claim claim, int attempt, Place place, Stop& stop,
        const RetryRules& rules = {});
  Steps(const Steps&) = delete;
  Steps& operator=(const Steps&) = delete;

  /// Reads the memory, makes the folders, takes over what dead attempts left. Call once, before run().
  boost::asio::awaitable<Result<>> open();

  /// The step's value, remembered or made now. The error has `step` and `scene` set. One key is run by one
  /// branch of the job at a time, and always with the same work within an attempt (assert; the hash in debug
  /// builds only).
  boost::asio::awaitable<Result<Json>> run(std::string key, Work work);

  /// The value of a step that is done and whose files are there, whatever it was asked for with; nothing otherwise. For a
  /// step whose input may be gone by now, so that it cannot be asked for again.
  boost::asio::awaitable<std::optional<Json>> remembered(std::string key);

  /// The worker is about to stop: nothing new is begun, waits for permits and for another try end
  /// (`interrupted`); steps that run are left to finish. Idempotent.
  void wind_down();

  /// Removes the attempt's working files; the folders that a kept provider state goes with stay if
  /// `keep_operations`. Call before the attempt is ended in the store: afterwards the job may already be
  /// somebody else's.
  boost::asio::awaitable<Result<>> tidy(bool keep_operations);

  /// Called with (key, kind, fraction 0-1) when a step begins and whenever it moves; never goes backwards; 1 when it is done,
  /// also when it was remembered.
  std::function<void(const std::string& key, const std::string& kind, double fraction)> on_progress;

  /// Called when a step was made from its beginning, before it moves to 1: how long the try took that made it, without the
  /// wait for a permit.
  std::function<void(const std::string& key, std::chrono::duration<double> time)> on_made;

  /// What the job shows of its steps once the attempt is over: video_attempts_in().
  Json video_attempts() const;

  const std::filesystem::path& job_folder() const { return place_.job_folder; }

 private:
  struct Asked;
  boost::asio::awaitable<Result<Json>> recall_or_make(Asked& step);
  boost::asio::awaitable<Result<>> recall(Asked& step);
  boost::asio::awaitable<Result<Json>> make(Asked& step);
  boost::asio::awaitable<Result<Json>> make_once(Asked& step);
  boost::asio::awaitable<void> take_leave(Asked& step);
  boost::asio::awaitable<Result<>> save(Asked& step, Json memory);
  boost::asio::awaitable<Result<Json>> keep(Asked& step, std::filesystem::path folder, Yield yield);
  boost::asio::awaitable<void> note_failure(const Asked& step, Error error);
  boost::asio::awaitable<Result<>> append(StepRecord record);
  void note_stale(const Error& error);
  std::optional<Error> refusal() const;
  std::optional<std::chrono::milliseconds> next_try(Asked& step, const Error& error) const;
  StepRecord record(const Asked& step, StepRecord::Phase phase, const Json& body) const;
  void report(const std::string& key, const std::string& kind, double fraction);

  // Constant after construction.
  JobStore& store_;
  Pool& pool_;
  Permits& permits_;
  const Claim claim_;
  const int attempt_;
  const Place place_;
  const RetryRules rules_;
  const std::shared_ptr<ContentHashes> contents_;  // shared with work in the pool

  Stop& stop_;       // ends running steps
  Stop quiet_;       // ends what only waits: asked with stop_, on the first failure for good, by wind_down()
  Stop::Hook link_;  // from stop_ to quiet_
  std::optional<Error> closing_;  // the first failure for good

  std::map<std::string, StepRecord> memory_;
  std::map<std::string, double> shown_;        // progress by key
  std::map<std::string, std::string> hashes_;  // by key, as seen by this object
  std::set<std::string> running_;
  std::optional<ShownOperations> shown_operations_;  // from open() on
};

}  // namespace reelspool
