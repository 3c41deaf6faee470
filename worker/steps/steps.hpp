#pragma once

#include <boost/asio/awaitable.hpp>
#include <filesystem>
#include <functional>
#include <map>
#include <string>

#include "jobstore/job_store.hpp"
#include "worker/steps/permits.hpp"
#include "worker/steps/pool.hpp"
#include "worker/steps/work.hpp"

namespace reelspool {

/// The memory of one attempt. A step that is done, with the same key, answers at once; one that is not is
/// carried out, and its outcome is durable before the job goes on. So a job is an ordinary coroutine that may
/// be run again from the top.
///
///   auto speech = co_await steps.run("scene-3/speech", speak(request));
///   if (!speech) co_return speech.error();
///
/// Rules      Within an attempt the key alone decides; a new attempt needs the same hash too. A failure is
/// remembered until
///            the attempt ends; content_policy and invalid_request as long as the hash is the same.
///            A transient failure of a step is tried again within the attempt by the waits of its kind (J5).
///            After one step failed for good nothing new is begun (`closed()`); what runs is finished.
/// Threads    Loop thread only.
class Steps {
 public:
  struct Place {
    std::filesystem::path job_folder;   ///< <data>/jobs/<id>: products go here
    std::filesystem::path work_folder;  ///< <data>/jobs/<id>/work-<token>: an attempt writes only here
  };
  Steps(JobStore& store, Pool& pool, Permits& permits, Claim claim, int attempt, Place place, Stop& stop);

  /// Reads the memory; call once, before run().
  boost::asio::awaitable<Result<>> open();

  /// The step's value, remembered or made now.
  boost::asio::awaitable<Result<Json>> run(std::string key, Work work);

  /// Called with (key, fraction 0-1) whenever a step moves; 1 when it is done, also when it was remembered.
  std::function<void(const std::string& key, const std::string& kind, double fraction)> on_progress;

  const std::filesystem::path& job_folder() const { return place_.job_folder; }

 private:
  JobStore& store_;
  Pool& pool_;
  Permits& permits_;
  Claim claim_;
  int attempt_;
  Place place_;
  Stop& stop_;
  std::map<std::string, StepRecord> memory_;
  bool closed_ = false;
};

}  // namespace reelspool
