#include "jobstore/file/store_watch.hpp"

#include <pthread.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

namespace reelspool {
namespace {

using std::chrono::milliseconds;

/// The kernel tells that a file is closed a few microseconds before it frees the lock on it. So a lock that is
/// found held then is looked at again, at growing distances; past the last one it was somebody else who closed
/// the file (a second worker of that name that was turned away).
constexpr milliseconds first_patience{1};
constexpr milliseconds last_patience{512};
/// From a bell that rang within twice that time of the last one to the next. Each time this thread wakes up it takes the lock
/// from those who write: of 8 processes that do so all the time, a rest of 1 ms took a quarter of what they get done.
constexpr milliseconds busy_rest{8};
/// Without inotify. A look costs one fstat(2) where nothing was written, and a try of the lock of each worker.
constexpr milliseconds look_every{2000};

timespec to_timespec(milliseconds time) {
  return {static_cast<time_t>(time.count() / 1000), static_cast<long>(time.count() % 1000) * 1'000'000};
}

}  // namespace

Result<std::unique_ptr<StoreWatch>> StoreWatch::open(const std::filesystem::path& bell,
                                                     const std::filesystem::path& workers,
                                                     Callbacks callbacks) {
  std::unique_ptr<StoreWatch> watch(new StoreWatch);
  watch->callbacks_ = std::move(callbacks);
  watch->epoll_ = Fd(::epoll_create1(EPOLL_CLOEXEC));
  watch->event_ = Fd(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  watch->due_ = Fd(::timerfd_create(CLOCK_REALTIME, TFD_CLOEXEC | TFD_NONBLOCK));
  watch->again_ = Fd(::timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK));
  watch->sweep_ = Fd(::timerfd_create(CLOCK_BOOTTIME, TFD_CLOEXEC | TFD_NONBLOCK));
  for (const Fd* fd : {&watch->event_, &watch->due_, &watch->again_, &watch->sweep_})
    if (!watch->add(*fd)) return system_error("watching the job store", errno);
  if (Result<> listens = watch->listen(bell, workers); !listens) {
    watch->deaf_because_ = std::move(listens.error().message);
    watch->inotify_ = Fd();
    watch->look_ = Fd(::timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK));
    const itimerspec ticks{to_timespec(look_every), to_timespec(look_every)};
    if (!watch->add(watch->look_) || ::timerfd_settime(watch->look_.number(), 0, &ticks, nullptr) != 0)
      return system_error("watching the job store", errno);
  }
  // Signals are for the program's own threads: a new thread inherits the mask.
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  watch->thread_ = std::thread([raw = watch.get()] { raw->run(); });
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  return watch;
}

bool StoreWatch::add(const Fd& fd) {
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.fd = fd.number();
  return fd && ::epoll_ctl(epoll_.number(), EPOLL_CTL_ADD, fd.number(), &event) == 0;
}

Result<> StoreWatch::listen(const std::filesystem::path& bell, const std::filesystem::path& workers) {
  inotify_ = Fd(::inotify_init1(IN_CLOEXEC | IN_NONBLOCK));
  if (!inotify_)
    return system_error("watching " + bell.string() + " (fs.inotify.max_user_instances may be too small)",
                        errno);
  bell_watch_ = ::inotify_add_watch(inotify_.number(), bell.c_str(), IN_ATTRIB);
  if (bell_watch_ < 0 || ::inotify_add_watch(inotify_.number(), workers.c_str(), IN_CLOSE_WRITE) < 0)
    return system_error("watching " + bell.string() + " and " + workers.string() +
                            " (fs.inotify.max_user_watches may be too small)",
                        errno);
  if (!add(inotify_)) return system_error("watching the job store", errno);
  return ok;
}

StoreWatch::~StoreWatch() {
  is_ending_ = true;
  const std::uint64_t one = 1;
  if (event_) static_cast<void>(!::write(event_.number(), &one, sizeof one));
  if (thread_.joinable()) thread_.join();
}

void StoreWatch::notify() {
  if (has_news_.exchange(true)) return;
  const std::uint64_t one = 1;
  static_cast<void>(!::write(event_.number(), &one, sizeof one));
}

