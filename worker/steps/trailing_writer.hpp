#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <functional>
#include <memory>

namespace reelspool {

/// Writes down what changes often: the first change at once, the next ones together after a pause, the last one always.
///
/// Threads    Loop thread only.
/// Ownership  By shared_ptr: what is being written keeps it, and so `write` and all that it holds, alive.
class TrailingWriter : public std::enable_shared_from_this<TrailingWriter> {
 public:
  /// `write` writes the newest state; it is called one time after the other, never twice at once.
  using Write = std::function<boost::asio::awaitable<void>()>;
  TrailingWriter(const boost::asio::any_io_executor& executor, std::chrono::milliseconds pause, Write write);

  /// Something changed. Does nothing after end().
  void touch();

  /// Writes what is left, without a pause, and waits until it is written.
  boost::asio::awaitable<void> end();
  /// As end(), without waiting: what is being written is the last.
  void leave();

 private:
  boost::asio::awaitable<void> write_on();

  const Write write_;
  const std::chrono::milliseconds shortest_pause_;
  boost::asio::steady_timer pause_;
  boost::asio::steady_timer over_;  // never fires; cancelled when nothing is being written any more
  bool is_dirty_ = false;
  bool is_writing_ = false;
  bool ended_ = false;
};

}  // namespace reelspool
