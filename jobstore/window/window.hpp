#pragma once

#include <memory>

#include "jobstore/file/ledger.hpp"
#include "jobstore/result.hpp"
#include "jobstore/window/duty.hpp"

namespace reelspool {

using WindowOptions = window::Duty::Options;

/// What front ends see and write: jobs.json, the drop folder inbox/, jobs/<id>/status.json. This is its front
/// door.
///
/// One process at a time serves it, the holder of store/publisher; every other worker stands in line and
/// takes over the moment that one ends. The work is done by a thread of its own, which sleeps while nothing
/// happens.
///
/// Ownership  Holds a reference to the ledger, which must outlive it. The destructor publishes the last state
/// if this process
///            serves, and stops the thread.
/// Threads    Any.
class Window {
 public:
  /// Uses the ledger's one movement listener.
  /// Errors: storage, transient  the lock's file or the thread cannot be made. Anything later is reported and
  /// tried again.
  static Result<std::unique_ptr<Window>> open(Ledger& ledger, const WindowOptions& options);
  ~Window();

  /// Waits until all that the ledger knows now is published and all that lies there now is taken in, whatever
  /// the pace. Ok at once when another process serves.
  Result<> flush();

  /// This process serves the window now.
  bool serves() const;

 private:
  struct Inside;
  explicit Window(std::unique_ptr<Inside> inside);
  std::unique_ptr<Inside> inside_;
};

/// For a command when perhaps no worker lives: takes in and publishes once, on the caller's thread. False: a
/// living process serves the window, and does it by itself. (disk)
Result<bool> publish_once(Ledger& ledger, const WindowOptions& options);

}  // namespace reelspool
