// PROVIDER_LIMITS, over several workers; and leaving a provider alone that fails again and again.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <list>
#include <vector>

#include "tests/providers/caller.hpp"
#include "worker/config/limit_list.hpp"
#include "worker/providers/breaker.hpp"

namespace reelspool {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using testing::Received;
using testing::Reply;
using Clock = std::chrono::steady_clock;

TEST(ALimit, IsReadOrRefused) {
  const auto at_once = read_limit("fal=10"), in_a_time = read_limit("openai=60/90s");
  ASSERT_TRUE(at_once && in_a_time);
  EXPECT_EQ(at_once->name, "fal");
  EXPECT_EQ(at_once->count, 10);
  EXPECT_FALSE(at_once->per);
  EXPECT_EQ(in_a_time->count, 60);
  EXPECT_EQ(in_a_time->per, 90s);
  for (const char* wrong : {"", "fal", "=3", "fal=", "fal=0", "fal=-1", "fal=3x", "fal=3/", "fal=3/0s",
                            "fal=/60s", "fal=3/1000d", "fal=100001", "fal/3=4", "fal=99999999999999999999"})
    EXPECT_FALSE(read_limit(wrong)) << wrong;
  const auto refused = read_provider_limits("fal=10, openai");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().field, "PROVIDER_LIMITS");
  EXPECT_THAT(refused.error().message, HasSubstr("'openai' is no limit; write \"fal=10\""));
}

/// Workers of one data directory, and what they ask of one provider.
class AnAccount : public testing::CallerTest {
 protected:
  struct Worker {
    std::unique_ptr<Settings> settings;
    std::unique_ptr<PluginProviders> providers;
  };
  Worker worker(const char* limits) {
    auto providers = open({{"PROVIDER_LIMITS", limits}});
    return {std::move(house.settings), std::move(providers)};
  }
  /// Begins an operation of its own step.
  void begin(Worker& by, Json turns) {
    StepContext& step = steps.emplace_back(house.step);
    step.folder = house.data() / ("jobs/j/work-1/s" + std::to_string(steps.size()));
    testing::write(step.folder / "i.png", "\x89PNG\r\n\x1A\n...");
    ++running;
    house.loop.start(by.providers->perform("image", play(std::move(turns)), step), [this](Result<Json> made) {
      --running;
      results.push_back(std::move(made));
    });
  }
  void run() {
    while (running > 0) house.loop.context.run_one();
  }
  std::list<StepContext> steps;
  std::vector<Result<Json>> results;
  int running = 0;
};

TEST_F(AnAccount, GetsNoMorePaidRequestsInAnyWindowThanItsLimitWhoeverSendsThem) {
  std::vector<Clock::time_point> calls;
  serve([&](const Received&) {
    calls.push_back(Clock::now());
    return Reply{};
  });
  Worker one = worker("other=1/1h, caller=2/200ms"), another = worker("caller=2/200ms");
  for (int i = 0; i < 4; ++i)
    for (Worker* each : {&one, &another})
      begin(*each, Json::array({http("POST", "/", R"({"costs": true, "json": {}})")}));
  run();
  for (const auto& result : results) EXPECT_TRUE(result) << result.error().message;
  ASSERT_EQ(calls.size(), 8u);
  for (std::size_t i = 0; i + 2 < calls.size(); ++i) EXPECT_GE(calls[i + 2] - calls[i], 200ms) << i;
}

TEST_F(AnAccount, HasNoMoreOperationsAtOnceThanItsLimitWhoeverRunsThem) {
  std::vector<std::string> targets;
  serve([&](const Received& request) {
    targets.push_back(request.target);
    return Reply{};
  });
  Worker one = worker("caller=1"), another = worker("caller=1");
  int number = 0;
  for (int i = 0; i < 2; ++i)
    for (Worker* each : {&one, &another}) {
      const std::string target = "/" + std::to_string(++number);
      begin(*each, Json::array({http("GET", target), http("GET", target)}));
    }
  run();
  ASSERT_EQ(targets.size(), 8u);
  for (std::size_t i = 0; i < targets.size(); i += 2) EXPECT_EQ(targets[i], targets[i + 1]) << i;
}

TEST_F(AnAccount, IsNotWaitedForByWhatIsStopped) {
  serve([](const Received&) { return Reply{}; });
  Worker one = worker("caller=1");
  begin(one, Json::array({{{"type", "wait"}, {"ms", 86400000}}}));
  begin(one, Json::array({http("GET", "/")}));
  while (house.loop.context.poll_one() > 0) {
  }
  house.stop.ask(StopReason::cancelled);
  run();
  for (const auto& result : results) {
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().cls, ErrorClass::cancelled);
  }
}

TEST_F(AnAccount, IsToldWhenItsLimitsCannotBeKept) {
  serve([](const Received&) { return Reply{}; });
  testing::write(house.store() / "limits", "a file where the folder should be");
  Worker one = worker("caller=1");
  begin(one, Json::array({http("GET", "/")}));
  run();
  ASSERT_FALSE(results.front());
  EXPECT_THAT(results.front().error().message, HasSubstr("keeping to PROVIDER_LIMITS: opening"));
}

TEST(ABreaker, RestsLongerAndLongerUntilAnAnswerComes) {
  Breaker breaker;
  for (int i = 1; i < Breaker::patience; ++i) EXPECT_FALSE(breaker.note_failure("a")) << i;
  EXPECT_EQ(breaker.note_failure("a"), 30s);
  EXPECT_EQ(breaker.note_failure("a"), 60s);
  EXPECT_FALSE(breaker.note_failure("b")) << "another account";
  for (int i = 0; i < 100; ++i) EXPECT_LE(breaker.note_failure("a"), 5min);
  breaker.note_answer("a");
  EXPECT_FALSE(breaker.note_failure("a"));
}

class AProviderThatIsDown : public testing::CallerTest {
 protected:
  /// Asks so often, each time for itself.
  Error last_of(int requests, PluginProviders& providers) {
    Error last;
    for (int i = 0; i < requests; ++i) {
      house.step.memory = nullptr;
      const auto made =
          house.loop.run(providers.perform("image", play(Json::array({http("GET", "/")})), house.step));
      last = made ? Error() : made.error();
    }
    return last;
  }
  int asked = 0;
};

TEST_F(AProviderThatIsDown, IsLeftAloneForAWhileByAllWorkers) {
  serve([this](const Received&) {
    ++asked;
    return Reply{.status = 502};
  });
  house.patience.at_gates = 0ms;
  auto one = open();
  const auto settings = std::move(house.settings);
  EXPECT_EQ(last_of(Breaker::patience, *one).message, "") << "a plugin hears of a 502";
  EXPECT_EQ(asked, Breaker::patience);
  const Error refused = last_of(1, *one);
  EXPECT_EQ(refused.cls, ErrorClass::rate_limited);
  EXPECT_THAT(refused.message, HasSubstr("is left alone for another"));
  EXPECT_EQ(last_of(1, *open()).cls, ErrorClass::rate_limited);
  EXPECT_EQ(asked, Breaker::patience);
}

TEST_F(AProviderThatIsDown, IsNotLeftAloneWhenItAnswersNowAndThen) {
  serve([this](const Received&) { return Reply{.status = ++asked % 4 == 0 ? 404 : 503}; });
  house.patience.at_gates = 0ms;
  auto one = open();
  EXPECT_EQ(last_of(12, *one).message, "");
  EXPECT_EQ(asked, 12);
}

}  // namespace
}  // namespace reelspool
