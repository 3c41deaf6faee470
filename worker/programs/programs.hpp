#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "jobstore/result.hpp"
#include "worker/programs/stop.hpp"

namespace reelspool {

/// What a program may touch. It may always read (and run) the system's programs, libraries, fonts and time
/// zones, and its own argv[0]; it never has a network socket, a terminal, /proc, or the worker's environment.
/// See box.h.
struct Box {
  std::vector<std::filesystem::path> readable;  ///< files, or folders with all below them; each must exist
  std::vector<std::filesystem::path>
      writable;  ///< folders, with all below them; each must exist; nothing in them can be run
  /// false only where the kernel has no Landlock and the settings allow going without (SANDBOX): files are
  /// then not restricted; sockets, privileges, environment and descriptors still are.
  bool enabled = true;
};

/// The version of Landlock that this kernel has switched on; 0 for none, where Box restricts no files.
int landlock_version();

struct Command {
  std::vector<std::string> argv;    ///< argv[0] is an absolute path; no shell, no PATH search
  std::filesystem::path directory;  ///< working directory, absolute; also TMPDIR and HOME of the program
  std::map<std::string, std::string>
      environment;  ///< beside PATH, LANG=C.UTF-8, HOME, TMPDIR (which it may replace)
  Box box;
  std::chrono::milliseconds time_limit{0};   ///< 0: none
  std::chrono::milliseconds stall_limit{0};  ///< 0: none; otherwise the longest time without progress
  /// Each line that the program writes to its descriptor 3, without the newline, cut at 4 KiB. Returns
  /// whether the line shows progress, which starts the stall limit anew (ffmpeg goes on reporting while it
  /// stands still). Absent: every line does. Loop thread; must not throw.
  std::function<bool(std::string_view line)> on_progress;
};

struct Exit {
  int status = 0;         ///< exit status; 128 + n when ended by signal n
  std::string output;     ///< stdout, its first 1 MiB; the rest is read and dropped
  std::string complaint;  ///< the tail of stderr, at most 64 KiB
  enum class Cause { by_itself, stopped, timed_out, stalled, outside } cause = Cause::by_itself;
  ///< outside: INT, TERM, KILL or 255 that we did not send (a supervisor, the OOM killer, an operator)
};

/// How a program is ended: each rung is a signal and the time it is given. A program that is still there
/// after the last rung hangs in the kernel, or its shim was stopped; then the shim is killed, and all that
/// belonged to it is looked for.
struct StopRung {
  int signal;  ///< SIGTERM or SIGKILL
  std::chrono::milliseconds patience;
};
std::vector<StopRung> standard_ladder();  ///< SIGTERM 5 s, SIGKILL 5 s
/// The most that a rung is given when the worker stops: SHUTDOWN_GRACE_MS is over then, and what a supervisor
/// has left (PM2 kills after 1600 ms) is for writing down where the jobs are.
inline constexpr std::chrono::milliseconds patience_at_shutdown{200};

/// Starts programs and sees them to their end: each under `reelspool-exec`, in a process group of its own,
/// with descriptors 0 (/dev/null) to 3 and nothing else, boxed, and gone when the worker is gone, however it
/// dies.
///
/// The shim waits for "go", which is sent after a record (pid, start time, boot id) is in `records`;
/// end-of-file on its control channel means the worker is dead, and it kills everything below it. If the shim
/// dies first, the worker does.
///
/// Waiting is by pidfd on the loop, not by Boost.Process: between "it has died" and "it was waited for" the
/// shim's number is still its own, and only then can its session be killed without meeting a stranger.
///
/// Threads    Loop thread only.
/// Ownership  Destroyed before the loop's context; by then every run() should have returned. What still runs is
///            killed.
/// Process    Sets SIGCHLD to its default: a parent that ignores it is never told how its children end.
class Programs {
 public:
  struct Options {
    std::filesystem::path shim;     ///< libexec/reelspool/reelspool-exec
    std::filesystem::path records;  ///< a folder for the records of running programs; made if it is missing
    std::vector<StopRung> ladder = standard_ladder();
  };
  Programs(boost::asio::any_io_executor executor, Options options);
  ~Programs();  ///< kills what still runs; blocks until it is gone
  Programs(const Programs&) = delete;
  Programs& operator=(const Programs&) = delete;

  /// Runs one program to its end. A stop, a time-out or a stall climbs down the ladder, fast at a shutdown; it returns only when
  /// every process that the program started is gone. If `stop` was asked before, nothing is started, and the
  /// cause is `stopped`.
  /// Errors: invalid_request  argv[0] is missing or not executable, or the box cannot be built
  ///         transient        out of processes, descriptors or memory
  ///         storage          the record cannot be written
  ///         unavailable      the shim is missing
  /// An exit status other than 0 is no error here: see Exit.
  boost::asio::awaitable<Result<Exit>> run(Command command, Stop& stop);

  /// Kills what a killed worker left behind, by the records (same boot, owner dead). Call once at start;
  /// blocks. Workers may share a folder: the programs of a living one are let be. Returns how many processes
  /// were found alive.
  int sweep();

  /// Where this installation's own programs are.
  std::filesystem::path libexec() const { return options_.shim.parent_path(); }

 private:
  class Running;
  boost::asio::any_io_executor executor_;
  Options options_;
  std::map<int, std::shared_ptr<Running>> running_;  ///< by the shim's pid
};

}  // namespace reelspool
