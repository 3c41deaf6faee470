#include "jobstore/window/duty.hpp"

#include <algorithm>
#include <ctime>

namespace reelspool::window {
namespace {

// Progress of jobs in other processes rings no bell.
constexpr std::chrono::milliseconds look_at_others_every{500};
constexpr std::chrono::milliseconds first_pause{1000}, longest_pause{30'000};

Moment now() {
  return std::chrono::steady_clock::now();
}

std::chrono::nanoseconds cpu_time_of_this_thread() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}

void earlier(std::optional<Moment>& deadline, Moment other) {
  deadline = deadline ? std::min(*deadline, other) : other;
}

}  // namespace

Result<std::unique_ptr<Duty>> Duty::open(Ledger& ledger, const Options& options) {
  const std::filesystem::path inbox = ledger.data() / "inbox";
  for (const std::filesystem::path& folder : {inbox, inbox / "rejected"})
    if (Result<> made = ledger.files().mkdir(folder); !made) return std::move(made.error());
  Result<Watch> watch = Watch::open(ledger.data(), inbox, options.poll_every);
  if (!watch) return std::move(watch.error());
  return std::unique_ptr<Duty>(new Duty(ledger, *std::move(watch), options));
}

Duty::Duty(Ledger& ledger, Watch watch, const Options& options)
    : ledger_(ledger),
      options_(options),
      watch_(std::move(watch)),
      rejects_(ledger.data() / "inbox" / "rejected", ledger.files()),
      intake_(ledger, shelf_, rejects_, options.report),
      inbox_(ledger, shelf_, rejects_, options.report),
      status_files_(ledger),
      publisher_(
          ledger, shelf_, intake_, watch_, options.publisher, [this] { return follow(); }, options.report),
      pace_(options.pace) {}

Result<> Duty::follow() {
  Result<bool> changed = shelf_.follow(
      ledger_, [this](const Job& job) { status_files_.note(job, !has_begun_); },
      [this](const std::string& id) { status_files_.forget(id); });
  if (!changed) return std::move(changed.error()).while_doing("reading the job store");
  if (*changed) publisher_.mark_stale();
  return ok;
}

/// The shelf first: most of what lies in the files is on it, and then costs nothing to take in.
Result<> Duty::begin() {
  if (has_begun_) return ok;
  if (Result<> followed = follow(); !followed) return followed;
  if (Result<> begun = publisher_.begin(); !begun) return begun;
  has_begun_ = true;
  return ok;
}

Result<> Duty::take_in(const Seen& seen) {
  inbox_waits_ |= seen.inbox;
  reread_ |= seen.written_into;
  if (Result<> looked = publisher_.look(reread_); !looked) return looked;
  reread_ = false;
  if (inbox_waits_) {
    Result<bool> more = inbox_.take_in();
    if (!more) return std::move(more.error());
    inbox_waits_ = *more;
  }
  return publisher_.settle();
}

Result<> Duty::publish(bool hurry) {
  if (!publisher_.stale() || publisher_.waiting_for_writer() || (!hurry && now() < pace_.next())) return ok;
  const std::chrono::nanoseconds cpu = cpu_time_of_this_thread();
  const std::uint64_t bytes = publisher_.bytes_written();
  Result<> published = publisher_.publish();
  pace_.spent(now(), cpu_time_of_this_thread() - cpu, publisher_.bytes_written() - bytes);
  return published;
}

std::optional<Moment> Duty::turn(const Seen& seen) {
  Result<> done = begin();
  if (done) done = take_in(seen);
  if (done) done = follow();
  // After a failure the rest waits, so that a full disk is not asked a thousand times a second.
  const bool may_write = now() >= try_again_;
  if (done && may_write) done = status_files_.write_due(now());
  if (done && may_write) done = publish(false);
  bool others = false;
  if (done) {
    if (Result<bool> run = ledger_.others_run(); run)
      others = *run;
    else
      done = std::move(run.error());
  }

  std::optional<Moment> next;
  if (!done) {
    tell(done.error());
    pause_ = std::clamp(pause_ * 2, first_pause, longest_pause);
    try_again_ = now() + pause_;
    inbox_waits_ = true;
  } else if (may_write) {
    last_problem_.clear();
    pause_ = {};
  }
  if (now() < try_again_) return try_again_;
  if (publisher_.stale() && !publisher_.waiting_for_writer()) earlier(next, pace_.next());
  if (inbox_waits_) earlier(next, now());
  if (others) earlier(next, now() + look_at_others_every);
  if (const auto moment = publisher_.deadline()) earlier(next, *moment);
  if (const auto moment = status_files_.deadline()) earlier(next, *moment);
  return next;
}

Result<> Duty::finish() {
  Result<> done = begin();
  if (done) done = take_in({.inbox = true});
  while (done && inbox_waits_) done = take_in({});
  if (done) done = follow();
  if (done) done = publish(true);
  if (Result<> written = status_files_.write_due(now(), true); done && !written) done = std::move(written);
  return done;
}

void Duty::tell(const Error& problem) {
  if (!options_.report || problem.message == last_problem_) return;
  last_problem_ = problem.message;
  options_.report({Notice::Level::error, problem.message + " - trying again", ""});
}

}  // namespace reelspool::window
