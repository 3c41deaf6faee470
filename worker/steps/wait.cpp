#include "worker/steps/wait.hpp"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace asio = boost::asio;

namespace reelspool {

Error stopped(StopReason reason) {
  switch (reason) {
    case StopReason::cancelled:
      return make_error(ErrorClass::cancelled, "cancelled");
    case StopReason::shutdown:
      return make_error(ErrorClass::interrupted, "the worker is stopping; the job goes on where it was");
    case StopReason::timed_out:
      break;
  }
  Error error = make_error(ErrorClass::timeout, "the job took longer than JOB_TIMEOUT");
  error.code = "JOB_TIMEOUT";
  return error;
}

asio::awaitable<Result<>> wait_for(std::chrono::milliseconds time, Stop& stop) {
  if (!stop.asked() && time.count() > 0) {
    asio::steady_timer timer(co_await asio::this_coro::executor, time);
    const Stop::Hook hook = stop.on_ask([&timer] { timer.cancel(); });
    boost::system::error_code ignored;  // cancelled: the reason is in `stop`
    co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
  }
  if (stop.asked()) co_return stopped(*stop.asked());
  co_return ok;
}

}  // namespace reelspool
