#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <map>
#include <memory>
#include <string>

#include "jobstore/job_store.hpp"
#include "jobstore/json.hpp"
#include "worker/steps/pool.hpp"

namespace reelspool {

/// The job's field `operations` (J18): what is under way at providers, step by step. The first change is written at once, the
/// next ones at most five times a second, all that is there then: a job may have thousands. Only shown: the truth is in the
/// step records, so a failure to write it harms nothing.
///
/// Threads    Loop thread only; the store is called from the pool.
/// Ownership  By shared_ptr: what is being written keeps it alive.
class ShownOperations : public std::enable_shared_from_this<ShownOperations> {
 public:
  ShownOperations(const boost::asio::any_io_executor& executor, JobStore& store, Pool& pool, Claim claim);

  /// What the newest record of a step says. `is_known`: an attempt before this one has shown it.
  void note(const StepRecord& record, bool is_known = false);

  /// Writes what is left; after that the claim is not used any more, and note() does nothing. Call before the job is ended
  /// in the store.
  boost::asio::awaitable<void> end();

 private:
  boost::asio::awaitable<void> write_on();

  JobStore& store_;
  Pool& pool_;
  const Claim claim_;
  boost::asio::steady_timer pause_;
  boost::asio::steady_timer over_;
  std::map<std::string, Json> operations_;  // by step
  bool is_dirty_ = false;
  bool is_writing_ = false;
  bool ended_ = false;
};

}  // namespace reelspool
