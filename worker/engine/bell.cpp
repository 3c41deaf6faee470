#include "worker/engine/bell.hpp"

#include <sys/eventfd.h>
#include <unistd.h>

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cstdint>
#include <utility>

namespace asio = boost::asio;

namespace reelspool {

Bell::Bell(const asio::any_io_executor& executor)
    : fd_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)), descriptor_(executor) {
  if (fd_ < 0) return;
  boost::system::error_code refused;
  descriptor_.assign(fd_, refused);              // NOLINT(bugprone-unused-return-value)
  if (refused) ::close(std::exchange(fd_, -1));  // its number may be another file's soon
}

void Bell::ring() noexcept {
  const std::uint64_t one = 1;
  // Full means that it has been rung 2^64 - 1 times and not been heard yet, which is enough.
  [[maybe_unused]] const ssize_t written = ::write(fd_, &one, sizeof one);
}

asio::awaitable<void> Bell::wait() {
  boost::system::error_code ignored;  // whoever waits looks around after any wake-up
  co_await descriptor_.async_wait(asio::posix::stream_descriptor::wait_read,
                                  asio::redirect_error(asio::use_awaitable, ignored));
  std::uint64_t count = 0;
  [[maybe_unused]] const ssize_t got = ::read(fd_, &count, sizeof count);
}

}  // namespace reelspool
