#include "worker/steps/gather.hpp"

#include <gmock/gmock.h>

#include <boost/asio/post.hpp>
#include <numeric>
#include <thread>

#include "tests/steps/world.hpp"
#include "worker/steps/wait.hpp"

namespace reelspool::testing {
namespace {

using Number = asio::awaitable<Result<int>>;

/// Gives `value` after that many turns of the loop.
Number later(int value, int turns) {
  for (int i = 0; i < turns; ++i)
    co_await asio::post(co_await asio::this_coro::executor, asio::use_awaitable);
  co_return value;
}
Number fails(std::string message, int turns) {
  (void)co_await later(0, turns);
  co_return make_error(ErrorClass::provider_failed, message);
}
Number throws() {
  throw std::runtime_error("oh");
  co_return 0;
}

TEST(GatherTest, ValuesComeInTheOrderGiven) {
  asio::io_context loop;
  on_loop(loop, []() -> asio::awaitable<void> {
    std::vector<Number> all;
    for (int i = 0; i < 5; ++i) all.push_back(later(i, 5 - i));
    const auto values = co_await gather(std::move(all));
    EXPECT_TRUE(is_ok(values));
    EXPECT_THAT(*values, ::testing::ElementsAre(0, 1, 2, 3, 4));
  });
}

TEST(GatherTest, NothingIsAnEmptyAnswer) {
  asio::io_context loop;
  on_loop(loop, []() -> asio::awaitable<void> {
    const auto values = co_await gather(std::vector<Number>());
    EXPECT_TRUE(is_ok(values));
    EXPECT_TRUE(values->empty());
  });
}

TEST(GatherTest, WaitsForAllAndGivesTheFirstErrorInOrder) {
  asio::io_context loop;
  int ended = 0;
  on_loop(loop, [&]() -> asio::awaitable<void> {
    const auto counted = [&](Number one) -> Number {
      auto value = co_await std::move(one);
      ++ended;
      co_return value;
    };
    std::vector<Number> all;
    all.push_back(counted(later(1, 30)));
    all.push_back(counted(fails("second", 20)));
    all.push_back(counted(fails("third", 0)));
    const auto values = co_await gather(std::move(all));
    EXPECT_FALSE(values);
    EXPECT_EQ(values.error().message, "second");
  });
  EXPECT_EQ(ended, 3);
}

TEST(GatherTest, AnExceptionIsAnErrorLikeAnyOther) {
  asio::io_context loop;
  on_loop(loop, []() -> asio::awaitable<void> {
    const auto both = co_await gather(later(1, 10), throws());
    EXPECT_FALSE(both);
    EXPECT_THAT(both.error().message, ::testing::HasSubstr("oh"));
  });
}

TEST(PoolTest, WorkRunsOnAnotherThreadAndComesBack) {
  asio::io_context loop;
  Pool pool(2);
  on_loop(loop, [&]() -> asio::awaitable<void> {
    const auto here = std::this_thread::get_id();
    const auto there =
        co_await pool.run([]() -> Result<std::thread::id> { return std::this_thread::get_id(); });
    EXPECT_TRUE(is_ok(there));
    EXPECT_NE(*there, here);
    EXPECT_EQ(std::this_thread::get_id(), here);
  });
}

TEST(PoolTest, WhatThrowsInThePoolIsAnError) {
  asio::io_context loop;
  Pool pool(1);
  on_loop(loop, [&]() -> asio::awaitable<void> {
    const auto known = co_await pool.run([]() -> Result<> { throw std::runtime_error("no such thing"); });
    EXPECT_FALSE(known);
    EXPECT_THAT(known.error().message, ::testing::HasSubstr("no such thing"));
    const auto unknown = co_await pool.run([]() -> Result<> { throw 7; });
    EXPECT_FALSE(unknown);
    EXPECT_EQ(unknown.error().code, "internal_error");
  });
}

TEST(WaitTest, EndsWithTheStopAndNamesTheReason) {
  asio::io_context loop;
  for (const auto& [reason, cls] : {std::pair(StopReason::cancelled, ErrorClass::cancelled),
                                    std::pair(StopReason::shutdown, ErrorClass::interrupted),
                                    std::pair(StopReason::timed_out, ErrorClass::timeout)}) {
    Stop stop;
    on_loop(loop, [&, reason = reason, cls = cls]() -> asio::awaitable<void> {
      asio::post(loop, [&] { stop.ask(reason); });
      const auto waited = co_await wait_for(std::chrono::hours(1), stop);
      EXPECT_FALSE(waited);
      EXPECT_EQ(waited.error().cls, cls);
      const auto again = co_await wait_for(std::chrono::hours(1), stop);
      EXPECT_FALSE(again);
    });
  }
}

TEST(WaitTest, WithoutAStopItIsOver) {
  asio::io_context loop;
  Stop stop;
  on_loop(loop, [&]() -> asio::awaitable<void> {
    for (const int ms : {-1, 0, 1}) {
      const auto waited = co_await wait_for(std::chrono::milliseconds(ms), stop);
      EXPECT_TRUE(is_ok(waited));
    }
  });
}

}  // namespace
}  // namespace reelspool::testing
