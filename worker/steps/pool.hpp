#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <type_traits>
#include <utility>

namespace reelspool {

/// Where blocking work goes (syncs, hashing, locks), as values, and comes back as values:
///
///   auto saved = co_await pool.run([&store, claim, record] { return store.append_step(claim, record); });
///
/// The function runs on a thread of the pool and must not touch the loop's state; the coroutine goes on on
/// the loop.
class Pool {
 public:
  explicit Pool(std::size_t threads) : threads_(threads) {}

  template <class F>
  boost::asio::awaitable<std::invoke_result_t<F>> run(F work) {
    co_return co_await boost::asio::co_spawn(
        threads_,
        [](F task) -> boost::asio::awaitable<std::invoke_result_t<F>> { co_return task(); }(std::move(work)),
        boost::asio::use_awaitable);
  }

  /// Waits for what runs. Idempotent.
  void join() { threads_.join(); }

 private:
  boost::asio::thread_pool threads_;
};

}  // namespace reelspool
