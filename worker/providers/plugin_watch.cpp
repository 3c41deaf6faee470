#include "worker/providers/plugin_watch.hpp"

#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cerrno>
#include <cstring>
#include <system_error>
#include <utility>

#include "jobstore/file/deaf_file_system.hpp"

namespace reelspool {
namespace {

namespace asio = boost::asio;
namespace fs = std::filesystem;

// Not the writing itself: a library that is still being copied is looked at once it is closed.
constexpr std::uint32_t library_events =
    IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE | IN_DELETE_SELF | IN_MOVE_SELF;
constexpr std::uint32_t parent_events = IN_CREATE | IN_MOVED_TO;
constexpr std::uint32_t store_events = IN_CLOSE_WRITE | IN_MOVED_TO | IN_DELETE;  // of grants.json

constexpr std::chrono::milliseconds settling{100};  // a build or a package writes several files in a row

/// A library, or what changes its catalogue.
bool is_of_plugins(const fs::path& file) {
  return file.extension() == ".so" || file.extension() == ".json";
}

}  // namespace

PluginWatch::PluginWatch(asio::any_io_executor executor, Options options)
    : options_(std::move(options)), inotify_(executor), timer_(executor) {
  seen_ = print();
  const bool is_deaf =
      options_.never_listen || std::any_of(options_.folders.begin(), options_.folders.end(), hears_nothing);
  if (is_deaf) {
    deaf_because_ = "the plugins' file system tells nothing of changes";
    return;
  }
  const int number = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
  if (number < 0) {
    deaf_because_ = system_error("watching for plugins (fs.inotify.max_user_instances)", errno).message;
    return;
  }
  inotify_.assign(number);
  if (Result<> listens = listen(); !listens) deaf_because_ = std::move(listens.error().message);
}

/// True: it is watched from now on; false: it is not there. Two of the folders may be one, or one above the other: then the
/// events of both are told.
Result<bool> PluginWatch::add(const fs::path& folder, std::uint32_t events) {
  const int number =
      inotify_add_watch(inotify_.native_handle(), folder.c_str(), events | IN_ONLYDIR | IN_MASK_ADD);
  if (number >= 0) {
    watched_[number] = folder;
    return true;
  }
  if (errno == ENOENT || errno == ENOTDIR) return false;
  return system_error("watching " + folder.string() + " (fs.inotify.max_user_watches)", errno);
}

/// The folder, or, where it is not there, the one above it.
Result<> PluginWatch::add_or_above(const fs::path& folder, std::uint32_t events) {
  Result<bool> is_there = add(folder, events);
  if (is_there && !*is_there) {
    if (Result<bool> above = add(folder.parent_path(), parent_events); !above) return above.error();
    is_there = add(folder, events);  // it may have been made in between
  }
  return is_there ? Result<>(ok) : Result<>(is_there.error());
}

/// Adds what is not watched yet; a folder that is watched already keeps its watch.
Result<> PluginWatch::listen() {
  for (const fs::path& folder : options_.folders)
    if (Result<> listens = add_or_above(folder, library_events); !listens) return listens;
  return add_or_above(options_.grants.parent_path(), store_events);
}

bool PluginWatch::concerns_plugins(const fs::path& changed) const {
  const auto is_one = [&](const fs::path& folder) {
    return std::find(options_.folders.begin(), options_.folders.end(), folder) != options_.folders.end();
  };
  if (changed == options_.grants || changed == options_.grants.parent_path() || is_one(changed)) return true;
  return is_of_plugins(changed) && is_one(changed.parent_path());
}

/// Reads what came. True: it may concern a plugin.
bool PluginWatch::drain() {
  bool concerns = false;
  alignas(inotify_event) std::array<char, 16 * 1024> buffer;
  while (true) {
    const ssize_t size = read(inotify_.native_handle(), buffer.data(), buffer.size());
    if (size <= 0) return concerns;  // EAGAIN: all read
    for (ssize_t at = 0; at < size;) {
      inotify_event event;
      std::memcpy(&event, buffer.data() + at, sizeof event);
      const char* const name = event.len > 0 ? buffer.data() + at + sizeof event : "";
      at += static_cast<ssize_t>(sizeof event + event.len);
      const auto folder = watched_.find(event.wd);
      if ((event.mask & (IN_DELETE_SELF | IN_MOVE_SELF | IN_Q_OVERFLOW)) != 0)
        concerns = true;
      else if (folder != watched_.end() && concerns_plugins(folder->second / name))
        concerns = true;
      if (folder != watched_.end() && (event.mask & IN_IGNORED) != 0) watched_.erase(folder);
    }
  }
}

asio::awaitable<void> PluginWatch::sleep(std::chrono::milliseconds time) {
  timer_.expires_after(time);
  boost::system::error_code ignored;  // cancelled by close()
  co_await timer_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
}

asio::awaitable<void> PluginWatch::hear() {
  boost::system::error_code ignored;  // ended by close()
  co_await inotify_.async_wait(asio::posix::stream_descriptor::wait_read,
                               asio::redirect_error(asio::use_awaitable, ignored));
}

asio::awaitable<bool> PluginWatch::changed() {
  while (!closed_) {
    if (deaf_because_.empty()) {
      co_await hear();
      if (closed_) break;
      if (!drain()) continue;
      co_await sleep(settling);
      if (closed_) break;
      drain();
      if (Result<> listens = listen(); !listens) deaf_because_ = std::move(listens.error().message);
      seen_ = print();
      co_return true;
    }
    co_await sleep(options_.poll_every);
    if (closed_) break;
    Print now = print();
    if (now == std::exchange(seen_, now)) continue;
    co_return true;
  }
  co_return false;
}

void PluginWatch::close() {
  closed_ = true;
  timer_.cancel();
  boost::system::error_code ignored;
  inotify_.close(ignored);
}

/// What can be seen of the libraries without reading them.
PluginWatch::Print PluginWatch::print() const {
  Print print;
  const auto look = [&](const fs::path& path) {
    struct stat file {};
    if (stat(path.c_str(), &file) != 0) return;
    print[path] = std::to_string(file.st_dev) + ":" + std::to_string(file.st_ino) + ":" +
                  std::to_string(file.st_size) + ":" + std::to_string(file.st_mtim.tv_sec) + "." +
                  std::to_string(file.st_mtim.tv_nsec);
  };
  for (const fs::path& folder : options_.folders) {
    std::error_code failed;
    for (fs::directory_iterator at(folder, failed), end; !failed && at != end; at.increment(failed))
      if (is_of_plugins(at->path())) look(at->path());
  }
  look(options_.grants);
  return print;
}

}  // namespace reelspool
