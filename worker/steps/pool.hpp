#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <exception>
#include <optional>
#include <string_view>
#include <type_traits>
#include <utility>

#include "jobstore/result.hpp"

namespace reelspool {

/// The error of a piece of our own code that threw: `transient`, code "internal_error", naming what it was
/// doing. `thrown` is what was caught; an empty one is allowed. Never throws.
Error internal_error(std::string_view activity, const std::exception_ptr& thrown);

/// Where blocking work goes (syncs, hashing, locks), as values, and comes back as values:
///
///   auto save = [&store, claim, record] { return store.append_step(claim, record); };
///   auto saved = co_await pool.run(std::move(save));
///
/// The function runs on a thread of the pool and must not touch the loop's state; the coroutine goes on on the
/// loop. It returns a Result<T>; what it throws becomes an Error here and goes no further.
///
/// Give a function with captures a name first, as above: GCC 12 copies a lambda (or a struct in braces) that is made
/// inside a co_await byte by byte, and destroys a captured string twice.
class Pool {
 public:
  explicit Pool(std::size_t threads) : threads_(threads) {}

  template <class F>
  boost::asio::awaitable<std::invoke_result_t<F>> run(F work) {
    return on_pool(threads_, std::move(work));
  }

  /// Waits for what runs. Idempotent.
  void join() { threads_.join(); }

 private:
  template <class F>
  static boost::asio::awaitable<std::invoke_result_t<F>> on_pool(boost::asio::thread_pool& threads, F work) {
    auto outcome =
        co_await boost::asio::co_spawn(threads, guarded(std::move(work)), boost::asio::use_awaitable);
    co_return *std::move(outcome);
  }

  // optional: co_spawn wants a type with a default (Boost 1.81). Here it is never empty.
  template <class F>
  static boost::asio::awaitable<std::optional<std::invoke_result_t<F>>> guarded(F work) {
    static_assert(std::is_constructible_v<std::invoke_result_t<F>, Error>,
                  "work for the pool returns a Result");
    std::exception_ptr thrown;
    try {
      co_return work();
    } catch (...) {
      thrown = std::current_exception();
    }
    co_return internal_error("the pool", thrown);
  }

  boost::asio::thread_pool threads_;
};

}  // namespace reelspool
