// Leaving a provider alone for as long as it asked, in every worker and after a restart.
#include "worker/providers/gates.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/providers/caller.hpp"
#include "worker/programs/records.hpp"
#include "worker/providers/boot_clock.hpp"

namespace reelspool {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using testing::ProviderServer;
using testing::Received;
using testing::Reply;
using Clock = std::chrono::steady_clock;

std::int64_t wall_in(std::chrono::milliseconds time) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             (std::chrono::system_clock::now() + time).time_since_epoch())
      .count();
}

class AGate : public ::testing::Test {
 protected:
  /// As another worker would see it.
  Result<> passed(const std::string& gate) {
    Gates gates(pool, folder);
    return loop.run(gates.pass(gate, 0ms, stop));
  }
  void shut(const std::string& gate, std::chrono::milliseconds time) {
    Gates gates(pool, folder);
    EXPECT_TRUE(loop.run(shut_by(gates, gate, time)));
  }
  static boost::asio::awaitable<Result<>> shut_by(Gates& gates, std::string gate,
                                                  std::chrono::milliseconds time) {
    co_await gates.shut(std::move(gate), time);
    co_return ok;
  }
  void leave(const std::string& gate, const std::string& boot, std::chrono::milliseconds boot_time,
             std::chrono::milliseconds wall_time) const {
    testing::write(folder / (gate + "." + boot + "." + std::to_string((boot_clock() + boot_time).count()) +
                             "." + std::to_string(wall_in(wall_time))),
                   "");
  }
  std::size_t files() const {
    return static_cast<std::size_t>(
        std::distance(testing::fs::directory_iterator(folder), testing::fs::directory_iterator()));
  }
  testing::Scratch scratch;
  const testing::fs::path folder = scratch.path() / "store/gates";
  testing::Loop loop;
  Pool pool{1};
  Stop stop;
};

TEST_F(AGate, IsOpenWhereNobodyShutIt) {
  EXPECT_TRUE(passed("fal-1"));
  EXPECT_FALSE(testing::fs::exists(folder));
}

TEST_F(AGate, StaysShutForTheLongestThatAnyWorkerHeard) {
  shut("fal-1", 1h);
  shut("fal-1", 1min);
  const Result<> waits = passed("fal-1");
  ASSERT_FALSE(waits);
  EXPECT_EQ(waits.error().cls, ErrorClass::rate_limited);
  EXPECT_GT(*waits.error().retry_after, 59min);
  EXPECT_THAT(waits.error().message, HasSubstr("is left alone for another 35"));
  EXPECT_TRUE(passed("fal-2")) << "with another key";
}

TEST_F(AGate, GoesByTheBootClockWithinABootAndByTheWallClockAfterIt) {
  leave("set-back", boot_id(), -1ms, 1h);  // the wall clock was set back since
  leave("set-forward", boot_id(), 1h, -1ms);
  leave("from-before", "another-boot", -1h, 1h);
  leave("over-before", "another-boot", 1h, -1ms);
  leave("wrong-clock", "another-boot", 1h,
        25h);  // a machine that begins in 1970 until it has asked for the time
  EXPECT_TRUE(passed("set-back"));
  EXPECT_FALSE(passed("set-forward"));
  EXPECT_FALSE(passed("from-before"));
  EXPECT_TRUE(passed("over-before"));
  EXPECT_TRUE(passed("wrong-clock"));
  EXPECT_EQ(files(), 3u) << "those that are over are gone";
}

TEST_F(AGate, MindsNoOtherFiles) {
  for (const char* name :
       {"fal-1", "fal-1.a.b.c", "fal-1.a.1.2.3", "fal-1.a.1", "fal-1..99999999999999999999.1"})
    testing::write(folder / name, "");
  EXPECT_TRUE(passed("fal-1"));
  EXPECT_EQ(files(), 5u);
}

TEST_F(AGate, IsKeptToByWhomTheDiskDidNotLetWriteItDown) {
  testing::write(scratch.path() / "store", "a file where the folder should be");
  Gates gates(pool, folder);
  EXPECT_TRUE(loop.run(shut_by(gates, "fal-1", 1h)));
  EXPECT_FALSE(loop.run(gates.pass("fal-1", 0ms, stop)));
}

class AProviderThatWantsToBeLeftAlone : public testing::CallerTest {
 protected:
  void ask_for(const char* seconds) {
    serve([this, seconds](const Received&) {
      calls.push_back(Clock::now());
      return calls.size() == 1 ? Reply{.status = 429, .headers = {{"Retry-After", seconds}}} : Reply{};
    });
  }
  Result<Json> get_by(PluginProviders& providers) {
    house.step.memory = nullptr;
    return house.loop.run(providers.perform("image", play(Json::array({http("GET", "/")})), house.step));
  }
  std::vector<Clock::time_point> calls;
};

TEST_F(AProviderThatWantsToBeLeftAlone, IsLeftAloneByAnotherWorkerToo) {
  ask_for("1");
  auto one = open();
  const auto settings = std::move(house.settings);  // of the first, which goes on
  auto another = open();
  ASSERT_TRUE(get_by(*one));
  ASSERT_TRUE(get_by(*another));
  EXPECT_GE(calls.at(1) - calls.at(0), 1s);
}

TEST_F(AProviderThatWantsToBeLeftAlone, IsLeftAloneAfterARestart) {
  ask_for("3600");
  ASSERT_TRUE(get_by(*open()));
  const auto later = get_by(*open());
  ASSERT_FALSE(later);
  EXPECT_EQ(later.error().cls, ErrorClass::rate_limited);
  EXPECT_EQ(calls.size(), 1u);
}

TEST_F(AProviderThatWantsToBeLeftAlone, IsAskedWithAnotherKey) {
  ask_for("3600");
  ASSERT_TRUE(get_by(*open()));
  auto others = house.providers({{"HTTP_ALLOWED_HOSTS", "127.0.0.1"}},
                                {{"CALLER_URL", server->origin()}, {"CALLER_KEY", "sk-another-key"}});
  ASSERT_TRUE(get_by(*others));
  EXPECT_EQ(calls.size(), 2u);
}

TEST_F(AProviderThatWantsToBeLeftAlone, HearsOfNoCancelMeanwhile) {
  ask_for("3600");
  auto providers = open();
  const Json turns = Json::array({http("GET", "/"),
                                  {{"action", {{"type", "wait"}, {"ms", 86400000}}},
                                   {"operation", "op-7"},
                                   {"cancel", http("PUT", "/op-7/cancel")}}});
  std::optional<Result<Json>> result;
  house.loop.start(providers->perform("image", play(turns), house.step),
                   [&](Result<Json> made) { result.emplace(std::move(made)); });
  while (house.saved.empty() || !house.saved.back().contains("operation")) house.loop.context.run_one();
  house.stop.ask(StopReason::cancelled);
  while (!result) house.loop.context.run_one();
  EXPECT_EQ(calls.size(), 1u);
}

}  // namespace
}  // namespace reelspool
