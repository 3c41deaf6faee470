#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <memory>
#include <optional>

#include "jobstore/job_store.hpp"
#include "worker/steps/pool.hpp"

namespace reelspool {

/// What a running job shows, on its way to the store: never backwards, at most every 100 ms, the last one
/// always; 100 percent comes only with done, so 99 is the most here.
///
/// Threads    Loop thread only; the store is called from the pool.
/// Ownership  By shared_ptr: what is being sent keeps it alive.
class ShownProgress : public std::enable_shared_from_this<ShownProgress> {
 public:
  /// `on_stale` is called when the store says that the claim is no longer ours.
  ShownProgress(const boost::asio::any_io_executor& executor, JobStore& store, Pool& pool, Claim claim,
                std::function<void()> on_stale);

  void show(Progress progress);

  /// Sends what is left; after that the claim is not used any more, and show() does nothing. Call before the
  /// job is ended in the store.
  boost::asio::awaitable<void> end();

 private:
  boost::asio::awaitable<void> send();

  JobStore& store_;
  Pool& pool_;
  const Claim claim_;
  const std::function<void()> on_stale_;
  boost::asio::steady_timer pause_;
  boost::asio::steady_timer over_;
  std::optional<Progress> next_;
  double percent_ = 0;
  bool sending_ = false;
  bool ended_ = false;
};

}  // namespace reelspool
