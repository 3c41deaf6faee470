// Several processes, and what becomes of a job whose worker dies (J4, J10).
#include <atomic>
#include <future>

#include "tests/jobstore/conformance/conformance.hpp"

namespace reelspool::conformance {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

/// Set once, by whichever thread of a store comes first.
class Told {
 public:
  void now() {
    if (!is_told_.exchange(true)) told_.set_value();
  }
  void wait() { told_.get_future().wait(); }

 private:
  std::promise<void> told_;
  std::atomic<bool> is_told_ = false;
};

TEST_P(JobStoreConformance, TwoLivingWorkersHaveTwoNames) {
  const auto second = maker_->open("w1");
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().cls, ErrorClass::unavailable);
  EXPECT_THAT(second.error().message, HasSubstr("'w1'"));
  EXPECT_GOOD(maker_->open("w2"));
  EXPECT_EQ(why_not(maker_->open("a/b")), "invalid_request//worker");
  reopen();
}

TEST_P(JobStoreConformance, WhatOneHandleWritesTheOthersSeeAtOnce) {
  const auto other = open("w2");
  submit("a");
  const Claim held = must(other->claim())->claim;
  EXPECT_EQ(find("a").worker, "w2");
  EXPECT_GOOD(other->progress(held, {.percent = 12}));
  EXPECT_EQ(find("a").progress, 12);
  EXPECT_TRUE(must(store_->cancel("a")).cancel_requested);
  EXPECT_TRUE(must(other->find("a")).cancel_requested);
  EXPECT_EQ(must(other->finish(held, {.kind = Ending::Kind::cancelled, .fields = "{}", .run_at = {}})).status,
            Status::cancelled);
  EXPECT_EQ(must(open()->find("a")).status, Status::cancelled);
  EXPECT_GOOD(store_->remove("a", false));
  EXPECT_EQ(why_not(other->find("a")), "unavailable/not_found/");
}

TEST_P(JobStoreConformance, TheTokenOfAClaimDecidesNotTheHandle) {
  submit("a");
  const Claim held = claim().claim;
  EXPECT_GOOD(open()->update(held, R"({"x":1})"));
  EXPECT_EQ(fields("a")["x"], 1);
}

TEST_P(JobStoreConformance, TheListenerIsToldWhatOthersDo) {
  const auto other = open("w2");
  Told told;
  other->on_change([&] { told.now(); });
  submit("a");
  told.wait();
  EXPECT_EQ(must(other->claim())->job.id, "a");
  Told asked;
  other->on_change([&] {
    if (must(other->find("a")).cancel_requested) asked.now();
  });
  must(store_->cancel("a"));
  asked.wait();
  other->on_change({});
}

TEST_P(JobStoreConformance, TheListenerIsToldOfADeathAndTheJobIsBack) {
  submit("a");
  auto dies = open("dies");
  const Claim old = must(dies->claim())->claim;
  EXPECT_THAT(must(store_->recover()), IsEmpty()) << "it lives";
  Told told;
  store_->on_change([&] {
    if (must(store_->find("a")).status == Status::pending) told.now();
  });
  maker_->kill(std::move(dies));
  told.wait();
  store_->on_change({});
  EXPECT_EQ(claimed_id(), "a");
  EXPECT_EQ(why_not(store_->append_step(old, {.key = "s"})), "cancelled/stale_claim/");
}

TEST_P(JobStoreConformance, ADeadWorkersJobComesBackWithAllThatItHad) {
  submit("a", R"("priority":2)");
  submit("b");
  const Claim held = claim().claim;
  EXPECT_GOOD(store_->append_step(held, {.key = "s", .hash = "h", .phase = StepRecord::Phase::done}));
  EXPECT_GOOD(store_->update(held, R"({"operations":[1]})"));
  EXPECT_GOOD(store_->progress(held, {.percent = 42, .stage = "rendering"}));
  maker_->advance(1s);
  die_and_reopen();
  const Job back = find("a");
  EXPECT_EQ(back.status, Status::pending);
  EXPECT_EQ(back.attempt, 0) << "it cost no attempt";
  EXPECT_EQ(back.interruptions, 1);
  EXPECT_EQ(back.progress, 42);
  EXPECT_EQ(back.stage, "waiting");
  EXPECT_EQ(back.worker, "");
  EXPECT_EQ(back.updated_at, maker_->now());
  EXPECT_EQ(back.fields, R"({"operations":[1]})");
  const Claimed again = claim();
  EXPECT_EQ(again.job.id, "a") << "at once, and at its old place";
  EXPECT_EQ(again.job.attempt, 1);
  EXPECT_GT(again.claim.token, held.token);
  EXPECT_EQ(must(store_->steps("a")).size(), 1U);
}

