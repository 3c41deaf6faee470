#include "worker/engine/ending.hpp"

#include <cmath>

#include "worker/steps/failure.hpp"
#include "worker/steps/verdict.hpp"

namespace reelspool {
namespace {

constexpr std::chrono::milliseconds longest_wait = std::chrono::hours(1);

Json no_error() {
  return {{"error", nullptr}, {"errorInfo", nullptr}};
}

double elapsed_seconds(const Job& job, Time now) {
  const auto elapsed = now - job.started_at.value_or(now);
  return static_cast<double>(std::max<std::int64_t>(0, elapsed.count())) / 1000.0;
}

/// The text is one that front ends know (E4).
Error out_of_time(Error error, std::chrono::milliseconds limit) {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(limit).count();
  error.cls = ErrorClass::timeout;
  error.code = "JOB_TIMEOUT";
  error.message = "Timeout: Video generation did not complete within " + std::to_string(seconds) + "s";
  return error;
}

}  // namespace

int attempt_number(const Job& job) {
  const auto fields = parse_json(job.fields);
  if (!fields || !fields->is_object()) return 1;
  const auto made = fields->find("attemptsMade");
  return made != fields->end() && made->is_number_integer() ? made->get<int>() + 1 : 1;
}

Ending ending_of(const Job& job, const Result<Json>& outcome, const AttemptEnd& end) {
  using Kind = Ending::Kind;
  Ending ending;
  Json fields = no_error();
  if (outcome) {
    ending.kind = Kind::done;
    if (outcome->is_object()) fields.update(*outcome);
    fields["elapsedSeconds"] = elapsed_seconds(job, end.now);
  } else if (end.asked == StopReason::cancelled) {
    ending.kind = Kind::cancelled;
  } else if (end.worker_stops && outcome.error().cls == ErrorClass::interrupted) {
    ending.kind = Kind::given_back;
    return ending;
  } else {
    const bool timed_out = end.asked == StopReason::timed_out;
    const Error error = timed_out ? out_of_time(outcome.error(), end.time_limit) : outcome.error();
    fields = failure_fields(error);
    ending.kind = Kind::failed;
    if (!timed_out && verdict(error).job_again && job.attempt < job.max_attempts) {
      ending.kind = Kind::retry;
      ending.run_at = end.now + retry_wait(end.retry_delay, longest_wait, job.attempt, end.chance,
                                           error.retry_after.value_or(std::chrono::milliseconds(0)));
      fields["error"] = nullptr;
    }
  }
  if (end.shown.is_object()) fields.update(end.shown);
  fields["attemptsMade"] = attempt_number(job);
  ending.fields = to_text(fields);
  return ending;
}

}  // namespace reelspool
