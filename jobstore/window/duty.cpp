#include "jobstore/window/duty.hpp"
#include "jobstore/time.hpp"

#include <algorithm>

namespace reelspool::window {
namespace {

// Progress of jobs in other processes rings no bell.
constexpr std::chrono::milliseconds look_at_others_every{500};
/// Of what publishing may take, for the status files of jobs that no worker took up yet.
constexpr double share_of_waiting = 0.2;
constexpr std::chrono::milliseconds first_pause{1000}, longest_pause{30'000};

void earlier(std::optional<Moment>& deadline, Moment other) {
  deadline = deadline ? std::min(*deadline, other) : other;
}

}  // namespace

Result<std::unique_ptr<Duty>> Duty::open(Ledger& ledger, const Options& options) {
  if (Result<> made = make_drop_folder(ledger.files(), ledger.data()); !made) return std::move(made.error());
  Result<Watch> watch = Watch::open(ledger.data(), ledger.data() / "inbox", options.poll_every);
  if (!watch) return std::move(watch.error());
  if (!watch->deaf_because().empty() && options.report)
    options.report(
        {Notice::Level::warning,
         watch->deaf_because() + " - looking at jobs.json and the drop folder by the clock instead", ""});
  return std::unique_ptr<Duty>(new Duty(ledger, *std::move(watch), options));
}

Duty::Duty(Ledger& ledger, Watch watch, const Options& options)
    : ledger_(ledger),
      options_(options),
      watch_(std::move(watch)),
      rejects_(ledger.data() / "inbox" / "rejected", ledger.files()),
      intake_(ledger, shelf_, rejects_, options.report),
      inbox_(ledger, shelf_, rejects_, options.report),
      status_files_(ledger, Pace::part_of(options.pace, share_of_waiting)),
      publisher_(
          ledger, shelf_, intake_, watch_, options.publisher, [this] { return follow(); }, options.report),
      pace_(Pace::part_of(options.pace, 1 - share_of_waiting)) {}

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

Result<> Duty::take_in_jobs_file(const Seen& seen) {
  reread_ |= seen.written_into;
  if (Result<> looked = publisher_.look(reread_); !looked) return looked;
  reread_ = false;
  return publisher_.settle();
}

Result<> Duty::take_in_inbox() {
  Result<bool> more = inbox_.take_in();
  if (!more) return std::move(more.error());
  inbox_waits_ = *more;
  return ok;
}

Result<> Duty::publish(bool hurry) {
  if (!publisher_.stale() || publisher_.waiting_for_writer() || (!hurry && steady_now() < pace_.next()))
    return ok;
  const std::chrono::nanoseconds cpu = cpu_time_of_this_thread();
  const std::uint64_t bytes = publisher_.bytes_written();
  Result<> published = publisher_.publish();
  pace_.spent(steady_now(), cpu_time_of_this_thread() - cpu, publisher_.bytes_written() - bytes);
  return published;
}

/// So that a full disk is not asked a thousand times a second.
template <class Act>
void Duty::attend(Part& part, Act act) {
  if (steady_now() < part.try_again) return;
  if (Result<> done = act(); done) {
    part = Part();
  } else {
    part.pause = std::clamp(part.pause * 2, first_pause, longest_pause);
    part.try_again = steady_now() + part.pause;
    if (!options_.report || done.error().message == part.last_problem) return;
    part.last_problem = done.error().message;
    options_.report({Notice::Level::error, part.last_problem + " - trying again", ""});
  }
}

std::optional<Moment> Duty::turn(const Seen& seen) {
  inbox_waits_ |= seen.inbox;
  reread_ |= seen.written_into;
  if (!has_begun_) attend(store_, [this] { return begin(); });
  if (!has_begun_) return store_.try_again;
  if (seen.jobs_file) jobs_file_.try_again = publishing_.try_again = {};  // perhaps it was mended
  attend(jobs_file_, [&] { return take_in_jobs_file(seen); });
  if (const auto moment = inbox_.deadline()) inbox_waits_ |= steady_now() >= *moment;
  if (inbox_waits_) attend(inbox_part_, [this] { return take_in_inbox(); });
  attend(store_, [this]() -> Result<> {
    if (Result<> followed = follow(); !followed) return followed;
    Result<bool> run = ledger_.others_run();
    if (!run) return std::move(run.error());
    others_run_ = *run;
    return ok;
  });
  attend(status_part_, [this] { return status_files_.write_due(steady_now()); });
  // One that cannot be read is not replaced either, for the same reason.
  if (jobs_file_.pause.count() == 0) attend(publishing_, [this] { return publish(false); });
  return next_turn();
}

std::optional<Moment> Duty::next_turn() const {
  std::optional<Moment> next;
  const auto wait_for = [&](const Part& part, Moment moment) {
    earlier(next, std::max(moment, part.try_again));
  };
  for (const Part* part : {&store_, &jobs_file_, &publishing_, &inbox_part_, &status_part_})
    if (part->pause.count() > 0) earlier(next, part->try_again);
  const bool may_publish = jobs_file_.pause.count() == 0 && !publisher_.waiting_for_writer();
  if (publisher_.stale() && may_publish) wait_for(publishing_, pace_.next());
  if (inbox_waits_) wait_for(inbox_part_, steady_now());
  if (const auto moment = inbox_.deadline()) wait_for(inbox_part_, *moment);
  if (others_run_) wait_for(store_, steady_now() + look_at_others_every);
  if (const auto moment = publisher_.deadline()) wait_for(jobs_file_, *moment);
  if (const auto moment = status_files_.deadline()) wait_for(status_part_, *moment);
  return next;
}

Result<> Duty::finish() {
  if (Result<> begun = begin(); !begun) return begun;
  Result<> first_problem = ok;
  const auto keep = [&](Result<> done) {
    if (first_problem && !done) first_problem = std::move(done);
  };
  keep(take_in_jobs_file({}));
  inbox_waits_ = true;
  Result<> dropped = ok;
  while (inbox_waits_ && dropped) dropped = take_in_inbox();
  keep(std::move(dropped));
  keep(follow());
  keep(publish(true));
  keep(status_files_.write_due(steady_now(), true));
  return first_problem;
}

}  // namespace reelspool::window
