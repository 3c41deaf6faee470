#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <exception>
#include <optional>
#include <utility>

namespace reelspool::testing {

/// The loop of one test. Runs a coroutine to its end and gives back its value.
struct Loop {
  boost::asio::io_context context;
  // Without it the context stops whenever a thread of the pool lets go of the last piece of work, also between two runs.
  std::optional<boost::asio::executor_work_guard<boost::asio::io_context::executor_type>> open{
      std::in_place, context.get_executor()};

  template <class T>
  T run(boost::asio::awaitable<T> work) {
    std::optional<T> value;
    start(std::move(work), [&](T made) { value.emplace(std::move(made)); });
    while (!value) context.run_one();
    return std::move(*value);
  }

  /// Runs until nothing is waited for any more.
  void run_out() {
    open.reset();
    context.run();
    context.restart();
    open.emplace(context.get_executor());
  }

  /// Begins it; `then` gets the value when the loop is run.
  template <class T, class F>
  void start(boost::asio::awaitable<T> work, F then) {
    // optional: co_spawn wants a type with a default.
    boost::asio::co_spawn(
        context,
        [](boost::asio::awaitable<T> inner) -> boost::asio::awaitable<std::optional<T>> {
          co_return co_await std::move(inner);
        }(std::move(work)),
        [then = std::move(then)](std::exception_ptr thrown, std::optional<T> made) mutable {
          if (thrown) std::rethrow_exception(thrown);
          then(std::move(*made));
        });
  }
};

}  // namespace reelspool::testing
