#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <map>
#include <memory>
#include <string>

#include "jobstore/job_store.hpp"
#include "worker/config/settings.hpp"
#include "worker/media/scripts.hpp"
#include "worker/providers/providers.hpp"
#include "worker/steps/permits.hpp"
#include "worker/steps/pool.hpp"

namespace reelspool {

/// Claims jobs, runs each as a coroutine over durable steps, and ends them: done, retried, failed, cancelled,
/// given back.
///
/// Threads    Loop thread only. It sleeps until the store reports a change, a job ends, or a runAt is due.
/// Life       run() returns after drain() or stop(), once no job is in flight. Both are idempotent.
class Engine {
 public:
  struct Parts {
    JobStore& store;
    Pool& pool;
    Permits& permits;
    Providers& providers;
    Scripts& scripts;
    const Settings& settings;
    std::filesystem::path data;  ///< the data directory
  };
  Engine(boost::asio::any_io_executor executor, Parts parts);
  ~Engine();

  /// Claims and runs until stopped. With `only` set: works on that one job until it has ended, and returns.
  boost::asio::awaitable<Result<>> run(std::string only = {});

  /// Claims nothing more; run() returns when what runs has ended.
  void drain();
  /// Claims nothing more; what runs gets SHUTDOWN_GRACE_MS, then is given back with its finished steps kept
  /// (J15).
  void stop();

  int in_flight() const;

 private:
  struct Work;
  std::unique_ptr<Work> work_;
};

}  // namespace reelspool