void StoreWatch::wake_at(std::optional<Time> moment) {
  itimerspec timer{};
  if (moment) {
    // Zero would switch it off; a moment long past is as good as one just past.
    const milliseconds since = std::max(moment->time_since_epoch(), milliseconds(1));
    timer.it_value = to_timespec(since);
  }
  ::timerfd_settime(due_.number(), TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &timer, nullptr);
}

void StoreWatch::sweep_in(std::optional<milliseconds> wait) {
  itimerspec timer{};
  if (wait) timer.it_value = to_timespec(std::max(*wait, milliseconds(1)));
  ::timerfd_settime(sweep_.number(), 0, &timer, nullptr);
}

void StoreWatch::look_at_workers() {
  closed_ = callbacks_.closed(closed_);
  patience_ = patience_.count() == 0 ? first_patience : patience_ * 2;
  if (closed_.empty() || patience_ > last_patience) {
    closed_.clear();
    return;
  }
  itimerspec timer{};
  timer.it_value = to_timespec(patience_);
  ::timerfd_settime(again_.number(), 0, &timer, nullptr);
}

void StoreWatch::read_inotify() {
  alignas(inotify_event) std::array<char, 4096> buffer;
  bool bell = false, closed = false;
  while (true) {
    const ssize_t got = ::read(inotify_.number(), buffer.data(), buffer.size());
    if (got <= 0) break;
    for (ssize_t at = 0; at < got;) {
      inotify_event event;
      std::memcpy(&event, buffer.data() + at, sizeof event);
      const char* const name = buffer.data() + at + sizeof event;
      if (event.wd == bell_watch_ || (event.mask & IN_Q_OVERFLOW)) bell = true;
      if (event.wd != bell_watch_) closed = true;  // an overflow too: who was closed is not known then
      if (event.wd != bell_watch_ && event.len > 0) closed_.emplace_back(name);
      at += static_cast<ssize_t>(sizeof event + event.len);
    }
  }
  if (bell) {
    const auto now = std::chrono::steady_clock::now();
    if (now - last_bell_ < 2 * busy_rest) {
      rests_until_ = now + busy_rest;
      hear_inotify(false);
    }
    last_bell_ = now;
    callbacks_.bell();
  }
  if (closed) {
    patience_ = milliseconds(0);
    look_at_workers();
  }
}

/// What it has to tell meanwhile is kept.
void StoreWatch::hear_inotify(bool wants) {
  epoll_event event{};
  event.events = wants ? std::uint32_t{EPOLLIN} : 0;
  event.data.fd = inotify_.number();
  ::epoll_ctl(epoll_.number(), EPOLL_CTL_MOD, inotify_.number(), &event);
}

/// As epoll_wait(2) takes it; ends one that is over.
int StoreWatch::milliseconds_of_rest() {
  if (!rests_until_) return -1;
  const auto left = std::chrono::ceil<milliseconds>(*rests_until_ - std::chrono::steady_clock::now());
  if (left.count() > 0) return static_cast<int>(left.count());
  rests_until_.reset();
  hear_inotify(true);
  return -1;
}

void StoreWatch::run() {
  ::pthread_setname_np(::pthread_self(), "store-watch");
  while (!is_ending_) {
    std::array<epoll_event, 6> events;
    const int count =
        ::epoll_wait(epoll_.number(), events.data(), static_cast<int>(events.size()), milliseconds_of_rest());
    for (int i = 0; i < count && !is_ending_; ++i) {
      const int fd = events[static_cast<std::size_t>(i)].data.fd;
      if (inotify_ && fd == inotify_.number()) {
        read_inotify();
        continue;
      }
      // A clock that was set answers ECANCELED here: the timer is spent all the same.
      std::uint64_t count_of_events = 0;
      static_cast<void>(!::read(fd, &count_of_events, sizeof count_of_events));
      if (fd == event_.number()) {
        has_news_ = false;
        callbacks_.news();
      } else if (fd == due_.number()) {
        callbacks_.due();
      } else if (fd == sweep_.number()) {
        callbacks_.sweep();
      } else if (look_ && fd == look_.number()) {
        callbacks_.bell();
        static_cast<void>(callbacks_.closed({}));
      } else {
        look_at_workers();
      }
    }
  }
}

}  // namespace reelspool
