#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <filesystem>
#include <map>
#include <string>

#include "jobstore/result.hpp"
#include "worker/programs/stop.hpp"
#include "worker/steps/pool.hpp"

namespace reelspool {

/// Keeps requests back while a provider is to be left alone (429 or 503 with Retry-After; Breaker): nothing that uses the
/// same plugin with the same keys goes out before its time, whatever job it belongs to and whichever worker of this data
/// directory has it, also after a restart.
///
/// Each time that a gate is shut is an empty file in the folder, which says in its name which gate, and until when:
///
///   <gate>.<boot>.<milliseconds of the boot clock>.<milliseconds since 1970>
///
/// by the boot clock, which nobody sets, within that boot, and by the wall clock after it (unless that is so wrong that the time
/// would be longer than anybody can ask for). So two workers write without a
/// lock, and one that was killed leaves nothing half written. Whoever finds one whose time is over deletes it.
///
/// Threads  Loop thread only; writes in the pool.
class Gates {
 public:
  Gates(Pool& pool, std::filesystem::path folder);

  /// Shuts it from now on for that long, durably; a shorter time than it is shut for already changes nothing. `gate` is a plain
  /// file name without dots. Where the disk does not take it this process keeps to it, and says so in the log.
  boost::asio::awaitable<void> shut(std::string gate, std::chrono::milliseconds time);

  /// Waits until it is open; at once when nobody shut it.
  /// Errors: rate_limited  it stays shut for longer than `longest`; retry_after says how long
  ///         as stopped(), when `stop` is asked
  boost::asio::awaitable<Result<>> pass(std::string gate, std::chrono::milliseconds longest, Stop& stop);

 private:
  std::chrono::milliseconds shut_for(const std::string& gate);

  Pool& pool_;
  const std::filesystem::path folder_;
  const std::string boot_;
  std::map<std::string, std::chrono::milliseconds> unwritten_;  // on the boot clock
};

}  // namespace reelspool
