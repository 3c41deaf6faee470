#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>

#include "jobstore/file/ledger.hpp"
#include "jobstore/window/displaced.hpp"
#include "jobstore/window/intake.hpp"
#include "jobstore/window/notice.hpp"
#include "jobstore/window/pace.hpp"
#include "jobstore/window/shelf.hpp"
#include "jobstore/window/watch.hpp"

namespace reelspool::window {

/// Keeps jobs.json: puts the shelf's content under that name, and takes in whatever somebody else put there.
///
/// No wish is lost to a front end that takes no lock, because the file is never replaced but exchanged
/// (renameat2 RENAME_EXCHANGE): the file that comes back is either the one that was known, or somebody's, and
/// then it is taken in and jobs.json published anew. On the way:
///
///     .jobs.json.N.new   being written; worthless after a crash, removed at the next start
///     .jobs.json.N.x     complete, and about to be exchanged, or just exchanged away: after a crash it may
///     hold somebody's
///                        wishes, so it is taken in at the next start (ours wish nothing)
///     jobs.json.broken-DATE   was no JSON, and stayed so
///
/// A file is ours, or known, by identity (device, inode, size, modification time) while its descriptor is
/// kept open, so that no other file can have its inode.
///
/// Threads  One, the window's. Only the holder of store/publisher may have one.
class Publisher {
 public:
  struct Limits {
    /// A larger jobs.json is set aside unread, unless we publish as much ourselves. Reading one takes its size
    /// in memory, and once more for what is new in it.
    std::uint64_t largest_file_bytes = 256U << 20;
    std::chrono::milliseconds broken_patience{
        2000};  ///< since its last change; then what is no JSON is set aside
  };

  /// `follow` brings the shelf up to date with the ledger.
  Publisher(Ledger& ledger, Shelf& shelf, Intake& intake, Watch& watch, const Limits& limits,
            std::function<Result<>()> follow, Report report);

  /// Takes in what a publisher that was killed left behind.
  Result<> begin();

  /// Takes jobs.json in if it is not the version that is known. Cheap if it is: one open(2), one fstat(2).
  /// `written_into`: a program wrote into it, so it is read even if it looks the same.
  Result<> look(bool written_into = false);

  /// Writes the shelf's content to jobs.json. Done as well when that has to wait for somebody who is writing
  /// in place: then `stale()` is still true.
  Result<> publish();

  /// jobs.json differs from what it should say: something changed since, or somebody else wrote it.
  bool stale() const { return stale_; }
  void mark_stale() { stale_ = true; }

  Result<> settle() { return displaced_.settle(std::chrono::steady_clock::now()); }
  /// When look() or settle() has to be called though nothing was seen.
  std::optional<Moment> deadline() const;
  /// jobs.json is no JSON now, and waited for: publishing would take it from under its writer.
  bool waiting_for_writer() const { return broken_ && !broken_->given_up; }

  std::uint64_t bytes_written() const { return bytes_written_; }  ///< by all publishes together

 private:
  struct Known {
    Fd file;
    Identity identity;
  };
  struct Broken {  // jobs.json as it is cannot be read
    Identity identity;
    Moment until, latest;   // looked at again; at the latest with a writer that does not close it
    bool given_up = false;  // the next exchange sets it aside
  };
  struct Staged {
    std::filesystem::path path;
    Known known;
  };
  enum class Exchanged { clean, foreign, overtaken };

  Result<Fd> open_jobs_file() const;
  Result<bool> is_unchanged() const;
  Result<bool> take_in_file(const Fd& file);
  Result<bool> take_in_or_set_aside(const std::filesystem::path& path, const Fd& file);
  Result<std::string> read_whole(const Fd& file) const;
  Result<> set_aside(const std::filesystem::path& path, std::string_view reason);
  Result<Staged> stage();
  Result<Exchanged> exchange(Staged staged);
  Result<bool> first_publish(Staged staged);
  Result<Exchanged> take_in_displaced(const std::filesystem::path& path, Known previous);
  void wait_for_writer(const Identity& identity);
  void look_at_broken(Known jobs_file);

  Ledger& ledger_;
  Files& files_;
  Shelf& shelf_;
  Intake& intake_;
  Watch& watch_;
  const Limits limits_;
  std::function<Result<>()> follow_;
  Report report_;
  const std::filesystem::path folder_, jobs_file_, lock_directory_;

  std::optional<Known> known_;  // what jobs.json is, as far as we know; nothing: it does not exist
  std::optional<Broken> broken_;
  Displaced displaced_;
  bool stale_ = true;
  bool can_exchange_ = true;
  std::uint64_t bytes_written_ = 0;
};

}  // namespace reelspool::window
