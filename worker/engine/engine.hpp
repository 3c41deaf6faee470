#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "jobstore/job_store.hpp"
#include "worker/config/settings.hpp"
#include "worker/media/scripts.hpp"
#include "worker/pipeline/pipeline.hpp"
#include "worker/providers/providers.hpp"
#include "worker/steps/permits.hpp"
#include "worker/steps/pool.hpp"

namespace reelspool {

/// Claims jobs, runs each as a coroutine over durable steps, and ends them: done, retried, failed, cancelled,
/// given back (worker/engine/ending.hpp says which).
///
/// Threads    Loop thread only. It sleeps until the store reports a change or a job ends; while idle it holds no
///            timer.
/// Life       run() once; it returns after drain() or stop(), once no job is in flight. Destroy it after that,
///            and before its parts. drain() and stop() are idempotent, and may come before run().
/// Failures   A job that fails, throws or runs out of memory ends alone. While the store refuses (disk full),
///            claiming is tried again after 1 s, 2 s ... 60 s, and the end of a job until it is written or the
///            worker stops.
class Engine {
 public:
  struct Parts {
    JobStore& store;
    Pool& pool;
    Permits& permits;
    Providers& providers;
    Scripts& scripts;
    const Settings& settings;    ///< JOB_TIMEOUT, SHUTDOWN_GRACE_MS, RETRY_DELAY_MS, MAX_INTERRUPTIONS
    std::filesystem::path data;  ///< the data directory
    int concurrent_jobs = 2;     ///< MAX_CONCURRENT_JOBS, or what the machine allows
    std::function<Result<Pipeline>(std::string_view type)> find = find_pipeline;
    const Clock& clock = system_clock();  ///< what runAt is reckoned from
  };
  Engine(boost::asio::any_io_executor executor, Parts parts);
  ~Engine();

  /// Claims and runs until stopped. With `only` set: works on that one job until it has ended, whoever ends
  /// it, and returns; its outcome is in the store.
  /// Errors: with `only`, what the store says of the job (unavailable, code "not_found") or of claiming it
  ///         transient  no descriptor left for the engine's bell
  boost::asio::awaitable<Result<>> run(std::string only = {});

  /// Claims nothing more; run() returns when what runs has ended.
  void drain();
  /// Claims nothing more, begins no step; steps that run get SHUTDOWN_GRACE_MS, then their jobs are given
  /// back with finished steps and provider operations kept (J15). It costs no attempt.
  void stop();
  /// Ends the grace of stop() now: whoever asked for the end asked again. Nothing before stop().
  void hurry();

  int in_flight() const;

 private:
  struct Work;
  std::shared_ptr<Work> work_;  // timers look whether it is still there
};

}  // namespace reelspool
