#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "jobstore/job_store.hpp"
#include "worker/config/log.hpp"
#include "worker/config/settings.hpp"

namespace reelspool {

/// A process that makes videos: the store, the loop and every part that the engine needs, wired together. `worker` and `run` differ
/// only in what they do with it.
///
/// Threads  Made, run and destroyed on one thread, which becomes the loop. store() from any thread.
class Workshop {
 public:
  /// `settings` is referred to and must outlive it.
  /// Errors: storage when DATA_DIR cannot be used; unavailable when a living worker has WORKER_NAME.
  static Result<std::unique_ptr<Workshop>> open(const Settings& settings);
  ~Workshop();

  JobStore& store();
  const std::filesystem::path& data() const;
  /// What the log says at the start (O10): name, limits, store, plugins.
  Log::Fields description() const;

  /// Runs the engine until a stop is asked for, or until the job `only` has ended when it is named. SIGTERM and SIGINT stop it
  /// gracefully (J15); a second one ends the grace.
  Result<> run(const std::string& only = {});

 private:
  struct Parts;
  explicit Workshop(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace reelspool
