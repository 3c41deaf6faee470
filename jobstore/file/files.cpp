#include "jobstore/file/files.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

namespace reelspool {
namespace {

Error failed(std::string_view activity, const std::filesystem::path& path, int errno_value) {
  std::string what(activity);
  if (!path.empty()) what += " " + path.string();
  Error error = system_error(what, errno_value);
  if (const char* name = strerrorname_np(errno_value)) error.code = name;
  return error;
}

/// Of an open file only the number is known; the kernel knows its name.
std::filesystem::path name_of(const Fd& fd) {
  char name[4096];
  const std::string link = "/proc/self/fd/" + std::to_string(fd.number());
  const ssize_t size = ::readlink(link.c_str(), name, sizeof name);
  return size > 0 ? std::filesystem::path(std::string(name, static_cast<std::size_t>(size)))
                  : std::filesystem::path(link);
}

Files::Stat stat_from(const struct ::stat& from) {
  Files::Stat stat;
  stat.device = from.st_dev;
  stat.inode = from.st_ino;
  stat.mode = from.st_mode;
  stat.size_bytes = static_cast<std::uint64_t>(from.st_size);
  stat.allocated_bytes =
      static_cast<std::uint64_t>(from.st_blocks) * 512;  // in this unit everywhere: stat(2)
  stat.modified_ns = static_cast<std::int64_t>(from.st_mtim.tv_sec) * 1'000'000'000 + from.st_mtim.tv_nsec;
  return stat;
}

}  // namespace

Fd& Fd::operator=(Fd&& other) noexcept {
  if (this != &other) {
    if (number_ >= 0) ::close(number_);
    number_ = std::exchange(other.number_, -1);
  }
  return *this;
}

Fd::~Fd() {
  if (number_ >= 0) ::close(number_);
}

int Files::disturb(Call) {
  return 0;
}

long Files::make(const Deed& deed) {
  if (const int problem = disturb(deed.call)) {
    errno = problem;
    return -1;
  }
  switch (deed.call) {
    case Call::open:
      return ::open(deed.path, deed.flags, deed.mode);
    case Call::read:
      return ::pread(deed.fd, deed.into, deed.size, static_cast<off_t>(deed.offset));
    case Call::write:
      return ::pwrite(deed.fd, deed.from, deed.size, static_cast<off_t>(deed.offset));
    case Call::sync:
      return ::fdatasync(deed.fd);
    case Call::sync_dir:
      return ::fsync(deed.fd);
    case Call::rename:
      return ::rename(deed.path, deed.other_path);
    case Call::exchange:
      return ::renameat2(AT_FDCWD, deed.path, AT_FDCWD, deed.other_path, RENAME_EXCHANGE);
    case Call::unlink:
      return ::unlink(deed.path);
    case Call::mkdir:
      return ::mkdir(deed.path, deed.mode);
    case Call::truncate:
      return ::ftruncate(deed.fd, static_cast<off_t>(deed.offset));
    case Call::lock:
      return ::flock(deed.fd, deed.flags);
    case Call::touch:
      return ::futimens(deed.fd, nullptr);
    case Call::allocate:
      return ::fallocate(deed.fd, FALLOC_FL_KEEP_SIZE, static_cast<off_t>(deed.offset),
                         static_cast<off_t>(deed.size));
  }
  errno = ENOSYS;
  return -1;
}

long Files::made(const Deed& deed) {
  long answer = make(deed);
  while (answer == -1 && errno == EINTR) answer = make(deed);
  return answer;
}

Result<Fd> Files::open(const std::filesystem::path& path, int flags, mode_t mode) {
  const long number =
      made({.call = Call::open, .path = path.c_str(), .flags = flags | O_CLOEXEC, .mode = mode});
  if (number < 0) return failed("opening", path, errno);
  return Fd(static_cast<int>(number));
}

Result<Files::Stat> Files::stat(const Fd& fd) {
  struct ::stat found;
  if (::fstat(fd.number(), &found) != 0) return failed("looking at", name_of(fd), errno);
  return stat_from(found);
}

Result<Files::Stat> Files::stat(const std::filesystem::path& path) {
  struct ::stat found;
  if (::stat(path.c_str(), &found) != 0) return failed("looking at", path, errno);
  return stat_from(found);
}

Result<std::size_t> Files::read_at(const Fd& fd, std::uint64_t offset, char* into, std::size_t size) {
  const long got =
      made({.call = Call::read, .fd = fd.number(), .offset = offset, .size = size, .into = into});
  if (got < 0) return failed("reading", name_of(fd), errno);
  return static_cast<std::size_t>(got);
}

Result<std::string> Files::read_all(const std::filesystem::path& path) {
  Result<Fd> fd = open(path, O_RDONLY);
  if (!fd) return std::move(fd.error());
  Result<Stat> found = stat(*fd);
  if (!found) return std::move(found.error());
  std::string bytes;
  // One byte more than it says: a file that grows meanwhile is read to where it ends then.
  std::size_t room = found->size_bytes + 1;
  while (true) {
    const std::size_t had = bytes.size();
    bytes.resize(had + room);
    Result<std::size_t> got = read_at(*fd, had, bytes.data() + had, room);
    if (!got) return std::move(got.error());
    bytes.resize(had + *got);
    if (*got == 0) return bytes;
    room = 1U << 16;
  }
}

Result<> Files::write_at(const Fd& fd, std::uint64_t offset, std::string_view bytes) {
  while (!bytes.empty()) {
    const long put = made({.call = Call::write,
                           .fd = fd.number(),
                           .offset = offset,
                           .size = bytes.size(),
                           .from = bytes.data()});
    if (put < 0) return failed("writing", name_of(fd), errno);
    offset += static_cast<std::uint64_t>(put);
    bytes.remove_prefix(static_cast<std::size_t>(put));
  }
  return ok;
}

Result<> Files::sync(const Fd& fd) {
  if (made({.call = Call::sync, .fd = fd.number()}) != 0) return failed("syncing", name_of(fd), errno);
  return ok;
}

Result<> Files::sync_dir(const std::filesystem::path& dir) {
  Result<Fd> fd = open(dir, O_RDONLY | O_DIRECTORY);
  if (!fd) return std::move(fd.error());
  if (made({.call = Call::sync_dir, .fd = fd->number()}) != 0) return failed("syncing", dir, errno);
  return ok;
}

Result<> Files::write_synced(const std::filesystem::path& path, std::string_view bytes, mode_t mode) {
  Result<Fd> fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, mode);
  if (!fd) return std::move(fd.error());
  if (Result<> written = write_at(*fd, 0, bytes); !written) return written;
  return sync(*fd);
}

