#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>

#include "jobstore/result.hpp"

namespace reelspool {

/// Owns one file descriptor. Move-only; closed by the destructor.
class Fd {
 public:
  Fd() = default;
  explicit Fd(int number) : number_(number) {}
  Fd(Fd&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  Fd& operator=(Fd&& other) noexcept;
  ~Fd();

  int number() const { return number_; }
  explicit operator bool() const { return number_ >= 0; }

 private:
  int number_ = -1;
};

/// Every system call that the store makes on files passes through make(), so that a test can let the third one
/// fail, cut the fourth short, end the process at the fifth, or remember them all. Nothing else about files is
/// abstract.
///
/// Threads    Any.
/// Errors     `storage` for ENOSPC, EDQUOT, EROFS and EIO, else `transient`; `code` is the name of the errno
///            ("ENOENT"), the message names the activity and the path. EINTR is tried again here and nowhere
///            else.
class Files {
 public:
  enum class Call {
    open,
    read,
    write,
    sync,
    sync_dir,
    rename,
    exchange,
    unlink,
    mkdir,
    truncate,
    lock,
    touch,
    allocate
  };
  enum class Sharing { shared, exclusive };

  struct Stat {
    dev_t device = 0;
    ino_t inode = 0;
    mode_t mode = 0;
    std::uint64_t size_bytes = 0;
    std::uint64_t allocated_bytes = 0;  ///< of the disk, whole blocks; also beyond the size
    std::int64_t modified_ns = 0;       ///< since 1970
  };

  virtual ~Files() = default;

  /// `flags` as open(2); O_CLOEXEC is added. A new file gets `mode` less the umask.
  Result<Fd> open(const std::filesystem::path& path, int flags, mode_t mode = 0644);
  Result<Stat> stat(const Fd& fd);
  Result<Stat> stat(const std::filesystem::path& path);  ///< follows links

  /// Reads up to `size` bytes; fewer only at the end of the file.
  Result<std::size_t> read_at(const Fd& fd, std::uint64_t offset, char* into, std::size_t size);
  Result<std::string> read_all(const std::filesystem::path& path);
  /// All of it or an error; on an error any part may have been written.
  Result<> write_at(const Fd& fd, std::uint64_t offset, std::string_view bytes);

  /// fdatasync. After a failure the pages may be gone: never try it again (fsync(2), the "fsyncgate" of
  /// 2018).
  Result<> sync(const Fd& fd);
  Result<> sync_dir(const std::filesystem::path& dir);  ///< makes names durable: creations, renames, removals
  /// Creates or overwrites `path` with `bytes`, synced. Not its name: sync_dir() for that.
  Result<> write_synced(const std::filesystem::path& path, std::string_view bytes, mode_t mode = 0644);

  Result<> rename(const std::filesystem::path& from, const std::filesystem::path& to);
  /// renameat2(RENAME_EXCHANGE): both names exist before and after.
  Result<> exchange(const std::filesystem::path& one, const std::filesystem::path& other);
  Result<> unlink(const std::filesystem::path& path);  ///< already absent: ok
  Result<> mkdir(const std::filesystem::path& path);   ///< already there: ok
  Result<> truncate(const Fd& fd, std::uint64_t size);
  /// Gives the file disk blocks for these bytes, without changing its size: they can be written later though the disk is full by
  /// then. What is allocated already stays; cutting the file frees what is behind its new end. Errors: code EOPNOTSUPP  the
  /// file system cannot
  Result<> allocate(const Fd& fd, std::uint64_t offset, std::uint64_t size);

  /// flock(2): the lock belongs to the open file and goes with its last descriptor, however the process ends.
  /// Another lock on the same Fd replaces the former one.
  Result<> lock(const Fd& fd, Sharing sharing);          ///< waits
  Result<bool> try_lock(const Fd& fd, Sharing sharing);  ///< false: somebody else has it
  Result<> unlock(const Fd& fd);

  /// Sets the times to now: watchers see IN_ATTRIB.
  Result<> touch(const Fd& fd);

 protected:
  /// One system call as it goes to the kernel. What does not apply to it is as here.
  struct Deed {
    Call call = Call::open;
    int fd = -1;
    const char* path = nullptr;
    const char* other_path = nullptr;  ///< rename, exchange: the second
    int flags = 0;                     ///< of open(2) or flock(2)
    mode_t mode = 0;
    std::uint64_t offset = 0;  ///< truncate: the new size
    std::size_t size = 0;
    char* into = nullptr;        ///< read
    const char* from = nullptr;  ///< write
  };
  /// Makes one call, once, and answers as the kernel does: -1 with errno set, or what the call returns, which
  /// for a write may be less than `size`.
  virtual long make(const Deed& deed);
  /// Asked by make() before each call; an errno makes the call fail with it without being made.
  virtual int disturb(Call call);

 private:
  /// Makes a call until no signal interrupts it.
  long made(const Deed& deed);
};

/// The files of this machine, undisturbed.
Files& system_files();

}  // namespace reelspool
