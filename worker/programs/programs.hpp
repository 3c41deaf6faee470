#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "jobstore/result.hpp"
#include "worker/programs/stop.hpp"

namespace reelspool {

/// What a program may touch. It may always read the system's programs, libraries, fonts and time zones; it never has a
/// network socket, a terminal, or the worker's environment.
struct Box {
  std::vector<std::filesystem::path> readable;  ///< files, or folders with all below them
  std::vector<std::filesystem::path> writable;  ///< folders, with all below them
  bool enabled = true;  ///< false only where the kernel has no Landlock and the settings allow going without (SANDBOX)
};

struct Command {
  std::vector<std::string> argv;  ///< argv[0] is an absolute path; no shell, no PATH search
  std::filesystem::path directory;  ///< working directory; also TMPDIR and HOME of the program
  std::map<std::string, std::string> environment;  ///< beside PATH, LANG=C.UTF-8, HOME, TMPDIR
  Box box;
  std::chrono::milliseconds time_limit{0};   ///< 0: none
  std::chrono::milliseconds stall_limit{0};  ///< 0: none; otherwise the longest time without a line on descriptor 3
  /// Each line that the program writes to its descriptor 3, without the newline, at most 4 KiB. Loop thread.
  std::function<void(std::string_view line)> on_progress;
};

struct Exit {
  int status = 0;              ///< exit status; 128 + n when ended by signal n
  std::string output;          ///< stdout, at most 1 MiB
  std::string complaint;       ///< the tail of stderr, at most 64 KiB
  enum class Cause { by_itself, stopped, timed_out, stalled, outside } cause = Cause::by_itself;
  ///< outside: INT, TERM, KILL or 255 that we did not send (a supervisor, the OOM killer, an operator)
};

/// Starts programs and sees them to their end: each under `reelspool-exec`, in a process group of its own, with
/// descriptors 0 (/dev/null) to 3 and nothing else, boxed, and gone when the worker is gone, however it dies.
///
/// The shim waits for "go", which is sent after a record (pid, start time, boot id) is in `records`; end-of-file on its
/// control pipe means the worker is dead, and it kills the group. If the shim dies first, the worker kills the group.
///
/// Threads  Loop thread only.
class Programs {
 public:
  struct Options {
    std::filesystem::path shim;     ///< libexec/reelspool/reelspool-exec
    std::filesystem::path records;  ///< a folder for the records of running programs
  };
  Programs(boost::asio::any_io_executor executor, Options options);
  ~Programs();  ///< kills what still runs
  Programs(const Programs&) = delete;
  Programs& operator=(const Programs&) = delete;

  /// Runs one program to its end. A stop, a time-out or a stall climbs down the ladder SIGTERM, 5 s, SIGKILL on the group;
  /// it returns only when every process of the group is gone.
  /// Errors: invalid_request  argv[0] is missing or not executable, or the box cannot be built
  ///         transient        out of processes, descriptors or memory
  /// An exit status other than 0 is no error here: see Exit.
  boost::asio::awaitable<Result<Exit>> run(Command command, Stop& stop);

  /// Kills the groups that a killed worker left behind, by their records (same boot, same start time). Call once at start,
  /// while holding no running program. Returns how many were found alive.
  int sweep();

 private:
  boost::asio::any_io_executor executor_;
  Options options_;
  struct Running;
  std::map<int, Running*> running_;
};

}  // namespace reelspool
