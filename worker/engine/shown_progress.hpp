#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <functional>
#include <memory>

#include "jobstore/job_store.hpp"
#include "worker/steps/pool.hpp"
#include "worker/steps/trailing_writer.hpp"

namespace reelspool {

/// What a running job shows, on its way to the store: never backwards, at most every 100 ms, the last one
/// always; 100 percent comes only with done, so 99 is the most here.
///
/// Threads    Loop thread only; the store is called from the pool.
/// Ownership  The store and the pool outlive what is being sent.
class ShownProgress {
 public:
  /// `on_stale` is called when the store says that the claim is no longer ours.
  ShownProgress(const boost::asio::any_io_executor& executor, JobStore& store, Pool& pool, Claim claim,
                std::function<void()> on_stale);

  void show(Progress progress);

  /// Sends what is left; after that the claim is not used any more, and show() does nothing. Call before the
  /// job is ended in the store.
  boost::asio::awaitable<void> end() { return writer_->end(); }

 private:
  struct State;
  std::shared_ptr<State> state_;
  std::shared_ptr<TrailingWriter> writer_;
};

}  // namespace reelspool
