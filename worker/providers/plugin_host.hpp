#pragma once

#include <sys/types.h>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <filesystem>
#include <memory>
#include <string>

#include "jobstore/result.hpp"

namespace reelspool {

/// One plugin in a process of its own (reelspool-plugin-host): started when it is first asked, ended when it
/// was idle for a while, started again when it died. Whatever the plugin does there, the worker only ever
/// sees an answer or an Error.
///
/// Dying      The questions are answered one after the other, so the oldest open one is what a host died of. Death
///            by a crash (a signal of its own making, an exit, a missed deadline, rubbish): asked once more in a
///            new host; the second time it fails with plugin_crashed. The others are asked again and blamed
///            for nothing. INT, TERM, HUP or KILL from outside (a supervisor, the OOM killer, an operator):
///            asked again, at most five times, then `interrupted`. The host itself ignores INT, TERM and HUP.
/// Ownership  The destructor kills and reaps the process; nothing outlives its owner. Open questions get
///            `interrupted`. The process also ends by itself when the worker does, by the end of their socket.
/// Threads    Loop thread only.
class PluginHost {
 public:
  struct Options {
    std::filesystem::path program;  ///< libexec/reelspool/reelspool-plugin-host
    std::filesystem::path library;  ///< a file that nobody writes over while it is mapped
    std::string name;               ///< for messages: "local"
    bool without_landlock =
        false;  ///< load it even where the kernel cannot box it: only what the operator allowed
    std::chrono::milliseconds idle{
        10'000};  ///< after which an idle process is ended; no timer without a process
    std::chrono::milliseconds deadline{10'000};  ///< for one answer, and for loading
  };
  PluginHost(boost::asio::any_io_executor executor, Options options);
  ~PluginHost();
  PluginHost(const PluginHost&) = delete;
  PluginHost& operator=(const PluginHost&) = delete;

  /// The manifest's text, unread.
  /// Errors: plugin_crashed  the message names the plugin and how it died; `details` is the tail of what it
  /// printed
  ///         unavailable     the library cannot be loaded, or the host program is missing
  ///         interrupted     killed from outside again and again, or this object is gone
  ///         transient       out of processes, descriptors or memory
  boost::asio::awaitable<Result<std::string>> describe();

  /// The answer's text to an input (plugins/sdk/MESSAGES.md), unread. Errors: as describe().
  boost::asio::awaitable<Result<std::string>> next(std::string input);

  /// The process that is alive now; nothing (0) before the first question and after an idle while.
  pid_t process() const;

 private:
  struct Inside;
  std::shared_ptr<Inside> inside_;
};

}  // namespace reelspool
