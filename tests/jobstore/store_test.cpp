// The file store through its front door, in one process: what JobStore promises.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>

#include "jobstore/json.hpp"
#include "tests/jobstore/scratch.hpp"

namespace reelspool {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class StoreTest : public testing::Test {
 protected:
  StoreTest() {
    options_ = options_for(scratch_, "w1");
    options_.clock = &clock_;
    options_.files = &files_;
    store_ = open_store(options_);
  }

  void submit(const std::string& id, const std::string& more = {}) {
    EXPECT_TRUE(must(store_->submit(entry_text(id, more))).is_new);
  }
  Claimed claim() {
    auto claimed = must(store_->claim());
    EXPECT_TRUE(claimed);
    return claimed.value_or(Claimed{});
  }
  std::string claimed_id() {
    const auto claimed = must(store_->claim());
    return claimed ? claimed->job.id : "none";
  }
  Job find(const std::string& id) { return must(store_->find(id)); }
  Json fields(const std::string& id) { return must(parse_json(find(id).fields)); }
  Job finish(const Claim& claim, Ending::Kind kind, const std::string& more = "{}") {
    Ending ending;
    ending.kind = kind;
    ending.fields = more;
    return must(store_->finish(claim, ending));
  }
  /// The same store, as another process would find it now.
  void reopen() {
    store_.reset();
    store_ = open_store(options_);
  }

  Scratch scratch_;
  StandingClock clock_;
  FailingFiles files_;
  FileStoreOptions options_;
  std::unique_ptr<FileJobStore> store_;
};

TEST_F(StoreTest, AJobIsSubmittedClaimedAndDone) {
  submit("a");
  EXPECT_EQ(find("a").status, Status::pending);
  EXPECT_EQ(find("a").stage, "waiting");

  const Claimed claimed = claim();
  EXPECT_EQ(claimed.job.id, "a");
  EXPECT_EQ(claimed.job.status, Status::running);
  EXPECT_EQ(claimed.job.attempt, 1);
  EXPECT_EQ(claimed.job.worker, "w1");
  EXPECT_EQ(claimed.job.params, R"({"n":1.10})");
  EXPECT_GT(claimed.claim.token, 0U);
  EXPECT_EQ(claimed_id(), "none");

  EXPECT_GOOD(store_->update(claimed.claim, R"({"operations":[{"id":"op"}]})"));
  const Job done = finish(claimed.claim, Ending::Kind::done, R"({"videoUrl":"u"})");
  EXPECT_EQ(done.status, Status::done);
  EXPECT_EQ(done.progress, 100);
  EXPECT_EQ(done.rev, 3U);
  EXPECT_TRUE(done.finished_at);
  EXPECT_EQ(fields("a")["videoUrl"], "u");
  EXPECT_EQ(fields("a")["operations"][0]["id"], "op");
  EXPECT_TRUE(fields("a")["error"].is_null());
}

TEST_F(StoreTest, EverythingIsThereAgainAfterReopening) {
  submit("a", R"("priority":3,"dependsOn":[])");
  submit("b", R"("dependsOn":"a")");
  const Claim claim_a = claim().claim;
  EXPECT_GOOD(store_->append_step(
      claim_a, {.key = "s", .hash = "h", .phase = StepRecord::Phase::done, .body = R"({"x":1.10})"}));
  finish(claim_a, Ending::Kind::failed, R"({"error":"e"})");
  EXPECT_GOOD(store_->set_paused(true));
  const std::string before = published_entry(find("a")) + published_entry(find("b"));
  const auto steps = must(store_->steps("a"));

  reopen();
  EXPECT_EQ(published_entry(find("a")) + published_entry(find("b")), before);
  ASSERT_EQ(must(store_->steps("a")).size(), 1U);
  EXPECT_EQ(must(store_->steps("a"))[0].body, R"({"x":1.10})");
  EXPECT_EQ(must(store_->steps("a"))[0].token, steps[0].token);
  EXPECT_TRUE(must(store_->stats()).paused);
}

TEST_F(StoreTest, TheHighestPriorityGoesFirstThenTheOldest) {
  submit("old");
  submit("young");
  submit("urgent", R"("priority":5)");
  submit("later", R"("priority":-1)");
  EXPECT_EQ(claimed_id(), "urgent");
  EXPECT_EQ(claimed_id(), "old");
  EXPECT_EQ(claimed_id(), "young");
  EXPECT_EQ(claimed_id(), "later");
  EXPECT_EQ(claimed_id(), "none");
}

TEST_F(StoreTest, ADelayedJobIsClaimedWhenItsTimeHasCome) {
  submit("a", R"("runAt":")" + format_time(clock_.now() + 10s) + '"');
  EXPECT_EQ(claimed_id(), "none");
  EXPECT_EQ(must(store_->stats()).delayed, 1U);
  EXPECT_FALSE(must(store_->claim_job("a")));
  clock_.advance(10s);
  EXPECT_EQ(claimed_id(), "a");
}

TEST_F(StoreTest, AJobWaitsForThoseItDependsOn) {
  submit("first");
  submit("second", R"("priority":9,"dependsOn":["first"])");
  const Claimed first = claim();
  EXPECT_EQ(first.job.id, "first");
  EXPECT_EQ(claimed_id(), "none");
  finish(first.claim, Ending::Kind::done);
  EXPECT_EQ(claimed_id(), "second");
}

TEST_F(StoreTest, AFailedPrerequisiteFailsAllThatWaitForItAndIsNamed) {
  submit("a");
  submit("b", R"("dependsOn":["a"])");
  submit("c", R"("dependsOn":["b"])");
  finish(claim().claim, Ending::Kind::failed, R"({"error":"x"})");
  EXPECT_EQ(find("b").status, Status::failed);
  EXPECT_THAT(std::string(fields("b")["error"]), HasSubstr("'a'"));
  EXPECT_EQ(find("c").status, Status::failed);
  EXPECT_THAT(std::string(fields("c")["error"]), HasSubstr("'b'"));
  // And one that comes later.
  EXPECT_EQ(must(store_->submit(entry_text("d", R"("dependsOn":["a"])"))).is_new, true);
  EXPECT_EQ(find("d").status, Status::failed);
}

TEST_F(StoreTest, ARemovedPrerequisiteIsRememberedAsItEnded) {
  submit("good");
  finish(claim().claim, Ending::Kind::done);
  submit("bad");
  finish(claim().claim, Ending::Kind::failed);
  EXPECT_GOOD(store_->remove("good", false));
  EXPECT_GOOD(store_->remove("bad", false));
  submit("after-good", R"("dependsOn":["good"])");
  EXPECT_TRUE(must(store_->submit(entry_text("after-bad", R"("dependsOn":["bad"])"))).is_new);
  EXPECT_EQ(find("after-good").status, Status::pending);
  EXPECT_EQ(find("after-bad").status, Status::failed);
}

TEST_F(StoreTest, AnUnknownPrerequisiteIsRefused) {
  const auto refused = store_->submit(entry_text("a", R"("dependsOn":["b","nobody"])"));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().field, "dependsOn[0]");
  EXPECT_FALSE(store_->find("a"));
}

