// What anybody may wish: cancel, retry, remove (J9, J14).
#include "tests/jobstore/conformance/conformance.hpp"

namespace reelspool::conformance {
namespace {

using testing::HasSubstr;

constexpr std::string_view not_found = "unavailable/not_found/";

TEST_P(JobStoreConformance, APendingJobIsCancelledAtOnceARunningOneIsAsked) {
  submit("a");
  submit("b");
  const Claimed a = claim();
  const Job b = must(store_->cancel("b"));
  EXPECT_EQ(b.status, Status::cancelled);
  EXPECT_EQ(b.finished_at, maker_->now());
  EXPECT_FALSE(b.cancel_requested);
  const Job asked = must(store_->cancel("a"));
  EXPECT_EQ(asked.status, Status::running);
  EXPECT_TRUE(asked.cancel_requested);
  EXPECT_EQ(must(store_->cancel("a")).rev, asked.rev) << "twice is as once";
  EXPECT_GOOD(store_->update(a.claim, "{}"));
  EXPECT_EQ(finish(a.claim, Ending::Kind::cancelled).status, Status::cancelled);
  EXPECT_EQ(claimed_id(), "none");
}

TEST_P(JobStoreConformance, AJobThatIsToBeCancelledIsNotTriedAgain) {
  for (const Ending::Kind kind : {Ending::Kind::given_back, Ending::Kind::retry}) {
    const std::string id = kind == Ending::Kind::retry ? "retry" : "given_back";
    submit(id);
    const Claim held = claim_job(id).claim;
    must(store_->cancel(id));
    EXPECT_EQ(finish(held, kind).status, Status::cancelled) << "it would begin anew only to be cancelled";
  }
}

TEST_P(JobStoreConformance, AJobThatWasDoneBeforeItHeardOfTheCancelIsDone) {
  submit("a");
  const Claim held = claim().claim;
  must(store_->cancel("a"));
  EXPECT_EQ(finish(held, Ending::Kind::done).status, Status::done);
}

TEST_P(JobStoreConformance, WhatHasEndedCannotBeCancelled) {
  submit("a", R"("status":"done")");
  submit("b", R"("status":"failed")");
  submit("c", R"("status":"cancelled")");
  EXPECT_THAT(store_->cancel("a").error().message, HasSubstr("job 'a' is already done"));
  EXPECT_THAT(store_->cancel("b").error().message, HasSubstr("already failed"));
  EXPECT_THAT(store_->cancel("c").error().message, HasSubstr("already cancelled"));
  EXPECT_EQ(store_->cancel("c").error().cls, ErrorClass::invalid_request);
  EXPECT_EQ(find("c").rev, 1U);
  EXPECT_EQ(why_not(store_->cancel("nobody")), not_found);
}

TEST_P(JobStoreConformance, AManualRetryBeginsAnewButKeepsTheSteps) {
  submit("a");
  const Claim held = claim().claim;
  EXPECT_GOOD(store_->append_step(held, {.key = "s", .hash = "h", .phase = StepRecord::Phase::done}));
  EXPECT_GOOD(store_->progress(held, {.percent = 50, .stage = "rendering", .scene = 1, .message = "m"}));
  EXPECT_FALSE(store_->retry("a")) << "it runs";
  finish(held, Ending::Kind::failed, R"({"error":"x","errorInfo":{}})");
  const Job again = must(store_->retry("a"));
  EXPECT_EQ(again.status, Status::pending);
  EXPECT_EQ(again.attempt, 0);
  EXPECT_EQ(again.interruptions, 0);
  EXPECT_EQ(again.progress, 0);
  EXPECT_EQ(again.stage, "waiting");
  EXPECT_EQ(again.message, "");
  EXPECT_FALSE(again.started_at || again.finished_at || again.run_at);
  EXPECT_TRUE(fields("a")["error"].is_null());
  EXPECT_TRUE(fields("a")["errorInfo"].is_null());
  EXPECT_EQ(must(store_->steps("a")).size(), 1U);
  EXPECT_EQ(claim().job.attempt, 1);
}

TEST_P(JobStoreConformance, ARetryForgetsTheCancel) {
  submit("a");
  const Claim held = claim().claim;
  must(store_->cancel("a"));
  finish(held, Ending::Kind::cancelled);
  EXPECT_FALSE(must(store_->retry("a")).cancel_requested);
  EXPECT_EQ(finish(claim().claim, Ending::Kind::given_back).status, Status::pending);
}

TEST_P(JobStoreConformance, OnlyFailedAndCancelledJobsAreRetried) {
  submit("pending");
  submit("done", R"("status":"done")");
  for (const char* id : {"pending", "done"}) {
    const auto refused = store_->retry(id);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().cls, ErrorClass::invalid_request);
    EXPECT_EQ(refused.error().message, "Job not found or cannot be retried");
  }
  submit("history", R"("status":"failed")");
  EXPECT_EQ(must(store_->retry("history")).status, Status::pending);
  EXPECT_EQ(why_not(store_->retry("nobody")), not_found);
}

TEST_P(JobStoreConformance, ARemovedJobIsGoneButForItsOutputsAndItsId) {
  submit("a");
  const auto folder = maker_->data() / "jobs" / "a";
  std::filesystem::create_directories(folder / "work-3");
  for (const char* name : {"final.mp4", "thumbnail.jpg", "plan.json", "clip_0.mp4", "work-3/x"})
    put_file(folder / name, "x");
  EXPECT_EQ(store_->remove("a", false).error().cls, ErrorClass::invalid_request) << "it has not ended";
  const Claim held = claim().claim;
  EXPECT_FALSE(store_->remove("a", false)) << "it runs";
  EXPECT_GOOD(store_->append_step(held, {.key = "s"}));
  finish(held, Ending::Kind::done);
  EXPECT_GOOD(store_->remove("a", false));
  EXPECT_EQ(why_not(store_->find("a")), not_found);
  EXPECT_TRUE(must(store_->steps("a")).empty());
  EXPECT_EQ(ids({}).size(), 0U);
  for (const char* kept : {"final.mp4", "thumbnail.jpg", "plan.json"})
    EXPECT_TRUE(std::filesystem::exists(folder / kept)) << kept;
  EXPECT_FALSE(std::filesystem::exists(folder / "clip_0.mp4"));
  EXPECT_FALSE(std::filesystem::exists(folder / "work-3"));
  EXPECT_EQ(why_not(store_->remove("a", false)), not_found);
  reopen();
  EXPECT_EQ(why_not(store_->submit(entry_text("a"))), "invalid_request/id_taken/id");
}

TEST_P(JobStoreConformance, RemovingWithOutputsLeavesNoFolder) {
  submit("a");
  const auto folder = maker_->data() / "jobs" / "a";
  std::filesystem::create_directories(folder);
  put_file(folder / "final.mp4", "x");
  must(store_->cancel("a"));
  EXPECT_GOOD(store_->remove("a", true));
  EXPECT_FALSE(std::filesystem::exists(folder));
}

}  // namespace
}  // namespace reelspool::conformance
