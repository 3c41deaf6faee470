#include "jobstore/window/watch.hpp"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <string_view>
#include <system_error>

#include "jobstore/file/deaf_file_system.hpp"

namespace reelspool::window {
namespace {

constexpr std::uint32_t data_events =
    IN_MOVED_TO | IN_MOVED_FROM | IN_CLOSE_WRITE | IN_CREATE | IN_DELETE | IN_ONLYDIR;
constexpr std::uint32_t inbox_events = IN_MOVED_TO | IN_CLOSE_WRITE | IN_CREATE | IN_ONLYDIR;

// The default of POLL_INTERVAL_MS: without events somebody must look, also where the setting says never.
constexpr std::chrono::milliseconds without_events{2000};

int milliseconds_until(Moment moment) {
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(moment - std::chrono::steady_clock::now());
  return static_cast<int>(std::clamp<std::int64_t>(left.count(), 0, 60'000));
}

}  // namespace

void Seen::merge(const Seen& other) {
  jobs_file |= other.jobs_file;
  written_into |= other.written_into;
  lock_freed |= other.lock_freed;
  displaced |= other.displaced;
  inbox |= other.inbox;
  woken |= other.woken;
}

Result<Watch> Watch::open(const std::filesystem::path& data, const std::filesystem::path& inbox,
                          std::chrono::milliseconds poll_every) {
  Watch watch;
  watch.wake_ = Fd(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!watch.wake_) return system_error("making an eventfd", errno);
  if (Result<> listens = watch.listen(data, inbox); !listens) {
    std::error_code unknown;
    if (!std::filesystem::exists(inbox, unknown)) return std::move(listens.error());
    watch.inotify_ = Fd();
    watch.poll_every_ = poll_every.count() > 0 ? poll_every : without_events;
    watch.deaf_because_ = std::move(listens.error().message);
  } else if (poll_every.count() > 0 && hears_nothing(data)) {
    watch.poll_every_ = poll_every;
  }
  return watch;
}

Result<> Watch::listen(const std::filesystem::path& data, const std::filesystem::path& inbox) {
  inbox_folder_ = inbox;
  inotify_ = Fd(inotify_init1(IN_CLOEXEC | IN_NONBLOCK));
  if (!inotify_)
    return system_error("watching " + data.string() + " (fs.inotify.max_user_instances may be too small)",
                        errno);
  data_ = inotify_add_watch(inotify_.number(), data.c_str(), data_events);
  if (data_ < 0)
    return system_error("watching " + data.string() + " (fs.inotify.max_user_watches may be too small)",
                        errno);
  inbox_ = inotify_add_watch(inotify_.number(), inbox.c_str(), inbox_events);
  if (inbox_ < 0) return system_error("watching " + inbox.string(), errno);
  return ok;
}

void Watch::read_events() {
  alignas(inotify_event) std::array<char, 16 * 1024> buffer;
  for (;;) {
    const ssize_t size = read(inotify_.number(), buffer.data(), buffer.size());
    if (size <= 0) return;  // EAGAIN: all read
    for (ssize_t at = 0; at < size;) {
      inotify_event event;
      std::memcpy(&event, buffer.data() + at, sizeof event);
      const std::string_view name(event.len > 0 ? buffer.data() + at + sizeof event : "");
      at += static_cast<ssize_t>(sizeof event + event.len);

      if ((event.mask & IN_Q_OVERFLOW) != 0) {  // events were lost: look at everything
        seen_.merge({true, true, true, true, true, false});
      } else if (event.wd == inbox_) {
        seen_.inbox |= !name.starts_with('.');
      } else if (name == inbox_folder_.filename()) {
        // Deleted, it is to be made anew; made anew, it is another one, and things may lie in it already.
        seen_.inbox = true;
        if ((event.mask & (IN_CREATE | IN_MOVED_TO)) != 0)
          inbox_ = inotify_add_watch(inotify_.number(), inbox_folder_.c_str(), inbox_events);
      } else if (name == "jobs.json") {
        seen_.jobs_file = true;
        seen_.written_into |= (event.mask & IN_CLOSE_WRITE) != 0;
      } else if (name == "jobs.json.lock") {
        seen_.lock_freed |= (event.mask & (IN_DELETE | IN_MOVED_FROM)) != 0;
      } else if (name.starts_with(".jobs.json.") && name.ends_with(".x")) {
        seen_.displaced |= (event.mask & IN_CLOSE_WRITE) != 0;
      }
    }
  }
}

Seen Watch::look() {
  read_events();
  return std::exchange(seen_, Seen{});
}

Seen Watch::wait(std::optional<Moment> deadline) {
  const Moment start = std::chrono::steady_clock::now();
  for (;;) {
    read_events();
    eventfd_t count = 0;
    if (eventfd_read(wake_.number(), &count) == 0) seen_.woken = true;
    const bool anything =
        seen_.jobs_file || seen_.lock_freed || seen_.displaced || seen_.inbox || seen_.woken;
    if (anything) return std::exchange(seen_, Seen{});

    const Moment now = std::chrono::steady_clock::now();
    if (deadline && now >= *deadline) return {};
    if (poll_every_ && now >= start + *poll_every_) return {true, false, false, true, true, false};
    std::optional<Moment> until = deadline;
    if (poll_every_) until = until ? std::min(*until, start + *poll_every_) : start + *poll_every_;
    std::array<pollfd, 2> sources = {{{inotify_.number(), POLLIN, 0}, {wake_.number(), POLLIN, 0}}};
    poll(sources.data(), sources.size(), until ? milliseconds_until(*until) : -1);
  }
}

bool Watch::wait_for_free_lock(Moment deadline) {
  for (;;) {
    read_events();
    if (std::exchange(seen_.lock_freed, false)) return true;
    const Moment now = std::chrono::steady_clock::now();
    if (now >= deadline) return false;
    pollfd source = {inotify_.number(), POLLIN, 0};
    // Where events are not to be had, the lock is tried again by the clock; it is held for milliseconds.
    const Moment until = poll_every_ ? std::min(deadline, now + std::chrono::milliseconds(50)) : deadline;
    if (poll(&source, 1, milliseconds_until(until)) == 0 && poll_every_) return true;
  }
}

void Watch::wake() const {
  eventfd_write(wake_.number(), 1);
}

}  // namespace reelspool::window
