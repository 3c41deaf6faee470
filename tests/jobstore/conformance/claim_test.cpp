// Which job is claimed, and when: priority, age, runAt, dependsOn, pause (J8, J14).
#include "tests/jobstore/conformance/conformance.hpp"

namespace reelspool::conformance {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

TEST_P(JobStoreConformance, AClaimBeginsAnAttempt) {
  submit("a");
  maker_->advance(3s);
  const Claimed claimed = claim();
  EXPECT_EQ(claimed.claim.job, "a");
  EXPECT_GT(claimed.claim.token, 0U);
  EXPECT_EQ(claimed.job.token, claimed.claim.token);
  EXPECT_EQ(claimed.job.id, "a");
  EXPECT_EQ(claimed.job.status, Status::running);
  EXPECT_EQ(claimed.job.attempt, 1);
  EXPECT_EQ(claimed.job.worker, "w1");
  EXPECT_EQ(claimed.job.rev, 2U);
  EXPECT_EQ(claimed.job.params, R"({"n":1.10})");
  EXPECT_EQ(claimed.job.started_at, maker_->now());
  EXPECT_EQ(claimed.job.updated_at, maker_->now());
  EXPECT_EQ(published_entry(find("a")), published_entry(claimed.job));
  EXPECT_EQ(claimed_id(), "none");
  EXPECT_FALSE(is_claimable("a"));
}

TEST_P(JobStoreConformance, TheHighestPriorityGoesFirstThenTheOldest) {
  submit("old");
  submit("young", R"("createdAt":"2020-01-01T00:00:00Z")");
  submit("urgent", R"("priority":5)");
  submit("later", R"("priority":-1)");
  EXPECT_EQ(claimed_id(), "urgent");
  EXPECT_EQ(claimed_id(), "old") << "age is when the store got it";
  EXPECT_EQ(claimed_id(), "young");
  EXPECT_EQ(claimed_id(), "later");
  EXPECT_EQ(claimed_id(), "none");
}

TEST_P(JobStoreConformance, AJobThatComesBackIsAsOldAsItWas) {
  submit("a");
  submit("b");
  submit("c");
  finish(claim().claim, Ending::Kind::given_back);
  EXPECT_EQ(claimed_id(), "a");
  end("b", Ending::Kind::failed);
  must(store_->retry("b"));
  EXPECT_EQ(claimed_id(), "b");
}

TEST_P(JobStoreConformance, OneJobIsClaimedById) {
  submit("first", R"("priority":9)");
  submit("a");
  EXPECT_EQ(claim_job("a").job.id, "a");
  EXPECT_FALSE(is_claimable("a")) << "it runs";
  EXPECT_FALSE(is_claimable("nobody"));
  EXPECT_EQ(claimed_id(), "first");
}

TEST_P(JobStoreConformance, ADelayedJobIsClaimedWhenItsTimeHasCome) {
  submit("a", R"("priority":9,"runAt":)" + time_text(10s));
  submit("b");
  EXPECT_EQ(claimed_id(), "b");
  EXPECT_EQ(claimed_id(), "none");
  EXPECT_EQ(must(store_->stats()).delayed, 1U);
  maker_->advance(10s - 1ms);
  EXPECT_FALSE(is_claimable("a"));
  reopen();
  EXPECT_FALSE(is_claimable("a"));
  maker_->advance(1ms);
  EXPECT_EQ(must(store_->stats()).delayed, 0U);
  const Claimed claimed = claim();
  EXPECT_EQ(claimed.job.id, "a");
  EXPECT_FALSE(claimed.job.run_at) << "it has run";
}

TEST_P(JobStoreConformance, AJobWaitsForAllThatItDependsOn) {
  submit("first");
  submit("second");
  submit("last", R"("priority":9,"dependsOn":["first","second","first"])");
  submit("delayed", R"("dependsOn":"first","runAt":)" + time_text(5s));
  end("second", Ending::Kind::done);
  EXPECT_FALSE(is_claimable("last"));
  const Claim first = claim().claim;
  EXPECT_EQ(first.job, "first");
  EXPECT_EQ(claimed_id(), "none");
  reopen();  // and w1 is another now: the job that it ran comes back
  EXPECT_FALSE(is_claimable("last"));
  end("first", Ending::Kind::done);
  EXPECT_EQ(claimed_id(), "last");
  EXPECT_EQ(claimed_id(), "none");
  maker_->advance(5s);
  EXPECT_EQ(claimed_id(), "delayed");
}

TEST_P(JobStoreConformance, AFailedPrerequisiteFailsAllThatWaitForItAndIsNamed) {
  submit("a");
  submit("b", R"("dependsOn":["a"])");
  submit("c", R"("dependsOn":["b"])");
  finish(claim().claim, Ending::Kind::failed, R"({"error":"x"})");
  EXPECT_EQ(find("b").status, Status::failed);
  EXPECT_THAT(std::string(fields("b")["error"]), HasSubstr("'a'"));
  EXPECT_EQ(fields("b")["errorInfo"]["code"], "prerequisite_failed");
  EXPECT_EQ(find("c").status, Status::failed);
  EXPECT_THAT(std::string(fields("c")["error"]), HasSubstr("'b'"));
  EXPECT_EQ(find("c").finished_at, maker_->now());
  // And one that comes later.
  submit("d", R"("dependsOn":["a"])");
  EXPECT_EQ(find("d").status, Status::failed);
}

TEST_P(JobStoreConformance, ACancelledPrerequisiteFailsThemToo) {
  submit("a");
  submit("b", R"("dependsOn":["a"])");
  must(store_->cancel("a"));
  EXPECT_EQ(find("b").status, Status::failed);
  EXPECT_THAT(std::string(fields("b")["error"]), HasSubstr("'a'"));
}

TEST_P(JobStoreConformance, AFailedPrerequisiteThatIsRetriedLetsThemWaitAgain) {
  submit("a");
  submit("b", R"("dependsOn":["a"])");
  end("a", Ending::Kind::failed);
  must(store_->retry("a"));
  EXPECT_EQ(must(store_->retry("b")).status, Status::pending);
  EXPECT_FALSE(is_claimable("b"));
  end("a", Ending::Kind::done);
  EXPECT_EQ(claimed_id(), "b");
}

TEST_P(JobStoreConformance, ARemovedPrerequisiteIsRememberedAsItEnded) {
  submit("good");
  end("good", Ending::Kind::done);
  submit("bad");
  end("bad", Ending::Kind::failed);
  EXPECT_GOOD(store_->remove("good", false));
  EXPECT_GOOD(store_->remove("bad", false));
  submit("after-good", R"("dependsOn":["good"])");
  submit("after-bad", R"("dependsOn":["bad"])");
  EXPECT_EQ(find("after-good").status, Status::pending);
  EXPECT_EQ(find("after-bad").status, Status::failed);
  reopen();
  EXPECT_EQ(claimed_id(), "after-good");
}

TEST_P(JobStoreConformance, ARemovedPrerequisiteIsUnknownAfterNinetyDays) {
  // A process that had it in memory still said yes, one that had read a snapshot since said no.
  submit("a", R"("status":"done")");
  EXPECT_GOOD(store_->remove("a", false));
  maker_->advance(std::chrono::days(89));
  submit("in-time", R"("dependsOn":["a"])");
  maker_->advance(std::chrono::days(2));
  EXPECT_EQ(why_not(store_->submit(entry_text("late", R"("dependsOn":["a"])"))),
            "invalid_request//dependsOn[0]");
  reopen();
  EXPECT_EQ(why_not(store_->submit(entry_text("late", R"("dependsOn":["a"])"))),
            "invalid_request//dependsOn[0]");
  EXPECT_EQ(claimed_id(), "in-time") << "which was taken on, and still knows how it ended";
}

TEST_P(JobStoreConformance, WhilePausedNothingIsClaimedByAnybody) {
  submit("a");
  EXPECT_GOOD(store_->set_paused(true));
  EXPECT_GOOD(store_->set_paused(true));
  EXPECT_TRUE(must(store_->stats()).paused);
  EXPECT_EQ(claimed_id(), "none");
  EXPECT_FALSE(is_claimable("a"));
  const auto other = open("w2");
  EXPECT_FALSE(must(other->claim()));
  reopen();
  EXPECT_EQ(claimed_id(), "none");
  EXPECT_GOOD(other->set_paused(false));
  EXPECT_FALSE(must(store_->stats()).paused);
  EXPECT_EQ(claimed_id(), "a");
}

TEST_P(JobStoreConformance, WhatRunsGoesOnWhilePaused) {
  submit("a");
  const Claim held = claim().claim;
  EXPECT_GOOD(store_->set_paused(true));
  EXPECT_GOOD(store_->progress(held, {.percent = 10}));
  EXPECT_EQ(finish(held, Ending::Kind::done).status, Status::done);
  submit("b");
  EXPECT_EQ(must(store_->cancel("b")).status, Status::cancelled);
}

TEST_P(JobStoreConformance, AClientClaimsNothingButDoesAllElse) {
  const auto client = open();
  EXPECT_TRUE(must(client->submit(entry_text("a"))).is_new);
  EXPECT_EQ(client->claim().error().cls, ErrorClass::invalid_request);
  EXPECT_EQ(client->claim_job("a").error().cls, ErrorClass::invalid_request);
  EXPECT_EQ(must(client->find("a")).status, Status::pending);
  EXPECT_EQ(must(client->cancel("a")).status, Status::cancelled);
  EXPECT_EQ(must(client->retry("a")).status, Status::pending);
  EXPECT_EQ(claimed_id(), "a");
}

}  // namespace
}  // namespace reelspool::conformance
