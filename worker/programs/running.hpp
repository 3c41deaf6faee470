#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <memory>
#include <string>

#include "worker/programs/launch.hpp"
#include "worker/programs/programs.hpp"
#include "worker/programs/records.hpp"

namespace reelspool {

/// One program, from its launch until nothing of it is left.
///
/// Life       launched -> watch() -> [end(cause): down the ladder] -> shim dead -> [orphans killed] -> over
/// Threads    Loop thread only.
/// Ownership  Shared by the loop's pending operations, which all end with it.
class Programs::Running : public std::enable_shared_from_this<Running> {
 public:
  Running(boost::asio::any_io_executor executor, const Options& options, Command command, Launched launched,
          ProgramRecord record);
  ~Running();

  /// Says "go" and begins to watch. Call once, after the record is written.
  void watch();
  /// Steps onto the ladder; the first cause stands, later calls do nothing. No rung is given more than
  /// `longest_patience`.
  void end(Exit::Cause cause, std::chrono::milliseconds longest_patience = std::chrono::milliseconds::max());
  /// Kills everything now, and blocks until it is gone.
  void abandon();

  int pid() const { return launched_.pid; }
  /// Called once, when nothing of it is left; set it before the loop goes on.
  void when_over(std::function<void()> call) { when_over_ = std::move(call); }
  /// How it ended. Call once, when over.
  Result<Exit> outcome();

 private:
  struct Stream {
    explicit Stream(const boost::asio::any_io_executor& executor) : descriptor(executor) {}
    boost::asio::posix::stream_descriptor descriptor;
    std::function<void(std::string_view)> take;
  };

  void watch(Stream& stream);
  static bool drain(Stream& stream, int most_reads);
  void take_progress(std::string_view bytes);
  void take_report(std::string_view bytes);
  void start_stall_limit();
  void order(char what);
  void next_rung();
  void await_exit();
  void end_orphans();
  void finish();
  void conclude();

  const std::filesystem::path records_;
  std::vector<StopRung> ladder_;
  Command command_;
  Launched launched_;
  ProgramRecord record_;

  Stream output_, complaint_, progress_, control_;
  boost::asio::posix::stream_descriptor death_;  ///< the shim's pidfd, later those of orphans
  boost::asio::steady_timer time_limit_, stall_limit_, patience_;

  Exit exit_;
  std::string line_;    ///< of descriptor 3, until its newline
  std::string report_;  ///< what the shim said
  bool ending_ = false;
  std::size_t rung_ = 0;
  bool over_ = false;
  std::function<void()> when_over_;
};

}  // namespace reelspool
