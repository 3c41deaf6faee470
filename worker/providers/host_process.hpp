#pragma once

#include <sys/types.h>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <filesystem>
#include <memory>
#include <string>

#include "jobstore/result.hpp"

namespace reelspool {

/// A running reelspool-plugin-host: its socket, its pidfd, and what it prints. What is said over the socket
/// is PluginHost's affair.
///
/// Inherits  Descriptors 0 (/dev/null), 1 and 2 (a memory file), 3 (the socket); an empty environment and signal
///           mask.
/// Threads   Loop thread only.
class HostProcess {
 public:
  /// Errors: unavailable  the program is missing or not executable
  ///         transient    out of processes, descriptors or memory
  static Result<std::shared_ptr<HostProcess>> start(boost::asio::any_io_executor executor,
                                                    const std::filesystem::path& program,
                                                    const std::filesystem::path& library,
                                                    bool without_landlock);
  ~HostProcess();  ///< kills and reaps
  HostProcess(const HostProcess&) = delete;
  HostProcess& operator=(const HostProcess&) = delete;

  boost::asio::local::stream_protocol::socket socket;
  boost::asio::posix::stream_descriptor exit;  ///< readable once it has ended: a pidfd

  pid_t pid() const { return pid_; }
  void kill();  ///< SIGKILL; nothing when it has ended

  struct Death {
    bool exited = false;  ///< by itself, with `status`; otherwise ended by the signal `status`
    int status = 0;
  };
  /// Waits for the end (blocking, so ask when `exit` is readable, or after kill()). The same answer when
  /// asked again.
  Death reap();

  /// The last 2 KiB of what it printed on stdout and stderr.
  std::string printed() const;

 private:
  HostProcess(boost::asio::any_io_executor executor, pid_t pid, int socket_fd, int pid_fd, int print_fd);
  pid_t pid_;
  int print_fd_;
  bool reaped_ = false;
  Death death_;
};

}  // namespace reelspool
