#pragma once

#include <fcntl.h>

#include <chrono>
#include <filesystem>
#include <functional>
#include <optional>
#include <vector>

#include "jobstore/file/files.hpp"
#include "jobstore/window/watch.hpp"

namespace reelspool::window {

/// How a file that somebody else wrote is opened: not if it is a link, and without waiting if it is a pipe.
inline constexpr int open_flags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK;

/// Tells one version of a file from another: which file, and whether it was written into since.
struct Identity {
  dev_t device = 0;
  ino_t inode = 0;
  std::uint64_t size_bytes = 0;
  std::int64_t modified_ns = 0;
  bool operator==(const Identity&) const = default;
};
Identity identity_of(const Files::Stat& stat);

/// Whether a program has the file open for writing, asked with a read lease (fcntl F_SETLEASE). `unknown`
/// where leases are not to be had: another owner's file without CAP_LEASE, some file systems.
///
/// A granted lease holds off whoever opens the file for writing until `fd` is closed or released; the kernel
/// announces that with SIGURG, which is ignored by default.
enum class Writers { none_and_leased, some, unknown };
Writers lease(const Fd& fd);
void release_lease(const Fd& fd);

/// Files that a publish exchanged away. A program that writes in place may have one open still and finish
/// writing into it, so each stays until nobody can, or for 10 s; what was written meanwhile is taken in like
/// any other file.
///
/// Threads  One, the window's.
class Displaced {
 public:
  static constexpr std::chrono::seconds longest_stay{10};

  /// Takes in the content of `file`, named `path`. False: it is no job file, and was set aside; the name is
  /// free.
  using TakeIn = std::function<Result<bool>(const std::filesystem::path& path, const Fd& file)>;

  Displaced(Files& files, TakeIn take_in) : files_(files), take_in_(std::move(take_in)) {}

  /// `read` is the version whose content is known already; nothing: it has yet to be taken in. A `file` that could not be
  /// opened is opened by settle().
  void add(std::filesystem::path path, Fd file, std::optional<Identity> read, Moment now);

  /// Removes those that nobody can be writing to any more. Those left have a deadline, or a writer whose
  /// closing is seen. Errors: storage  what was found could not be taken in; the file stays and is tried
  /// again
  Result<> settle(Moment now);
  std::optional<Moment> deadline() const;
  bool empty() const { return waiting_.empty(); }

 private:
  struct Waiting {
    std::filesystem::path path;
    Fd file;
    std::optional<Identity> read;
    Moment until;
  };
  Result<> finish(Waiting& waiting);

  Files& files_;
  TakeIn take_in_;
  std::vector<Waiting> waiting_;
};

}  // namespace reelspool::window
