#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <map>
#include <string>

#include "jobstore/result.hpp"
#include "worker/programs/stop.hpp"

namespace reelspool {

/// Keeps requests back while a provider has asked to be left alone (429 or 503 with Retry-After): nothing that uses the
/// same plugin with the same keys goes out before its time, whatever job it belongs to.
///
/// Threads  Loop thread only.
class Gates {
 public:
  /// Shuts it from now on for that long; a shorter time than it is shut for already changes nothing.
  void shut(const std::string& gate, std::chrono::milliseconds time);

  /// Waits until it is open; at once when nobody shut it.
  /// Errors: rate_limited  it stays shut for longer than `longest`; retry_after says how long
  ///         as stopped(), when `stop` is asked
  boost::asio::awaitable<Result<>> pass(std::string gate, std::chrono::milliseconds longest, Stop& stop);

 private:
  std::map<std::string, std::chrono::milliseconds> shut_until_;  // on the boot clock
};

}  // namespace reelspool