TEST_F(StoreTest, ASecondSubmitReturnsTheFirstJob) {
  submit("a", R"("idempotencyKey":"k")");
  const Submitted again = must(store_->submit(entry_text("a", R"("idempotencyKey":"k")")));
  EXPECT_FALSE(again.is_new);
  const Submitted by_key = must(store_->submit(entry_text("b", R"("idempotencyKey":"k")")));
  EXPECT_FALSE(by_key.is_new);
  EXPECT_EQ(by_key.job.id, "a");
  const auto other = store_->submit(entry_text("b", R"("idempotencyKey":"k","priority":1)"));
  ASSERT_FALSE(other);
  EXPECT_EQ(other.error().code, "id_taken");
  EXPECT_EQ(other.error().field, "idempotencyKey");
  EXPECT_EQ(must(store_->stats()).waiting, 1U);
}

TEST_F(StoreTest, AnEntryWithoutAnIdGetsOne) {
  const Submitted one = must(store_->submit(R"({"type":"clip"})"));
  const Submitted two = must(store_->submit(R"({"type":"clip"})"));
  EXPECT_TRUE(one.is_new && two.is_new);
  EXPECT_NE(one.job.id, two.job.id);
  EXPECT_THAT(one.job.id, testing::StartsWith("job-"));
  EXPECT_THAT(published_entry(one.job), HasSubstr("\"id\":\"" + one.job.id + '"'));
}

