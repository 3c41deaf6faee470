#include "worker/providers/pause.hpp"

#include <sys/timerfd.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cerrno>

#include "worker/steps/wait.hpp"

namespace reelspool {

namespace asio = boost::asio;

asio::awaitable<Result<>> pause(std::chrono::milliseconds time, Stop& stop) {
  if (stop.asked()) co_return stopped(*stop.asked());
  if (time.count() <= 0) co_return ok;
  const int fd = timerfd_create(CLOCK_BOOTTIME, TFD_CLOEXEC | TFD_NONBLOCK);
  if (fd < 0) co_return system_error("making a timer", errno);
  asio::posix::stream_descriptor timer(co_await asio::this_coro::executor, fd);
  itimerspec when{};
  when.it_value.tv_sec = time.count() / 1000;
  when.it_value.tv_nsec = time.count() % 1000 * 1'000'000;
  if (timerfd_settime(fd, 0, &when, nullptr) != 0) co_return system_error("setting a timer", errno);
  const Stop::Hook hook = stop.on_ask([&timer] { timer.cancel(); });
  co_await timer.async_wait(asio::posix::stream_descriptor::wait_read, asio::as_tuple(asio::use_awaitable));
  if (stop.asked()) co_return stopped(*stop.asked());
  co_return ok;
}

}  // namespace reelspool
