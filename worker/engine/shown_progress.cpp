#include "worker/engine/shown_progress.hpp"

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <utility>

namespace asio = boost::asio;

namespace reelspool {
namespace {

constexpr std::chrono::milliseconds shortest_pause{100};

}  // namespace

ShownProgress::ShownProgress(const asio::any_io_executor& executor, JobStore& store, Pool& pool, Claim claim,
                             std::function<void()> on_stale)
    : store_(store),
      pool_(pool),
      claim_(std::move(claim)),
      on_stale_(std::move(on_stale)),
      pause_(executor),
      over_(executor, asio::steady_timer::time_point::max()) {}

void ShownProgress::show(Progress progress) {
  if (ended_) return;
  if (progress.percent > percent_) percent_ = std::min(progress.percent, 99.0);
  progress.percent = percent_;
  next_ = std::move(progress);
  if (std::exchange(sending_, true)) return;
  asio::co_spawn(
      pause_.get_executor(), [self = shared_from_this()] { return self->send(); },
      // Out of memory in the midst of it: what is shown is old then, and no more.
      [self = shared_from_this()](const std::exception_ptr&) {
        self->sending_ = false;
        self->over_.cancel();
      });
}

asio::awaitable<void> ShownProgress::send() {
  while (next_) {
    const Progress progress = *std::exchange(next_, std::nullopt);
    auto write = [&store = store_, claim = claim_, progress] { return store.progress(claim, progress); };
    const auto shown = co_await pool_.run(std::move(write));
    // Any other refusal costs a percentage and no more; the steps' records will meet it too.
    if (!shown && shown.error().code == "stale_claim") on_stale_();
    if (ended_) continue;
    pause_.expires_after(shortest_pause);
    boost::system::error_code ignored;  // cancelled by end()
    co_await pause_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
  }
}

asio::awaitable<void> ShownProgress::end() {
  ended_ = true;
  pause_.cancel();
  boost::system::error_code ignored;  // being cancelled is the news
  if (sending_) co_await over_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
}

}  // namespace reelspool