TEST_F(StoreTest, OneThatHasEndedElsewhereIsHistoryAndNeverRuns) {
  submit("a", R"("status":"completed","videoUrl":"u")");
  submit("b", R"("status":"processing")");
  EXPECT_EQ(find("a").status, Status::done);
  EXPECT_EQ(find("b").status, Status::pending) << "left by another program: taken up";
  EXPECT_EQ(claimed_id(), "b");
  EXPECT_EQ(claimed_id(), "none");
}

TEST_F(StoreTest, ARetryKeepsTheAttemptAndWaits) {
  submit("a");
  Ending ending;
  ending.kind = Ending::Kind::retry;
  ending.run_at = clock_.now() + 5s;
  ending.fields = R"({"error":"so far"})";
  const Job waiting = must(store_->finish(claim().claim, ending));
  EXPECT_EQ(waiting.status, Status::pending);
  EXPECT_EQ(waiting.attempt, 1);
  EXPECT_EQ(waiting.run_at, ending.run_at);
  EXPECT_EQ(claimed_id(), "none");
  clock_.advance(5s);
  const Claimed second = claim();
  EXPECT_EQ(second.job.attempt, 2);
  EXPECT_FALSE(second.job.run_at);
}

TEST_F(StoreTest, AJobGivenBackCostsNoAttempt) {
  submit("a");
  EXPECT_EQ(finish(claim().claim, Ending::Kind::given_back).attempt, 0);
  EXPECT_EQ(claim().job.attempt, 1);
}

TEST_F(StoreTest, AnAttemptThatHasEndedCanDoNothingMore) {
  submit("a");
  const Claim old = claim().claim;
  finish(old, Ending::Kind::given_back);
  const Claim young = claim().claim;
  EXPECT_GT(young.token, old.token);
  const auto refused = [](const auto& result) { return !result && result.error().code == "stale_claim"; };
  EXPECT_TRUE(refused(store_->progress(old, {.percent = 50})));
  EXPECT_TRUE(refused(store_->update(old, "{}")));
  EXPECT_TRUE(refused(store_->append_step(old, {.key = "s"})));
  EXPECT_TRUE(refused(store_->finish(old, {})));
  EXPECT_TRUE(refused(store_->publish_files(old, {})));
  EXPECT_TRUE(refused(store_->while_holding(old, []() -> Result<> { return ok; })));
  EXPECT_TRUE(refused(store_->finish({"nobody", 1}, {})));
  finish(young, Ending::Kind::done);
  EXPECT_TRUE(refused(store_->update(young, "{}")));
}

TEST_F(StoreTest, ProgressGrowsAndIsNeverSynced) {
  submit("a");
  const Claim held = claim().claim;
  find("a");  // covers the claim
  files_.reset_counts();
  EXPECT_GOOD(
      store_->progress(held, {.percent = 40, .stage = "rendering", .scene = 2, .scenes = 5, .message = "m"}));
  EXPECT_GOOD(
      store_->progress(held, {.percent = 30, .stage = "finishing", .scene = 2, .scenes = 5, .message = "m"}));
  EXPECT_GOOD(store_->progress(
      held, {.percent = 400, .stage = "finishing", .scene = 2, .scenes = 5, .message = "m"}));
  const Job job = find("a");
  EXPECT_EQ(job.progress, 99) << "100 comes with done";
  EXPECT_EQ(job.stage, "finishing");
  EXPECT_EQ(job.rev, 2U);
  EXPECT_EQ(files_.count(Files::Call::sync), 0);
  const int writes = files_.count(Files::Call::write);
  EXPECT_GOOD(
      store_->progress(held, {.percent = 10, .stage = "finishing", .scene = 2, .scenes = 5, .message = "m"}));
  EXPECT_EQ(files_.count(Files::Call::write), writes) << "what shows nothing new is not written";
}

TEST_F(StoreTest, TheNewestRecordOfAStepIsRemembered) {
  submit("a");
  const Claim held = claim().claim;
  using Phase = StepRecord::Phase;
  EXPECT_GOOD(store_->append_step(held, {.key = "one", .hash = "h1", .phase = Phase::started}));
  EXPECT_GOOD(store_->append_step(held, {.key = "two", .hash = "h2", .phase = Phase::started}));
  EXPECT_GOOD(
      store_->append_step(held, {.key = "one", .hash = "h1", .phase = Phase::state, .body = "{\n\"s\":1}"}));
  const auto bad = store_->append_step(held, {.key = "one", .body = "nothing"});
  ASSERT_FALSE(bad);
  EXPECT_EQ(bad.error().field, "body");
  const auto steps = must(store_->steps("a"));
  ASSERT_EQ(steps.size(), 2U);
  EXPECT_EQ(steps[0].key, "one");
  EXPECT_EQ(steps[0].phase, Phase::state);
  EXPECT_EQ(steps[0].body, "{\n\"s\":1}");
  EXPECT_EQ(steps[0].attempt, 1);
  EXPECT_EQ(steps[0].token, held.token);
  EXPECT_EQ(steps[1].key, "two");
  EXPECT_THAT(must(store_->steps("nobody")), IsEmpty());
}

