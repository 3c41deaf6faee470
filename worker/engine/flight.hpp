#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <memory>

#include "worker/engine/engine.hpp"
#include "worker/engine/shown_progress.hpp"

namespace reelspool {

/// One attempt at one job, from its claim to its end in the store.
///
/// Threads    Loop thread only.
/// Ownership  By shared_ptr, held by its own coroutine; `parts` and `leaving` outlive it.
class Flight : public std::enable_shared_from_this<Flight> {
 public:
  /// `times` is of all flights of the engine; its file is written when one ends. `leaving` is asked when the
  /// worker stops.
  Flight(const boost::asio::any_io_executor& executor, const Engine::Parts& parts, Claimed claimed,
         StepTimes& times, Stop& leaving);

  /// Runs the job and ends it in the store. Never throws but for want of memory; then the claim stays, and
  /// goes to the next worker with this one's death.
  boost::asio::awaitable<void> fly();

  /// Ends what runs, as soon as can be. The first reason stands.
  void end(StopReason reason) { stop_.ask(reason); }
  /// Begins no further step.
  void wind_down();

  const Claim& claim() const { return claimed_.claim; }

 private:
  boost::asio::awaitable<Result<Json>> make();
  boost::asio::awaitable<void> tidy(Ending::Kind kind);
  boost::asio::awaitable<bool> finish(Ending ending);
  boost::asio::awaitable<void> keep_times();

  const boost::asio::any_io_executor executor_;
  const Engine::Parts& parts_;
  const Claimed claimed_;
  const Settings settings_;  // as they were when the attempt began
  StepTimes& times_;
  Stop& leaving_;
  Stop stop_;
  Steps steps_;
  std::shared_ptr<ShownProgress> progress_;
  boost::asio::steady_timer time_limit_;
};

/// Where a worker keeps how long steps take: <data>/step-times.json.
inline std::filesystem::path step_times_file(const std::filesystem::path& data) {
  return data / "step-times.json";
}

}  // namespace reelspool
