#include "worker/engine/ending.hpp"

#include <gtest/gtest.h>

#include "worker/steps/verdict.hpp"

namespace reelspool {
namespace {

using namespace std::chrono_literals;
using Kind = Ending::Kind;

Job job(int attempt = 1) {
  Job one;
  one.id = "job";
  one.attempt = attempt;
  one.max_attempts = 3;
  one.started_at = Time(1000s);
  return one;
}

AttemptEnd at(Time now = Time(1042s)) {
  AttemptEnd how;
  how.now = now;
  how.time_limit = 2h;
  return how;
}

Json fields_of(const Ending& ending) {
  return *parse_json(ending.fields);
}

TEST(EndingTest, AValueIsDoneWithThePipelinesFields) {
  Json value;
  value["videoUrl"] = "file:///final.mp4";
  const Ending ending = ending_of(job(), value, at());
  EXPECT_EQ(ending.kind, Kind::done);
  const Json fields = fields_of(ending);
  EXPECT_EQ(fields["videoUrl"], "file:///final.mp4");
  EXPECT_EQ(fields["elapsedSeconds"], 42.0);
  EXPECT_TRUE(fields["error"].is_null());
  EXPECT_TRUE(fields["errorInfo"].is_null());
}

TEST(EndingTest, AClockThatWasSetBackGivesNoNegativeTime) {
  EXPECT_EQ(fields_of(ending_of(job(), Json::object(), at(Time(900s))))["elapsedSeconds"], 0.0);
}

/// Walked along the table of verdicts.
class EachClass : public ::testing::TestWithParam<Verdict> {};

TEST_P(EachClass, IsAnotherAttemptOrAFailureAsTheTableSays) {
  const Error error = make_error(GetParam().cls, "no");
  for (int attempt = 1; attempt <= 3; ++attempt) {
    SCOPED_TRACE(attempt);
    const Ending ending = ending_of(job(attempt), error, at());
    const bool again = GetParam().job_again && attempt < 3;
    EXPECT_EQ(ending.kind, again ? Kind::retry : Kind::failed);
    const Json fields = fields_of(ending);
    EXPECT_EQ(fields["error"].is_null(), again) << "a job that is tried again has not failed";
    EXPECT_EQ(fields["errorInfo"]["class"], std::string(to_string(GetParam().cls)));
    EXPECT_EQ(fields["errorInfo"]["retryable"], GetParam().job_again);
    if (again) {
      EXPECT_EQ(*ending.run_at, Time(1042s) + (attempt == 1 ? 5s : 10s));
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Verdicts, EachClass, ::testing::ValuesIn(verdicts().begin(), verdicts().end()),
                         [](const auto& row) { return std::string(to_string(row.param.cls)); });

TEST(EndingTest, ARateLimitIsWaitedFor) {
  Error error = make_error(ErrorClass::rate_limited, "too many");
  error.retry_after = 300s;
  EXPECT_EQ(*ending_of(job(), error, at()).run_at, Time(1342s));
}

TEST(EndingTest, ACancelledJobIsCancelledWhateverFailedOnTheWay) {
  AttemptEnd how = at();
  how.asked = StopReason::cancelled;
  how.worker_stops = true;
  const Ending ending = ending_of(job(), make_error(ErrorClass::media, "killed"), how);
  EXPECT_EQ(ending.kind, Kind::cancelled);
  EXPECT_TRUE(fields_of(ending)["error"].is_null());
}

TEST(EndingTest, AVideoThatIsReadyIsKeptThoughTheEndWasAskedFor) {
  AttemptEnd how = at();
  how.asked = StopReason::cancelled;
  EXPECT_EQ(ending_of(job(), Json::object(), how).kind, Kind::done);
}

TEST(EndingTest, OnlyAStoppingWorkerGivesBack) {
  const Error error = make_error(ErrorClass::interrupted, "killed");
  EXPECT_EQ(ending_of(job(), error, at()).kind, Kind::failed);
  AttemptEnd how = at();
  how.worker_stops = true;
  const Ending ending = ending_of(job(), error, how);
  EXPECT_EQ(ending.kind, Kind::given_back);
  EXPECT_EQ(ending.fields, "{}") << "the attempt goes on, under its number";
  EXPECT_EQ(ending_of(job(), make_error(ErrorClass::media, "bad"), how).kind, Kind::retry);
}

TEST(EndingTest, AJobThatTookTooLongFailsWithTheTextThatFrontEndsKnow) {
  AttemptEnd how = at();
  how.asked = StopReason::timed_out;
  how.time_limit = 600s;
  Error error = make_error(ErrorClass::interrupted, "ended");
  error.step = "scene-1/clip";
  error.scene = 1;
  const Ending ending = ending_of(job(), error, how);
  EXPECT_EQ(ending.kind, Kind::failed) << "though attempts are left";
  const Json fields = fields_of(ending);
  EXPECT_EQ(fields["error"], "scene 1: Timeout: Video generation did not complete within 600s");
  EXPECT_EQ(fields["errorInfo"]["code"], "JOB_TIMEOUT");
  EXPECT_EQ(fields["errorInfo"]["step"], "scene-1/clip");
}

TEST(EndingTest, AttemptsAreCountedOverTheJobsWholeLife) {
  Job one = job();
  EXPECT_EQ(attempt_number(one), 1);
  one.fields = ending_of(one, make_error(ErrorClass::media, "bad"), at()).fields;
  EXPECT_EQ(attempt_number(one), 2);
  one.attempt = 1;  // as a manual retry makes it
  EXPECT_EQ(attempt_number(one), 2);
  one.fields = R"({"attemptsMade": "x"})";
  EXPECT_EQ(attempt_number(one), 1);
}

}  // namespace
}  // namespace reelspool
