#include "worker/engine/flight.hpp"

#include <utility>

#include "worker/config/log.hpp"
#include "worker/engine/ending.hpp"
#include "worker/pipeline/files.hpp"
#include "worker/steps/failure.hpp"
#include "worker/steps/wait.hpp"

namespace asio = boost::asio;

namespace reelspool {
namespace {

constexpr std::chrono::seconds first_write_pause{1};  // between tries to write a job's end
constexpr std::chrono::seconds longest_write_pause{30};

Steps::Place place_of(const Engine::Parts& parts, const Claim& claim) {
  const auto folder = parts.data / "jobs" / claim.job;
  return {folder, folder / ("work-" + std::to_string(claim.token))};
}

RetryRules rules_of(const Settings& settings) {
  RetryRules rules;
  rules.interruptions = static_cast<int>(settings.integer("MAX_INTERRUPTIONS"));
  return rules;
}

Log::Fields fields_of(const Job& job) {
  return {{"jobId", job.id}, {"attempt", job.attempt}};
}

void log_ending(const Job& job, const Ending& ending, const Result<Json>& outcome) {
  const std::string name = "Job " + job.id;
  auto fields = fields_of(job);
  if (!outcome) fields.emplace_back("error", to_json(outcome.error()));
  switch (ending.kind) {
    case Ending::Kind::done:
      return Log::info(name + " done", fields);
    case Ending::Kind::cancelled:
      return Log::info(name + " cancelled", fields);
    case Ending::Kind::given_back:
      return Log::info(name + " given back: the worker stops", fields);
    case Ending::Kind::retry:
      return Log::warn(
          name + " failed, tried again at " + format_time(*ending.run_at) + ": " + outcome.error().message,
          fields);
    case Ending::Kind::failed:
      return Log::error(name + " failed: " + outcome.error().message, fields);
  }
}

/// The pipeline's outcome, with whatever it throws as its error.
asio::awaitable<Result<Json>> guarded(Pipeline pipeline, Attempt& attempt) {
  std::exception_ptr thrown;
  try {
    co_return co_await pipeline(attempt);
  } catch (...) {
    thrown = std::current_exception();
  }
  co_return internal_error("a job of type " + attempt.job.type, thrown);
}

}  // namespace

Flight::Flight(const asio::any_io_executor& executor, const Engine::Parts& parts, Claimed claimed,
               StepTimes& times, Stop& leaving)
    : executor_(executor),
      parts_(parts),
      claimed_(std::move(claimed)),
      settings_(parts.settings),
      times_(times),
      leaving_(leaving),
      steps_(parts.store, parts.pool, parts.permits, claimed_.claim, attempt_number(claimed_.job),
             place_of(parts, claimed_.claim), stop_, rules_of(settings_)),
      time_limit_(executor) {}

asio::awaitable<void> Flight::fly() {
  const Job& job = claimed_.job;
  Log::info("Job " + job.id + " started", fields_of(job));
  progress_ = std::make_shared<ShownProgress>(executor_, parts_.store, parts_.pool, claimed_.claim,
                                              [still_there = weak_from_this()] {
                                                if (const auto self = still_there.lock())
                                                  self->end(StopReason::cancelled);
                                              });
  AttemptEnd how;
  how.retry_delay = settings_.duration("RETRY_DELAY_MS");
  how.time_limit = settings_.duration("JOB_TIMEOUT");
  time_limit_.expires_after(how.time_limit);
  time_limit_.async_wait([self = shared_from_this()](const boost::system::error_code& cancelled) {
    if (!cancelled) self->end(StopReason::timed_out);
  });
  if (job.cancel_requested) stop_.ask(StopReason::cancelled);
  if (leaving_.asked()) wind_down();

  const auto outcome = co_await make();
  time_limit_.cancel();
  co_await progress_->end();

  how.now = parts_.clock.now();
  how.asked = stop_.asked();
  how.worker_stops = leaving_.asked().has_value();
  how.shown = steps_.video_attempts();
  how.chance = roll();
  const Ending ending = ending_of(job, outcome, how);
  co_await tidy(ending.kind);
  co_await keep_times();
  if (co_await finish(ending)) log_ending(job, ending, outcome);
}

asio::awaitable<Result<Json>> Flight::make() {
  const Job& job = claimed_.job;
  const auto pipeline = parts_.find(job.type);
  if (!pipeline) co_return pipeline.error();
  auto params = parse_json(job.params);
  if (!params) co_return bad_field("params", params.error().message);
  const auto opened = co_await steps_.open();
  if (!opened) co_return opened.error();

  Attempt attempt{
      .job = job,
      .params = *std::move(params),
      .steps = steps_,
      .providers = parts_.providers,
      .scripts = parts_.scripts,
      .pool = parts_.pool,
      .settings = settings_,
      .stop = stop_,
      .times = times_,
      .show = [progress = progress_](const Progress& now) { progress->show(now); },
  };
  co_return co_await guarded(*pipeline, attempt);
}

void Flight::wind_down() {
  steps_.wind_down();
}

/// Before the end is in the store: afterwards the next attempt may already be moving the folders.
asio::awaitable<void> Flight::tidy(Ending::Kind kind) {
  const bool keeps = kind != Ending::Kind::done && kind != Ending::Kind::cancelled;
  const auto tidied = co_await steps_.tidy(keeps);
  if (!tidied) Log::warn("Working files are left behind: " + tidied.error().message, fields_of(claimed_.job));
}

asio::awaitable<void> Flight::keep_times() {
  auto write = [file = step_times_file(parts_.data), writer = std::to_string(claimed_.claim.token),
                text = times_.text()] { return replace_file(file, writer, text); };
  const auto written = co_await parts_.pool.run(std::move(write));
  if (!written) Log::warn("How long steps took is not kept: " + written.error().message);
}

/// False when it was not: the job is somebody else's now, or goes to whoever takes it up after us.
asio::awaitable<bool> Flight::finish(Ending ending) {
  for (int nth = 1;; ++nth) {
    auto write = [&store = parts_.store, claim = claimed_.claim, ending] {
      return store.finish(claim, ending);
    };
    const auto finished = co_await parts_.pool.run(std::move(write));
    if (finished) co_return true;
    const Error& error = finished.error();
    if (error.code == "stale_claim") {
      Log::info("Job " + claimed_.claim.job + " left to the worker that has it now", fields_of(claimed_.job));
      co_return false;
    }
    const bool may_pass = error.cls == ErrorClass::storage || error.cls == ErrorClass::transient;
    Log::error("Cannot write the job's end: " + error.message +
                   (may_pass && !leaving_.asked() ? "; trying again until it can be written" : ""),
               fields_of(claimed_.job));
    if (!may_pass || leaving_.asked()) co_return false;
    // A stop ends the pause for one last try; then the next worker takes the job up from its last finished
    // step.
    (void)co_await wait_for(retry_wait(first_write_pause, longest_write_pause, nth, roll()), leaving_);
  }
}

}  // namespace reelspool
