#include "worker/steps/permits.hpp"

#include <gmock/gmock.h>

#include <boost/asio/post.hpp>

#include "tests/steps/world.hpp"

namespace reelspool::testing {
namespace {

class PermitsTest : public ::testing::Test {
 protected:
  /// Waits for a permit of "one" and notes who got it; it is kept in `held_`.
  void want(const std::string& who, Stop& stop) {
    asio::co_spawn(
        loop_,
        [this, who, &stop]() -> asio::awaitable<void> {
          auto permit = co_await permits_.acquire("one", stop);
          got_.push_back(who + (permit ? "" : " " + std::string(to_string(permit.error().cls))));
          if (permit) held_ = *std::move(permit);
        },
        [](const std::exception_ptr& thrown) { EXPECT_FALSE(thrown); });
    run();
  }
  void run() {
    loop_.restart();
    loop_.poll();
  }

  asio::io_context loop_;
  Permits permits_{loop_.get_executor(), {{"one", 1}, {"zero", 0}}};
  Permits::Permit held_;
  Stop stop_;
  std::vector<std::string> got_;
};

TEST_F(PermitsTest, FirstComeFirstServed) {
  for (const char* who : {"a", "b", "c"}) want(who, stop_);
  EXPECT_THAT(got_, ::testing::ElementsAre("a"));
  held_.give_back();
  run();
  EXPECT_THAT(got_, ::testing::ElementsAre("a", "b"));
  held_.give_back();
  held_.give_back();  // the second time does nothing
  run();
  EXPECT_THAT(got_, ::testing::ElementsAre("a", "b", "c"));
}

TEST_F(PermitsTest, NobodyOvertakesOneWhoWasGrantedButHasNotRunYet) {
  want("a", stop_);
  want("b", stop_);
  held_.give_back();  // b has it, though b's coroutine has not gone on yet
  asio::co_spawn(
      loop_,
      [this]() -> asio::awaitable<void> {
        auto permit = co_await permits_.acquire("one", stop_);
        got_.push_back("c");
      },
      [](const std::exception_ptr&) {});
  run();
  EXPECT_THAT(got_, ::testing::ElementsAre("a", "b"));
  held_.give_back();
  run();
}

TEST_F(PermitsTest, AStopEndsTheWaitAndCostsNobodyAPermit) {
  Stop leaves;
  want("a", stop_);
  want("b", leaves);
  want("c", stop_);
  leaves.ask(StopReason::cancelled);
  run();
  EXPECT_THAT(got_, ::testing::ElementsAre("a", "b cancelled"));
  held_.give_back();
  run();
  EXPECT_THAT(got_, ::testing::ElementsAre("a", "b cancelled", "c"));
}

TEST_F(PermitsTest, AGrantThatMeetsAStopGoesOnToTheNext) {
  Stop leaves;
  want("a", stop_);
  want("b", leaves);
  want("c", stop_);
  held_.give_back();
  leaves.ask(StopReason::shutdown);
  run();
  EXPECT_THAT(got_, ::testing::ElementsAre("a", "b interrupted", "c"));
}

TEST_F(PermitsTest, AKindWithoutALimitIsGrantedAtOnceAndAForbiddenOneOnceAtATime) {
  on_loop(loop_, [&]() -> asio::awaitable<void> {
    std::vector<Permits::Permit> many;
    for (int i = 0; i < 100; ++i) {
      auto permit = co_await permits_.acquire("any", stop_);
      EXPECT_TRUE(is_ok(permit));
      many.push_back(*std::move(permit));
    }
    const auto one = co_await permits_.acquire("zero", stop_);
    EXPECT_TRUE(is_ok(one));
  });
}

TEST(PermitsEndTest, WhoStillWaitsWhenTheLoopIsTornDownLeavesNoTrace) {
  auto loop = std::make_unique<asio::io_context>();
  Permits permits(loop->get_executor(), {{"one", 1}});
  Stop stop;
  Permits::Permit held;
  for (int i = 0; i < 3; ++i)
    asio::co_spawn(
        *loop,
        [&]() -> asio::awaitable<void> {
          auto permit = co_await permits.acquire("one", stop);
          if (permit) held = *std::move(permit);
        },
        [](const std::exception_ptr&) {});
  loop->poll();
  loop.reset();
  held.give_back();  // meets nobody: whoever waited is gone from the line
}

}  // namespace
}  // namespace reelspool::testing