TEST_F(StoreTest, APendingJobIsCancelledAtOnceARunningOneIsAsked) {
  submit("a");
  submit("b");
  const Claimed a = claim();
  EXPECT_EQ(must(store_->cancel("b")).status, Status::cancelled);
  const Job asked = must(store_->cancel("a"));
  EXPECT_EQ(asked.status, Status::running);
  EXPECT_TRUE(asked.cancel_requested);
  EXPECT_EQ(must(store_->cancel("a")).rev, asked.rev) << "twice is as once";
  EXPECT_EQ(finish(a.claim, Ending::Kind::given_back).status, Status::cancelled)
      << "it would begin anew only to be cancelled";
  const auto late = store_->cancel("a");
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().cls, ErrorClass::invalid_request);
  EXPECT_THAT(late.error().message, HasSubstr("already cancelled"));
  EXPECT_EQ(store_->cancel("nobody").error().code, "not_found");
}

TEST_F(StoreTest, AManualRetryBeginsAnewButKeepsTheSteps) {
  submit("a");
  const Claim held = claim().claim;
  EXPECT_GOOD(store_->append_step(held, {.key = "s", .hash = "h", .phase = StepRecord::Phase::done}));
  EXPECT_FALSE(store_->retry("a"));
  finish(held, Ending::Kind::failed, R"({"error":"x","errorInfo":{}})");
  const Job again = must(store_->retry("a"));
  EXPECT_EQ(again.status, Status::pending);
  EXPECT_EQ(again.attempt, 0);
  EXPECT_FALSE(again.finished_at);
  EXPECT_TRUE(fields("a")["error"].is_null());
  EXPECT_EQ(must(store_->steps("a")).size(), 1U);
  EXPECT_EQ(claim().job.attempt, 1);
  EXPECT_EQ(store_->retry("nobody").error().code, "not_found");
}

TEST_F(StoreTest, ARemovedJobIsGoneButForItsOutputsAndItsId) {
  submit("a");
  const auto folder = scratch_.path() / "jobs" / "a";
  std::filesystem::create_directories(folder / "work-3");
  for (const char* name : {"final.mp4", "thumbnail.jpg", "plan.json", "clip_0.mp4", "work-3/x"})
    put_file(folder / name, "x");
  EXPECT_FALSE(store_->remove("a", false)) << "it has not ended";
  must(store_->cancel("a"));
  EXPECT_GOOD(store_->remove("a", false));
  EXPECT_EQ(store_->find("a").error().code, "not_found");
  EXPECT_TRUE(std::filesystem::exists(folder / "final.mp4"));
  EXPECT_TRUE(std::filesystem::exists(folder / "plan.json"));
  EXPECT_FALSE(std::filesystem::exists(folder / "clip_0.mp4"));
  EXPECT_FALSE(std::filesystem::exists(folder / "work-3"));

  reopen();
  const auto again = store_->submit(entry_text("a"));
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code, "id_taken");
}

TEST_F(StoreTest, RemovingWithOutputsLeavesNoFolder) {
  submit("a");
  const auto folder = scratch_.path() / "jobs" / "a";
  std::filesystem::create_directories(folder);
  put_file(folder / "final.mp4", "x");
  must(store_->cancel("a"));
  EXPECT_GOOD(store_->remove("a", true));
  EXPECT_FALSE(std::filesystem::exists(folder));
}

TEST_F(StoreTest, WhilePausedNothingIsClaimed) {
  submit("a");
  EXPECT_GOOD(store_->set_paused(true));
  EXPECT_EQ(claimed_id(), "none");
  EXPECT_FALSE(must(store_->claim_job("a")));
  EXPECT_GOOD(store_->set_paused(false));
  EXPECT_EQ(claimed_id(), "a");
}

