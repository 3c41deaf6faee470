#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>

#include "jobstore/result.hpp"
#include "worker/programs/stop.hpp"

namespace reelspool {

/// What an asked-for end looks like as an error: `cancelled`, `interrupted` (shutdown) or `timeout` (code
/// "JOB_TIMEOUT").
Error stopped(StopReason reason);

/// Waits on the loop; ends early when `stop` is asked. Zero or less does not wait.
/// Threads  Loop thread only.
/// Errors   stopped(*stop.asked()), also when it was asked before.
boost::asio::awaitable<Result<>> wait_for(std::chrono::milliseconds time, Stop& stop);

}  // namespace reelspool
