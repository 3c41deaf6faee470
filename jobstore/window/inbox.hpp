#pragma once

#include <chrono>
#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "jobstore/file/ledger.hpp"
#include "jobstore/window/notice.hpp"
#include "jobstore/window/rejects.hpp"
#include "jobstore/window/shelf.hpp"
#include "jobstore/window/watch.hpp"

namespace reelspool::window {

inline constexpr std::uint64_t largest_drop_bytes = 64U << 20;  ///< a job may carry pictures as data URLs

/// One file of the drop folder, read.
struct Drop {
  std::filesystem::path path;
  std::string id;
  std::string entry;  ///< JSON object text with its id
};

/// What lies in the drop folder.
struct Dropped {
  std::vector<std::filesystem::path> jobs;  ///< <id>.json, the oldest first
  /// Named otherwise, so that nobody takes it in, and when each was last written into.
  std::map<std::string, std::chrono::system_clock::time_point> others;
};
/// Errors: storage, transient  the folder cannot be read
Result<Dropped> drops_in(const std::filesystem::path& inbox);

/// The one job in the file, with its id. Nothing: it is being written, or went away.
/// Errors: invalid_request  it is no job, whatever comes; else the disk refused
Result<std::optional<Drop>> read_drop(Files& files, const std::filesystem::path& path);

/// The drop folder: each inbox/<id>.json is one job to submit (or one wish, as an entry of jobs.json would
/// state it). No lock, no contention, and no cost that grows with the queue.
///
/// A file goes once what it asks is durable; after a crash in between it is found again, its content is
/// known, and it goes silently. A bad one moves to inbox/rejected/, and its id shows as a failed job (see
/// Intake). Dot files are somebody's work in progress and are not touched. Nor is what has another name; once it
/// has lain there for 10 s that is told, for its author may wait for a job. A folder that was deleted is made anew.
///
/// Threads  One, the window's.
class Inbox {
 public:
  Inbox(Ledger& ledger, Shelf& shelf, Rejects& rejects, Report report);

  /// (disk) Takes in what lies there, at most `files_at_once` files with one sync; the oldest first. True:
  /// there is more. A file that a program still has open for writing is left until it is closed. Errors:
  /// storage  nothing was taken; the files stay
  Result<bool> take_in();

  /// When to look again though nothing comes: something with another name may have lain there for too long then.
  std::optional<Moment> deadline() const { return look_at_others_; }

 private:
  static constexpr std::size_t files_at_once = 500;
  static constexpr std::chrono::seconds patience_with_others{10};
  void tell_of_others(const Dropped& dropped);
  Result<> refuse(const Drop& drop, const std::string& reason);

  Ledger& ledger_;
  Files& files_;
  Shelf& shelf_;
  Rejects& rejects_;
  Report report_;
  const std::filesystem::path folder_;
  std::set<std::string> told_;  // files with other names
  std::optional<Moment> look_at_others_;
};

}  // namespace reelspool::window