Result<> Files::rename(const std::filesystem::path& from, const std::filesystem::path& to) {
  if (made({.call = Call::rename, .path = from.c_str(), .other_path = to.c_str()}) != 0)
    return failed("renaming " + from.string() + " to", to, errno);
  return ok;
}

Result<> Files::exchange(const std::filesystem::path& one, const std::filesystem::path& other) {
  if (made({.call = Call::exchange, .path = one.c_str(), .other_path = other.c_str()}) != 0)
    return failed("exchanging", other, errno);
  return ok;
}

Result<> Files::unlink(const std::filesystem::path& path) {
  if (made({.call = Call::unlink, .path = path.c_str()}) != 0 && errno != ENOENT)
    return failed("deleting", path, errno);
  return ok;
}

Result<> Files::mkdir(const std::filesystem::path& path) {
  if (made({.call = Call::mkdir, .path = path.c_str(), .mode = 0755}) == 0) return ok;
  const int reason = errno;
  std::error_code ignored;
  if (reason == EEXIST && std::filesystem::is_directory(path, ignored)) return ok;
  return failed("making the folder", path, reason);
}

Result<> Files::truncate(const Fd& fd, std::uint64_t size) {
  if (made({.call = Call::truncate, .fd = fd.number(), .offset = size}) != 0)
    return failed("cutting", name_of(fd), errno);
  return ok;
}

Result<> Files::allocate(const Fd& fd, std::uint64_t offset, std::uint64_t size) {
  if (made({.call = Call::allocate, .fd = fd.number(), .offset = offset, .size = size}) != 0)
    return failed("allocating room in", name_of(fd), errno);
  return ok;
}

Result<> Files::lock(const Fd& fd, Sharing sharing) {
  const int how = sharing == Sharing::shared ? LOCK_SH : LOCK_EX;
  if (made({.call = Call::lock, .fd = fd.number(), .flags = how}) != 0)
    return failed("locking", name_of(fd), errno);
  return ok;
}

Result<bool> Files::try_lock(const Fd& fd, Sharing sharing) {
  const int how = (sharing == Sharing::shared ? LOCK_SH : LOCK_EX) | LOCK_NB;
  if (made({.call = Call::lock, .fd = fd.number(), .flags = how}) == 0) return true;
  if (errno == EWOULDBLOCK) return false;
  return failed("locking", name_of(fd), errno);
}

Result<> Files::unlock(const Fd& fd) {
  if (::flock(fd.number(), LOCK_UN) != 0) return failed("unlocking", name_of(fd), errno);
  return ok;
}

Result<> Files::touch(const Fd& fd) {
  if (made({.call = Call::touch, .fd = fd.number()}) != 0) return failed("touching", name_of(fd), errno);
  return ok;
}

Files& system_files() {
  static Files files;
  return files;
}

}  // namespace reelspool
