#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "jobstore/result.hpp"

namespace reelspool {

/// Sleeps until a library comes, changes or goes in one of the folders, or another process allows a plugin. The kernel tells
/// (inotify(7)); where it cannot, on a network file system or out of watches, the folders are looked at every `poll_every`.
///
/// Folders  Need not exist: they are seen once they are made, if the folder above them exists. A symbolic link is followed once:
///          that it points elsewhere later is not noticed.
/// Threads  Loop thread only.
class PluginWatch {
 public:
  struct Options {
    std::vector<std::filesystem::path> folders;
    std::filesystem::path grants;  ///< the file grants.json
    std::chrono::milliseconds poll_every{5'000};
    bool never_listen = false;  ///< as if the kernel told nothing; for tests
  };
  /// Listens from now on: what happens before changed() is called is not lost.
  PluginWatch(boost::asio::any_io_executor executor, Options options);
  PluginWatch(const PluginWatch&) = delete;
  PluginWatch& operator=(const PluginWatch&) = delete;

  /// Comes back after a change; several that follow closely are one. False: closed, and nothing will come any more.
  boost::asio::awaitable<bool> changed();

  /// Ends a changed() that waits.
  void close();

  /// Why it polls; empty: it listens.
  const std::string& deaf_because() const { return deaf_because_; }

 private:
  using Print = std::map<std::filesystem::path, std::string>;
  Result<> listen();
  Result<bool> add(const std::filesystem::path& folder, std::uint32_t events);
  Result<> add_or_above(const std::filesystem::path& folder, std::uint32_t events);
  bool drain();
  bool concerns_plugins(const std::filesystem::path& changed) const;
  Print print() const;
  boost::asio::awaitable<void> hear();
  boost::asio::awaitable<void> sleep(std::chrono::milliseconds time);

  Options options_;
  boost::asio::posix::stream_descriptor inotify_;
  boost::asio::steady_timer timer_;
  std::map<int, std::filesystem::path> watched_;  // the number of a watch and its folder
  std::string deaf_because_;
  Print seen_;  // at the last look; of use while polling
  bool closed_ = false;
};

}  // namespace reelspool