TEST_P(JobStoreConformance, RecoverGivesBackWhatTheDeadHadAndNothingElse) {
  for (const char* id : {"a", "b", "c"}) submit(id);
  auto dies = open("dies");
  must(dies->claim_job("a"));
  must(dies->claim_job("b"));
  claim_job("c");
  const auto client = open();
  store_->on_change({});
  maker_->kill(std::move(dies));
  // A living worker may have been quicker than this call: what counts is how it stands after it.
  static_cast<void>(must(client->recover()));
  EXPECT_THAT(must(client->recover()), IsEmpty());
  EXPECT_THAT(ids({.status = Status::pending}), UnorderedElementsAre("a", "b"));
  EXPECT_EQ(find("c").status, Status::running) << "our own jobs are ours";
}

TEST_P(JobStoreConformance, RecoverReturnsTheJobsThatItGaveBack) {
  submit("a");
  claim();
  maker_->kill(std::move(store_));
  const auto client = open();
  EXPECT_EQ(must(client->find("a")).status, Status::running) << "a client takes over nothing by itself";
  EXPECT_THAT(must(client->recover()), ElementsAre("a"));
  EXPECT_EQ(must(client->find("a")).status, Status::pending);
}

TEST_P(JobStoreConformance, AWorkerThatClosedItsStoreIsAsGoodAsDead) {
  submit("a");
  claim();
  store_.reset();
  const auto other = open("w2");
  EXPECT_EQ(must(other->claim())->job.id, "a");
}

TEST_P(JobStoreConformance, TheJobOfADeadWorkerThatWasToBeCancelledIsCancelled) {
  submit("a");
  claim();
  must(store_->cancel("a"));
  die_and_reopen();
  EXPECT_EQ(find("a").status, Status::cancelled);
  EXPECT_EQ(find("a").finished_at, maker_->now());
}

TEST_P(JobStoreConformance, AJobThatTakesItsWorkerDownAgainAndAgainHasFailed) {
  submit("a");
  for (int death = 1; death <= StoreMaker::max_interruptions; ++death) {
    EXPECT_EQ(claimed_id(), "a");
    die_and_reopen();
    EXPECT_EQ(find("a").interruptions, death);
  }
  EXPECT_EQ(find("a").status, Status::failed);
  EXPECT_THAT(std::string(fields("a")["error"]), HasSubstr("the worker died 3 times"));
  EXPECT_EQ(fields("a")["errorInfo"]["code"], "worker_died_often");
  EXPECT_EQ(must(store_->retry("a")).interruptions, 0);
}

TEST_P(JobStoreConformance, AFinishedStepSetsTheCountOfDeathsBack) {
  submit("a");
  for (int death = 1; death < StoreMaker::max_interruptions; ++death) {
    claim();
    die_and_reopen();
  }
  const Claim held = claim().claim;
  EXPECT_GOOD(store_->append_step(held, {.key = "s", .hash = "h", .phase = StepRecord::Phase::started}));
  EXPECT_EQ(find("a").interruptions, StoreMaker::max_interruptions - 1) << "only one that is done";
  EXPECT_GOOD(store_->append_step(held, {.key = "s", .hash = "h", .phase = StepRecord::Phase::done}));
  EXPECT_EQ(find("a").interruptions, 0);
  die_and_reopen();
  EXPECT_EQ(find("a").interruptions, 1);
  EXPECT_EQ(find("a").status, Status::pending);
}

}  // namespace
}  // namespace reelspool::conformance
