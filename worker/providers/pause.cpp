#include "worker/providers/pause.hpp"

#include <algorithm>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "worker/providers/boot_clock.hpp"
#include "worker/steps/wait.hpp"

namespace reelspool {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;

/// boot_clock() as a clock of the standard library.
struct BootClock {
  using duration = std::chrono::milliseconds;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<BootClock>;
  static constexpr bool is_steady = true;
  static time_point now() { return time_point(boot_clock()); }
};

/// The loop waits by a clock that stands still while the machine sleeps, so it is made to look again.
struct LooksAgain {
  static BootClock::duration to_wait_duration(const BootClock::duration& time) {
    return std::min<BootClock::duration>(time, 10s);
  }
  static BootClock::duration to_wait_duration(const BootClock::time_point& when) {
    return to_wait_duration(when - BootClock::now());
  }
};

/// Waits of seconds end on whole multiples of it, so thousands of them wake the loop twenty times a second and not each for itself;
/// as the kernel's timer slack (prctl(2), PR_SET_TIMERSLACK).
constexpr std::chrono::milliseconds slack = 50ms;
constexpr std::chrono::milliseconds least_with_slack = 1s;

BootClock::time_point end_of(std::chrono::milliseconds time) {
  const std::chrono::milliseconds exact = boot_clock() + time;
  if (time < least_with_slack) return BootClock::time_point(exact);
  return BootClock::time_point((exact + slack - 1ms) / slack * slack);
}

}  // namespace

asio::awaitable<Result<>> pause(std::chrono::milliseconds time, Stop& stop) {
  if (stop.asked()) co_return stopped(*stop.asked());
  if (time.count() <= 0) co_return ok;
  asio::basic_waitable_timer<BootClock, LooksAgain> timer(co_await asio::this_coro::executor, end_of(time));
  const Stop::Hook hook = stop.on_ask([&timer] { timer.cancel(); });
  boost::system::error_code ignored;  // cancelled: the reason is in `stop`
  co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
  if (stop.asked()) co_return stopped(*stop.asked());
  co_return ok;
}

}  // namespace reelspool
