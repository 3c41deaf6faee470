#pragma once

#include <chrono>
#include <optional>

#include "jobstore/job_store.hpp"
#include "jobstore/json.hpp"
#include "worker/programs/stop.hpp"

namespace reelspool {

/// How an attempt went, besides what its pipeline returned.
struct AttemptEnd {
  Time now{};
  std::optional<StopReason> asked;              ///< the job was told to end
  bool worker_stops = false;                    ///< an `interrupted` job was interrupted by us
  std::chrono::milliseconds retry_delay{5000};  ///< before the second attempt; doubles each time
  std::chrono::milliseconds time_limit{0};      ///< JOB_TIMEOUT
  Json shown = nullptr;                         ///< fields besides, where it is an object
  double chance = 0.5;                          ///< jitter, see retry_wait()
};

/// What becomes of the job:
///
///   value                           done        the pipeline's fields, elapsedSeconds; error and errorInfo null
///   told to cancel                  cancelled
///   interrupted, the worker stops   given_back
///   told to end by JOB_TIMEOUT      failed      class timeout, code JOB_TIMEOUT
///   verdict(class) allows another   retry       run_at = now + 5 s, 10 s, 20 s ... or what the provider asked for;
///     attempt, and one is left                  errorInfo says why, error stays null
///   otherwise                       failed      error, errorInfo (E5)
///
/// Each but given_back adds one to the field `attemptsMade`: the attempts over the job's whole life, manual
/// retries included, by which the steps tell one attempt from another.
Ending ending_of(const Job& job, const Result<Json>& outcome, const AttemptEnd& end);

/// The number of the attempt that begins with this claim, over the job's whole life: `attemptsMade` + 1.
int attempt_number(const Job& job);

}  // namespace reelspool
