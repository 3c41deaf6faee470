#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>

namespace reelspool {

/// Wakes the one coroutine that waits on the loop. Ringing while nobody waits is kept; ringing often wakes
/// once. An eventfd rather than a timer that never ends: Asio's timer queue wakes every 5 minutes, and an
/// idle worker sleeps.
///
/// Threads  ring() from any; the rest on the loop.
class Bell {
 public:
  explicit Bell(const boost::asio::any_io_executor& executor);

  bool is_good() const { return descriptor_.is_open(); }  ///< false: out of descriptors
  void ring() noexcept;
  boost::asio::awaitable<void> wait();

 private:
  int fd_;  // constant after construction; owned by descriptor_
  boost::asio::posix::stream_descriptor descriptor_;
};

}  // namespace reelspool
