#include "worker/steps/verdict.hpp"

#include <gtest/gtest.h>

#include <set>

#include "worker/steps/failure.hpp"

namespace reelspool {
namespace {

using namespace std::chrono_literals;

TEST(VerdictTest, EveryClassHasItsRow) {
  std::set<ErrorClass> classes;
  for (const Verdict& row : verdicts()) {
    EXPECT_TRUE(classes.insert(row.cls).second) << to_string(row.cls);
    EXPECT_EQ(verdict(row.cls).cls, row.cls);
  }
  EXPECT_EQ(classes.size(), static_cast<std::size_t>(ErrorClass::interrupted) + 1);
}

TEST(VerdictTest, WhatIsRememberedForGoodIsNeverTriedAgain) {
  for (const Verdict& row : verdicts()) {
    EXPECT_FALSE(row.lasts && (row.step_again || row.job_again || row.next_provider)) << to_string(row.cls);
  }
}

TEST(RetryWaitTest, DoublesUpToItsLimit) {
  EXPECT_EQ(retry_wait(5s, 60s, 1, 0.5), 5s);
  EXPECT_EQ(retry_wait(5s, 60s, 2, 0.5), 10s);
  EXPECT_EQ(retry_wait(5s, 60s, 3, 0.5), 20s);
  EXPECT_EQ(retry_wait(5s, 60s, 4, 0.5), 40s);
  EXPECT_EQ(retry_wait(5s, 60s, 5, 0.5), 60s);
  EXPECT_EQ(retry_wait(5s, 60s, 1'000'000, 0.5), 60s);
  EXPECT_EQ(retry_wait(0s, 60s, 3, 0.5), 0s);
}

TEST(RetryWaitTest, IsJitteredByAFifthEitherWay) {
  EXPECT_EQ(retry_wait(10s, 60s, 1, 0), 8s);
  EXPECT_EQ(retry_wait(10s, 60s, 1, 1), 12s);
  for (int i = 0; i < 1000; ++i) {
    const double chance = roll();
    EXPECT_GE(chance, 0);
    EXPECT_LE(chance, 1);
  }
}

TEST(RetryWaitTest, WaitsAsLongAsTheProviderAskedFor) {
  EXPECT_EQ(retry_wait(5s, 60s, 1, 0.5, 90s), 90s);
  EXPECT_EQ(retry_wait(5s, 60s, 4, 0.5, 1s), 40s);
}

TEST(RetryRulesTest, EachKindHasItsFirstWait) {
  EXPECT_EQ(RetryRules::of_kind("speech").first, 5s);
  EXPECT_EQ(RetryRules::of_kind("image").first, 10s);
  EXPECT_EQ(RetryRules::of_kind("video").first, 15s);
  EXPECT_EQ(RetryRules::of_kind("render").first, 30s);
}

TEST(FailureTest, AnErrorComesBackAsItWasWritten) {
  Error error = make_error(ErrorClass::rate_limited, "too many");
  error.code = "429";
  error.field = "params.x";
  error.details = "body";
  error.step = "scene-3/clip";
  error.provider = "fal";
  error.scene = 3;
  error.retry_after = 1500ms;
  const Error back = error_from(to_json(error));
  EXPECT_EQ(to_json(back), to_json(error));
  EXPECT_EQ(back.retry_after, 1500ms);
}

TEST(FailureTest, RubbishReadsAsATransientError) {
  for (const char* text : {"null", "[]", "{}", R"({"class": 7, "scene": "x", "message": null})"}) {
    EXPECT_EQ(error_from(*parse_json(text)).cls, ErrorClass::transient) << text;
  }
}

TEST(FailureTest, AFailedJobShowsAShortTextAndTheDetailsBesideIt) {
  Error error = make_error(ErrorClass::media, "ffmpeg could not read the picture");
  error.scene = 2;
  error.step = "scene-2/piece";
  error.details = "á" + std::string(3000, 'x');
  const Json fields = failure_fields(error);
  EXPECT_EQ(fields["error"], "scene 2: ffmpeg could not read the picture");
  const Json& info = fields["errorInfo"];
  EXPECT_EQ(info["class"], "media");
  EXPECT_EQ(info["code"], "media");
  EXPECT_EQ(info["step"], "scene-2/piece");
  EXPECT_EQ(info["scene"], 2);
  EXPECT_EQ(info["provider"], nullptr);
  EXPECT_TRUE(info["supportCodes"].is_array());
  EXPECT_EQ(info["retryable"], true);
  EXPECT_EQ(info["details"].get<std::string>().size(), 2000U);
}

TEST(FailureTest, AKeyNamesItsScene) {
  EXPECT_EQ(scene_of("scene-12/clip"), 12);
  EXPECT_EQ(scene_of("music"), 0);
  EXPECT_EQ(scene_of("scene-x"), 0);
  EXPECT_EQ(scene_of("scene--1/x"), 0);
  EXPECT_EQ(scene_of("scene-99999999999999999999/x"), 0);
}

}  // namespace
}  // namespace reelspool
