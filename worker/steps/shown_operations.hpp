#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <memory>

#include "jobstore/job_store.hpp"
#include "worker/steps/pool.hpp"
#include "worker/steps/trailing_writer.hpp"

namespace reelspool {

/// The job's field `operations` (J18): what is under way at providers, step by step. Written at most five times a second, all
/// that is there then: a job may have thousands. Only shown: the truth is in the step records, so a failure to write it harms
/// nothing.
///
/// Threads    Loop thread only; the store is called from the pool.
/// Ownership  The store and the pool outlive what is being written.
class ShownOperations {
 public:
  ShownOperations(const boost::asio::any_io_executor& executor, JobStore& store, Pool& pool, Claim claim);

  /// What the newest record of a step says. `is_known`: an attempt before this one has shown it.
  void note(const StepRecord& record, bool is_known = false);

  /// Writes what is left; after that the claim is not used any more, and note() does nothing. Call before the job is ended
  /// in the store.
  boost::asio::awaitable<void> end() { return writer_->end(); }

 private:
  struct State;
  std::shared_ptr<State> state_;
  std::shared_ptr<TrailingWriter> writer_;
};

}  // namespace reelspool
