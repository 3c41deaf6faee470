#include "worker/providers/slots.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <string>
#include <system_error>

#include "worker/programs/records.hpp"
#include "worker/providers/boot_clock.hpp"

namespace reelspool {
namespace {

using std::chrono::milliseconds;

constexpr std::size_t head_bytes = 64;
constexpr milliseconds look_again{100};  // at slots that are in use: nobody tells when they are given back

off_t place_of(std::size_t index) {
  return static_cast<off_t>(head_bytes + index * 2 * sizeof(std::int64_t));
}

std::int64_t wall_milliseconds() {
  return std::chrono::duration_cast<milliseconds>(std::chrono::system_clock::now().time_since_epoch())
      .count();
}

bool set_lock(int file, off_t at, short kind) {
  struct ::flock lock {};
  lock.l_type = kind;
  lock.l_whence = SEEK_SET;
  lock.l_start = at;
  lock.l_len = 1;
  int done = 0;
  do done = ::fcntl(file, F_OFD_SETLK, &lock);
  while (done != 0 && errno == EINTR);
  return done == 0;
}

Result<> lock_head(int file, const std::string& activity) {
  int done = 0;
  do done = ::flock(file, LOCK_EX);
  while (done != 0 && errno == EINTR);
  return done == 0 ? Result<>(ok) : system_error(activity, errno);
}

}  // namespace

/// When a slot was last given back; {0, 0} where it never was used.
struct Slots::Times {
  std::int64_t boot = 0, wall = 0;

  static constexpr std::int64_t in_use =
      -1;  // instead of `boot`: its user writes the end, if it lives to see it
  static Times now() { return {boot_clock().count(), wall_milliseconds()}; }
};

Slots::Slots(std::filesystem::path file, std::size_t count, milliseconds window)
    : path_(std::move(file)), window_(window), ours_(std::max<std::size_t>(count, 1)) {}

Result<Slots::Times> Slots::read_times(const Descriptor& file, std::size_t index) const {
  Times times;
  const ssize_t got = ::pread(file.number(), &times, sizeof times, place_of(index));
  if (got < 0) return system_error("reading " + path_.string(), errno);
  return got == sizeof times ? times : Times();  // beyond the end of the file
}

Result<> Slots::write_times(const Descriptor& file, std::size_t index, const Times& times) const {
  const ssize_t wrote = ::pwrite(file.number(), &times, sizeof times, place_of(index));
  if (wrote == sizeof times) return ok;
  return system_error("writing " + path_.string(), wrote < 0 ? errno : ENOSPC);
}

Result<> Slots::open() {
  if (file_.number() >= 0) return ok;
  std::error_code failed;
  std::filesystem::create_directories(path_.parent_path(), failed);
  Descriptor file(::open(path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  const std::string activity = "opening " + path_.string();
  if (file.number() < 0) return system_error(activity, errno);
  if (Result<> locked = lock_head(file.number(), activity); !locked) return locked;
  Result<> begun = begin_boot(file);
  ::flock(file.number(), LOCK_UN);
  if (begun) file_ = std::move(file);
  return begun;
}

/// The first of a boot makes the times of the last one this boot's.
Result<> Slots::begin_boot(const Descriptor& file) {
  std::array<char, head_bytes> head{}, then{};
  const std::string id = boot_id();
  std::memcpy(head.data(), id.data(), std::min(id.size(), head.size() - 1));
  if (::pread(file.number(), then.data(), then.size(), 0) < 0)
    return system_error("reading " + path_.string(), errno);
  if (then == head) return ok;
  struct ::stat found {};
  if (::fstat(file.number(), &found) != 0) return system_error("reading " + path_.string(), errno);
  const Times now = Times::now();
  for (std::size_t index = 0; place_of(index) < found.st_size; ++index) {
    Result<Times> times = read_times(file, index);
    if (!times) return times.error();
    if (times->wall == 0) continue;
    const std::int64_t age =
        times->boot == Times::in_use ? 0 : std::max<std::int64_t>(now.wall - times->wall, 0);
    if (Result<> wrote = write_times(file, index, {now.boot - age, now.wall - age}); !wrote) return wrote;
  }
  if (::pwrite(file.number(), head.data(), head.size(), 0) != static_cast<ssize_t>(head.size()))
    return system_error("writing " + path_.string(), errno);
  return ok;
}

bool Slots::lock(std::size_t index) {
  return set_lock(file_.number(), place_of(index), F_WRLCK);
}
void Slots::unlock(std::size_t index) {
  set_lock(file_.number(), place_of(index), F_UNLCK);
}

/// How long until a slot that is locked by us, and that nobody else uses, may be used again.
Result<Slots::Wait> Slots::left_of(std::size_t index) {
  const Times now = Times::now();
  Result<Times> times = read_times(file_, index);
  if (!times) return times.error();
  if (times->wall == 0) return Wait(0);
  if (times->boot == Times::in_use) {  // its user died
    if (Result<> ended = write_times(file_, index, now); !ended) return ended.error();
    return window_;
  }
  return Wait(std::min(times->boot + window_.count() - now.boot, window_.count()));
}

Result<std::variant<Slots::Slot, Slots::Wait>> Slots::take() {
  using Taken = std::variant<Slot, Wait>;
  if (Result<> opened = open(); !opened) return opened.error();
  Wait shortest = window_.count() > 0 ? window_ : look_again;
  for (std::size_t step = 0; step < ours_.size(); ++step) {
    const std::size_t index = (next_ + step) % ours_.size();
    if (ours_[index] || !lock(index)) {
      shortest = std::min(shortest, look_again);
      continue;
    }
    const Result<Wait> left = left_of(index);
    Result<> marked = ok;
    if (left && left->count() <= 0) marked = write_times(file_, index, {Times::in_use, wall_milliseconds()});
    if (left && marked && left->count() <= 0) {
      ours_[index] = true;
      next_ = index + 1;
      return Taken(Slot(this, index));
    }
    unlock(index);
    if (!left) return left.error();
    if (!marked) return marked.error();
    shortest = std::min(shortest, *left);
  }
  return Taken(std::max(shortest, Wait(1)));
}

void Slots::give_back(std::size_t index) {
  // What cannot be written is found in use by nobody later, and counts from then.
  static_cast<void>(write_times(file_, index, Times::now()));
  unlock(index);
  ours_[index] = false;
}

void Slots::Slot::give_back() {
  if (slots_ != nullptr) std::exchange(slots_, nullptr)->give_back(index_);
}

Slots::Slot& Slots::Slot::operator=(Slot&& other) noexcept {
  if (this != &other) {
    give_back();
    slots_ = std::exchange(other.slots_, nullptr);
    index_ = other.index_;
  }
  return *this;
}

}  // namespace reelspool
