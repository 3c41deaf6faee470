#include "worker/engine/engine.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/steady_timer.hpp>
#include <map>
#include <utility>
#include <vector>

#include "worker/config/log.hpp"
#include "worker/engine/bell.hpp"
#include "worker/engine/flight.hpp"

namespace asio = boost::asio;

namespace reelspool {
namespace {

constexpr std::chrono::seconds first_claim_pause{1};  // after the store refused a claim
constexpr std::chrono::seconds longest_claim_pause{60};

/// The tokens of those whose job is wished cancelled, was taken from us, or is somebody else's by now.
Result<std::vector<std::uint64_t>> unwanted_of(JobStore& store, const std::vector<Claim>& claims) {
  std::vector<std::uint64_t> unwanted;
  for (const Claim& claim : claims) {
    const auto job = store.find(claim.job);
    if (!job) continue;  // unreadable now: asked again at the next change
    if (job->cancel_requested || job->status != Status::running || job->token != claim.token)
      unwanted.push_back(claim.token);
  }
  return unwanted;
}

}  // namespace

struct Engine::Work : std::enable_shared_from_this<Work> {
  Work(const asio::any_io_executor& with, Parts given)
      : executor(with),
        parts(std::move(given)),
        bell(std::make_shared<Bell>(with)),
        grace(with),
        pause(with),
        times(StepTimes::read(step_times_file(parts.data))) {}

  asio::awaitable<Result<>> run(const std::string& only);
  asio::awaitable<Result<>> claim_what_fits(const std::string& only);
  asio::awaitable<Result<bool>> has_ended_already(const std::string& only);
  asio::awaitable<void> end_unwanted();
  void begin(Claimed claimed);
  void claim_later(const Error& refused);
  void stop();
  void end_flights();

  const asio::any_io_executor executor;
  const Parts parts;
  const std::shared_ptr<Bell> bell;  // shared with the store's listener, which other threads call
  asio::steady_timer grace;
  asio::steady_timer pause;
  int refusals = 0;  // claims that the store refused in a row
  bool draining = false;
  Stop leaving;
  StepTimes times;
  std::map<std::uint64_t, std::shared_ptr<Flight>> flights;  // by token
};

asio::awaitable<Result<>> Engine::Work::run(const std::string& only) {
  if (!bell->is_good())
    co_return make_error(ErrorClass::transient, "out of file descriptors: the engine has no bell");
  parts.store.on_change([bell = bell] { bell->ring(); });
  for (;;) {
    const auto claimed = co_await claim_what_fits(only);
    if (!claimed && !only.empty() && flights.empty()) co_return claimed;
    if (!claimed) claim_later(claimed.error());
    if (draining && flights.empty()) co_return ok;
    if (!only.empty() && flights.empty()) {
      const auto ended = co_await has_ended_already(only);
      if (!ended) co_return ended.error();
      if (*ended) co_return ok;
    }
    co_await bell->wait();
    co_await end_unwanted();
  }
}

asio::awaitable<Result<>> Engine::Work::claim_what_fits(const std::string& only) {
  const auto most = static_cast<std::size_t>(only.empty() ? std::max(1, parts.concurrent_jobs) : 1);
  while (!draining && flights.size() < most) {
    auto claim = [&store = parts.store, only] {
      return only.empty() ? store.claim() : store.claim_job(only);
    };
    auto claimed = co_await parts.pool.run(std::move(claim));
    if (!claimed) co_return std::move(claimed.error());
    refusals = 0;
    if (!*claimed) break;
    begin(**std::move(claimed));
  }
  co_return ok;
}

asio::awaitable<Result<bool>> Engine::Work::has_ended_already(const std::string& only) {
  auto look = [&store = parts.store, only]() -> Result<bool> {
    const auto job = store.find(only);
    if (!job) return job.error();
    return has_ended(job->status);
  };
  co_return co_await parts.pool.run(std::move(look));
}

/// Wishes to cancel, and claims that were taken from us, come as changes like any other.
asio::awaitable<void> Engine::Work::end_unwanted() {
  std::vector<Claim> claims;
  for (const auto& [token, flight] : flights) claims.push_back(flight->claim());
  if (claims.empty()) co_return;
  auto look = [&store = parts.store, claims] { return unwanted_of(store, claims); };
  const auto unwanted = co_await parts.pool.run(std::move(look));
  if (!unwanted) co_return;
  for (const std::uint64_t token : *unwanted)
    if (const auto found = flights.find(token); found != flights.end())
      found->second->end(StopReason::cancelled);
}

void Engine::Work::begin(Claimed claimed) {
  const std::uint64_t token = claimed.claim.token;
  auto flight = std::make_shared<Flight>(executor, parts, std::move(claimed), times, leaving);
  flights.emplace(token, flight);
  asio::co_spawn(
      executor, [flight] { return flight->fly(); },
      [this, token, flight](const std::exception_ptr& thrown) {
        if (thrown)
          Log::error(internal_error("the engine", thrown).message, {{"jobId", flight->claim().job}});
        flights.erase(token);
        bell->ring();
      });
}

void Engine::Work::claim_later(const Error& refused) {
  const auto wait = retry_wait(first_claim_pause, longest_claim_pause, ++refusals, roll());
  Log::error("Cannot claim a job: " + refused.message + "; trying again in " +
             std::to_string(std::chrono::duration_cast<std::chrono::seconds>(wait).count()) + " s");
  pause.expires_after(wait);
  pause.async_wait([bell = bell](const boost::system::error_code&) { bell->ring(); });
}

void Engine::Work::stop() {
  draining = true;
  bell->ring();
  if (leaving.asked()) return;
  leaving.ask(StopReason::shutdown);
  for (const auto& [token, flight] : flights) flight->wind_down();
  grace.expires_after(parts.settings.duration("SHUTDOWN_GRACE_MS"));
  grace.async_wait([still_there = weak_from_this()](const boost::system::error_code& cancelled) {
    const auto self = still_there.lock();
    if (!cancelled && self) self->end_flights();
  });
}

void Engine::Work::end_flights() {
  for (const auto& [token, flight] : flights) flight->end(StopReason::shutdown);
}

Engine::Engine(asio::any_io_executor executor, Parts parts)
    : work_(std::make_shared<Work>(executor, std::move(parts))) {}

Engine::~Engine() {
  work_->parts.store.on_change({});
}

asio::awaitable<Result<>> Engine::run(std::string only) {
  auto ended = co_await work_->run(only);
  work_->grace.cancel();
  work_->pause.cancel();
  work_->parts.store.on_change({});
  co_return ended;
}

void Engine::drain() {
  work_->draining = true;
  work_->bell->ring();
}

void Engine::stop() {
  work_->stop();
}

void Engine::hurry() {
  if (work_->leaving.asked()) work_->end_flights();
}

int Engine::in_flight() const {
  return static_cast<int>(work_->flights.size());
}

}  // namespace reelspool
