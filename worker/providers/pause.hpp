#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <chrono>

#include "jobstore/result.hpp"
#include "worker/programs/stop.hpp"

namespace reelspool {

/// Waits on the boot clock, which goes on while the machine sleeps and which nobody sets: an operation of a
/// provider goes on in the meantime as well. Waits of a second and more end up to 50 ms late, together; after a
/// sleep of the machine up to 10 s. Takes no descriptor:
/// thousands wait at once.
/// Errors: as stopped(), as soon as `stop` is asked. Threads: loop thread only.
boost::asio::awaitable<Result<>> pause(std::chrono::milliseconds time, Stop& stop);

}  // namespace reelspool