TEST_F(StoreTest, ListsPageByPageNewestFirst) {
  for (const char* id : {"a", "b", "c", "d"}) submit(id);
  must(store_->cancel("c"));
  const auto ids = [&](const Listing& listing) {
    std::vector<std::string> found;
    for (const Job& job : must(store_->list(listing))) found.push_back(job.id);
    return found;
  };
  EXPECT_THAT(ids({}), ElementsAre("d", "c", "b", "a"));
  EXPECT_THAT(ids({.limit = 2}), ElementsAre("d", "c"));
  EXPECT_THAT(ids({.limit = 2, .after = "c"}), ElementsAre("b", "a"));
  EXPECT_THAT(ids({.status = Status::pending}), ElementsAre("d", "b", "a"));
  EXPECT_THAT(ids({.status = Status::pending, .after = "d"}), ElementsAre("b", "a"));
  EXPECT_FALSE(store_->list({.after = "nobody"}));
}

TEST_F(StoreTest, CountsJobsByWhatTheyWaitFor) {
  submit("waits");
  submit("delayed", R"("runAt":4000000000000)");
  submit("runs", R"("priority":1)");
  submit("h", R"("status":"failed")");
  claim();
  const Stats stats = must(store_->stats());
  EXPECT_EQ(stats.waiting, 1U);
  EXPECT_EQ(stats.delayed, 1U);
  EXPECT_EQ(stats.active, 1U);
  EXPECT_EQ(stats.failed, 1U);
  EXPECT_EQ(stats.done + stats.cancelled, 0U);
}

TEST_F(StoreTest, FilesArePublishedTogether) {
  submit("a");
  const Claim held = claim().claim;
  const auto folder = scratch_.path() / "jobs" / "a";
  std::filesystem::create_directories(folder / "work-1");
  put_file(folder / "work-1" / "x.mp4", "x");
  put_file(folder / "work-1" / "y.jpg", "y");
  EXPECT_GOOD(store_->publish_files(held, {{folder / "work-1" / "x.mp4", folder / "final.mp4"},
                                           {folder / "work-1" / "y.jpg", folder / "y.jpg"}}));
  EXPECT_EQ(contents(folder / "final.mp4"), "x");
  EXPECT_EQ(contents(folder / "y.jpg"), "y");
  const auto missing = store_->publish_files(held, {{folder / "work-1" / "z", folder / "z"}});
  ASSERT_FALSE(missing);
  EXPECT_THAT(missing.error().message, HasSubstr("work-1/z"));
}

TEST_F(StoreTest, AClientClaimsNothing) {
  auto client = open_store(options_for(scratch_));
  submit("a");
  EXPECT_EQ(client->claim().error().cls, ErrorClass::invalid_request);
  EXPECT_EQ(must(client->find("a")).id, "a");
}

TEST_F(StoreTest, TwoLivingWorkersHaveTwoNames) {
  const auto second = open_file_store(options_for(scratch_, "w1"));
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().cls, ErrorClass::unavailable);
  EXPECT_THAT(second.error().message, HasSubstr("'w1'"));
  EXPECT_GOOD(open_file_store(options_for(scratch_, "w2")));
  const auto nameless = open_file_store([&] {
    auto options = options_for(scratch_, "a/b");
    return options;
  }());
  ASSERT_FALSE(nameless);
  EXPECT_EQ(nameless.error().field, "worker");
}

TEST_F(StoreTest, AnotherOpenStoreSeesEverythingAndIsToldOfIt) {
  auto other = open_store(options_for(scratch_, "w2"));
  std::promise<void> told;
  std::atomic<bool> is_told = false;
  other->on_change([&] {
    if (!is_told.exchange(true)) told.set_value();
  });
  submit("a");
  told.get_future().wait();
  EXPECT_EQ(must(other->claim())->job.id, "a");
  EXPECT_EQ(find("a").worker, "w2");
  other->on_change({});
}

TEST_F(StoreTest, TheListenerIsCalledWhenADelayedJobIsDue) {
  auto real = open_store(options_for(scratch_, "real"));
  std::promise<void> told;
  std::atomic<int> calls = 0;
  real->on_change([&] {
    if (++calls == 1) told.set_value();
  });
  must(real->submit(entry_text("a", R"("runAt":")" + format_time(system_clock().now() + 150ms) + '"')));
  EXPECT_FALSE(must(real->claim()));
  told.get_future().wait();
  EXPECT_EQ(must(real->claim())->job.id, "a");
  real->on_change({});
}

}  // namespace
}  // namespace reelspool
