// What is kept of requests that may cost money, and what a job shows of them.
#include "worker/steps/paid_calls.hpp"

#include <gmock/gmock.h>

#include "tests/steps/attempts.hpp"
#include "worker/steps/records.hpp"
#include "worker/steps/verdict.hpp"

namespace reelspool::testing {
namespace {

using ::testing::ElementsAre;

TEST(PaidCall, SaysWhatBecameOfIt) {
  PaidCalls calls;
  const auto first = calls.begin("fal"), second = calls.begin("fal"), third = calls.begin("openai");
  calls.accepted(first, "op-1");
  Error refused = make_error(ErrorClass::content_policy, "no");
  refused.support_codes = {"29310472"};
  calls.failed(first, refused);
  calls.failed(second, make_error(ErrorClass::timeout, "slow"));
  calls.done(third);
  EXPECT_EQ(calls.entries(), *parse_json(R"([
    {"provider": "fal", "outcome": "failed", "operation": "op-1", "code": "content_policy", "supportCodes": ["29310472"]},
    {"provider": "fal", "outcome": "timed_out"}, {"provider": "openai", "outcome": "done"}])"));
  calls.failed(second, make_error(ErrorClass::interrupted, "the worker stops"));
  EXPECT_EQ(calls.entries()[1]["outcome"], "running");
  EXPECT_EQ(calls.count(), 3u);
  calls.unsent(second);
  EXPECT_EQ(calls.count(), 2u);
  EXPECT_EQ(PaidCalls(calls.entries()).entries(), calls.entries());
}

TEST(PaidCall, IsNotBelievedWhereTheRecordIsNone) {
  for (const char* kept : {"null", "7", "{}", "[1]", R"(["x"])"})
    EXPECT_EQ(PaidCalls(*parse_json(kept)).count(), 0u) << kept;
}

class PaidSteps : public StepsTest {
 protected:
  /// Sends, and fails for now; then tells how much was sent before.
  Work sending(ErrorClass cls, std::string code = "") {
    Work work;
    work.kind = "video";
    work.carry_out = [this, cls, code](StepContext& step) -> asio::awaitable<Result<Yield>> {
      before_.push_back(step.calls->count());
      const auto call = step.calls->begin("fal");
      const auto saved = co_await step.save(number(1));
      EXPECT_TRUE(is_ok(saved));
      Error error = make_error(cls, "no");
      error.code = code;
      step.calls->failed(call, error);
      co_return error;
    };
    return work;
  }
  std::vector<std::size_t> before_;
};

TEST_F(PaidSteps, CountOverTriesAndAttemptsAndDeaths) {
  ASSERT_FALSE(run_one(begin(1), "scene-3/clip", sending(ErrorClass::transient)));
  next_attempt();
  die();
  ASSERT_FALSE(run_one(begin(2), "scene-3/clip", sending(ErrorClass::timeout)));
  EXPECT_THAT(before_, ElementsAre(0, 1, 2, 3));
}

TEST_F(PaidSteps, AreShownWithTheirScene) {
  Memory& memory = begin(1);
  ASSERT_FALSE(run_one(memory, "scene-3/clip", sending(ErrorClass::timeout)));
  EXPECT_EQ(memory.steps.video_attempts(),
            *parse_json(R"({"sceneMetadata": {"scenes": [{"index": 3, "videoAttempts": [
    {"provider": "fal", "outcome": "timed_out", "strategy": "S1_NORMAL_REF"}]}]}})"));
}

TEST_F(PaidSteps, AreNotShownWhereNothingWasSent) {
  Memory& memory = begin(1);
  ASSERT_TRUE(run_one(memory, "scene-3/clip", counted()));
  EXPECT_TRUE(memory.steps.video_attempts().is_null());
}

TEST_F(PaidSteps, ThatHaveSpentWhatTheyMayBeginAnewOnceAPersonRetries) {
  const std::string code(paid_calls_spent);
  ASSERT_FALSE(run_one(begin(1), "clip", sending(ErrorClass::provider_failed, code)));
  next_attempt();
  ASSERT_FALSE(run_one(begin(2), "clip", sending(ErrorClass::provider_failed, code)));
  EXPECT_THAT(before_, ElementsAre(0, 0)) << "and neither was tried again by itself";
  Error spent = make_error(ErrorClass::transient, "");
  spent.code = code;
  EXPECT_FALSE(verdict(spent).job_again || verdict(spent).step_again || verdict(spent).next_provider);
}

}  // namespace
}  // namespace reelspool::testing
