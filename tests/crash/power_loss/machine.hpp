#pragma once

#include <array>
#include <condition_variable>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "jobstore/file/files.hpp"
#include "tests/crash/power_loss/disk.hpp"

namespace reelspool::crash {

/// Who makes the next call.
struct Schedule {
  int first = 0;  ///< begins
  int hands_over_after =
      0;               ///< so many calls of the first, then the other one runs to its end; 0: the first does
  bool kills = false;  ///< the first never goes on after that: kill -9
  int changes_every = 0;  ///< instead: they take turns, so many calls each
  std::string text() const;
};

/// Two programs on one Disk. They are threads, each with Files of its own as two processes would have, but only one
/// moves at a time, from one call of the seam to the next, as the schedule says: the same schedule, the same history.
/// A program that waits for a lock lets the other one make calls until it is free.
///
/// The calls are really made, below `root`. Threads that no schedule knows (a store's watch) are told that nothing
/// can be done now, and the bell is not rung. A killed program is unwound by an exception; calls that it tries to
/// make on the way are not made.
class Machine {
 public:
  using Program = std::function<void(Files&)>;
  /// Called before each change of the disk, and at the end: nothing moves meanwhile.
  using Moment = std::function<void(const Disk&)>;

  Machine(const std::filesystem::path& root, const Schedule& schedule, Moment moment);
  ~Machine();

  /// The n-th sync of a file fails (from 1), as by a bad sector: EIO, and what was not synced may be lost, whatever
  /// later syncs say. Whoever has the file open gets the error once; who opens it later does not (Linux since 4.16).
  /// `kills`: its program is killed before it can do anything about it.
  void fail_sync(int nth, bool kills = false) {
    failing_sync_ = nth;
    failing_kills_ = kills;
  }

  /// Runs one or two programs to their ends.
  void run(const std::vector<Program>& programs);

  bool is_killed(int program) const {
    return program == killed_by_sync_ ||
           (schedule_.kills && program == schedule_.first && calls_of(program) >= schedule_.hands_over_after);
  }
  int calls_of(int program) const { return calls_.at(static_cast<std::size_t>(program)); }
  int syncs() const { return syncs_; }

 private:
  class Process;
  void wait_for_turn(int program);
  void pass_on(int program);
  void lend(int program, const std::string& lock_file);
  void end(int program);
  bool others_run(int program) const;

  const Schedule schedule_;
  const Moment moment_;
  Disk disk_;
  int failing_sync_ = 0, syncs_ = 0;
  bool failing_kills_ = false;
  int killed_by_sync_ = -1;              // the program
  std::map<Disk::Inode, int> failures_;  // of its syncs

  std::mutex mutex_;  // guards all below; whoever has the turn also owns what is above
  std::condition_variable turned_;
  int turn_ = 0, since_turn_ = 0, waits_ = 0;
  std::optional<int> lender_;
  std::array<int, 2> calls_{};
  std::array<bool, 2> runs_{};
  std::array<std::unique_ptr<Process>, 2> processes_;
};

}  // namespace reelspool::crash
