#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "jobstore/file/ledger.hpp"
#include "jobstore/window/inbox.hpp"
#include "jobstore/window/intake.hpp"
#include "jobstore/window/notice.hpp"
#include "jobstore/window/pace.hpp"
#include "jobstore/window/publisher.hpp"
#include "jobstore/window/rejects.hpp"
#include "jobstore/window/shelf.hpp"
#include "jobstore/window/status_files.hpp"
#include "jobstore/window/watch.hpp"

namespace reelspool::window {

/// All that the holder of store/publisher does, turn by turn and without a thread: take in jobs.json and the
/// drop folder, publish jobs.json and the status files. Whatever fails is reported once and tried again, ever
/// more slowly; the rest goes on: a jobs.json that cannot be read holds up neither the drop folder nor anybody's
/// status.json.
///
/// Threads  One, the window's.
class Duty {
 public:
  struct Options {
    Pace::Limits pace;
    Publisher::Limits publisher;
    std::chrono::milliseconds poll_every{2000};  ///< where the file system tells of no events; 0: never
    Report report;
  };

  /// Makes the folders that front ends write into, and watches them.
  static Result<std::unique_ptr<Duty>> open(Ledger& ledger, const Options& options);

  /// One turn after `seen`: what may be done now is done. When to come back though nothing is seen; nothing:
  /// never.
  std::optional<Moment> turn(const Seen& seen);

  /// Does everything at once, whatever the pace: at the end, and where somebody waits for it.
  Result<> finish();

  Watch& watch() { return watch_; }

 private:
  /// One of the things that are done, and how it is going.
  struct Part {
    std::string last_problem;            // told already
    std::chrono::milliseconds pause{0};  // after a failure, doubled by each
    Moment try_again{};
  };
  Duty(Ledger& ledger, Watch watch, const Options& options);
  Result<> begin();
  Result<> follow();
  Result<> take_in_jobs_file(const Seen& seen);
  Result<> take_in_inbox();
  Result<> publish(bool hurry);
  /// Does `act` if its time has come, and notes how it went.
  template <class Act>
  void attend(Part& part, Act act);
  std::optional<Moment> next_turn() const;

  Ledger& ledger_;
  const Options options_;
  Watch watch_;
  Rejects rejects_;
  Shelf shelf_;
  Intake intake_;
  Inbox inbox_;
  StatusFiles status_files_;
  Publisher publisher_;
  Pace pace_;
  bool has_begun_ = false;
  bool inbox_waits_ = true;
  bool reread_ = false;  // a program wrote into jobs.json; kept until it was read
  bool others_run_ = false;
  Part store_, jobs_file_, publishing_, inbox_part_, status_part_;
};

}  // namespace reelspool::window
