#pragma once

#include <chrono>
#include <span>
#include <string_view>

#include "jobstore/error.hpp"

namespace reelspool {

/// What an error of a class leads to. One row a class, and nothing else decides (E1).
struct Verdict {
  ErrorClass cls;
  bool step_again;       ///< the same step, the same provider, after a wait, within the attempt
  bool next_provider;    ///< the next one of the fallback chain
  bool job_again;        ///< another attempt at the job, if one is left; finished steps are kept
  bool keeps_operation;  ///< the provider's state and operation id go on being good: a later try continues
                         ///< with them
  bool lasts;            ///< remembered beyond the attempt, for as long as the request is the same
};

Verdict verdict(ErrorClass cls);

/// The code of a step that has sent as much as may be (MAX_PAID_CALLS_PER_STEP).
inline constexpr std::string_view paid_calls_spent = "paid_calls_spent";

/// Of an error: its class's row, but for `paid_calls_spent` (a person decides on more), and for the code "unknown_submit" (something may have been paid for, and no answer came):
/// neither tried again nor made elsewhere, whatever class its plugin gave it. A person looks, and retries the job;
/// only transient is obeyed, which the operator chose (ON_UNKNOWN_SUBMIT=retry).
Verdict verdict(const Error& error);

/// Every row, for tests and for documents.
std::span<const Verdict> verdicts();

/// How often and after which waits a step is tried again, by its kind (J5).
struct RetryRule {
  int retries = 2;                        ///< tries after the first, within one attempt
  std::chrono::milliseconds first{5000};  ///< wait before the first of them; doubles each time
  std::chrono::milliseconds most{60000};  ///< the longest wait
};

/// The limits of trying again within an attempt.
struct RetryRules {
  /// speech 5 s, image 10 s, video and lip_sync 15 s, render 30 s; others 5 s.
  static RetryRule of_kind(std::string_view kind);

  /// Replaces of_kind; for tests and settings.
  RetryRule (*rule)(std::string_view kind) = of_kind;
  /// A step that something outside ended (a supervisor, the OOM killer) is run anew this often, uncounted.
  int interruptions = 5;
  /// Before it is run anew: the signal that ended it may have been meant for the worker too, which then stops
  /// first.
  std::chrono::milliseconds after_interruption{300};
  /// A provider that asks for a longer pause fails the step; the job's own retry waits for it then.
  std::chrono::milliseconds longest_pause{std::chrono::minutes(2)};
};

/// first, 2 x first, 4 x first ... at most `most`, times 0.8 to 1.2 as `chance` goes from 0 to 1 (so that
/// many who failed together do not come back together), and never less than `retry_after`. nth is 1 for the
/// first retry.
std::chrono::milliseconds retry_wait(std::chrono::milliseconds first, std::chrono::milliseconds most, int nth,
                                     double chance, std::chrono::milliseconds retry_after = {});

/// A number from 0 to 1 for retry_wait. Any thread.
double roll();

}  // namespace reelspool
