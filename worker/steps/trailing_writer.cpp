#include "worker/steps/trailing_writer.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <exception>
#include <utility>

namespace asio = boost::asio;

namespace reelspool {

TrailingWriter::TrailingWriter(const asio::any_io_executor& executor, std::chrono::milliseconds pause,
                               Write write)
    : write_(std::move(write)),
      shortest_pause_(pause),
      pause_(executor),
      over_(executor, asio::steady_timer::time_point::max()) {}

void TrailingWriter::touch() {
  if (ended_) return;
  is_dirty_ = true;
  if (std::exchange(is_writing_, true)) return;
  asio::co_spawn(
      pause_.get_executor(), [self = shared_from_this()] { return self->write_on(); },
      // Out of memory in the midst of it: what is written is old then, and no more.
      [self = shared_from_this()](const std::exception_ptr&) {
        self->is_writing_ = false;
        self->over_.cancel();
      });
}

asio::awaitable<void> TrailingWriter::write_on() {
  while (std::exchange(is_dirty_, false)) {
    co_await write_();
    if (ended_) continue;
    pause_.expires_after(shortest_pause_);
    boost::system::error_code ignored;  // cancelled by end()
    co_await pause_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
  }
}

asio::awaitable<void> TrailingWriter::end() {
  ended_ = true;
  pause_.cancel();
  boost::system::error_code ignored;  // being cancelled is the news
  if (is_writing_) co_await over_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
}

void TrailingWriter::leave() {
  ended_ = true;
  is_dirty_ = false;
  pause_.cancel();
}

}  // namespace reelspool
