// What is asked of many jobs at once: those that failed (J13, J14), and those of a worker that hangs.
#include "tests/jobstore/conformance/conformance.hpp"

namespace reelspool::conformance {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::vector<std::string> failures(JobStore& store, std::size_t limit = 10) {
  std::vector<std::string> ids;
  for (const Job& job : must(store.last_failures(limit))) ids.push_back(job.id);
  return ids;
}

TEST_P(JobStoreConformance, FailuresAreShownInTheOrderOfFailingNotOfSubmitting) {
  for (const char* id : {"a", "b", "c", "d"}) submit(id);
  for (const char* id : {"c", "a", "d"}) end(id, Ending::Kind::failed);
  EXPECT_THAT(failures(*store_), ElementsAre("d", "a", "c"));
  EXPECT_THAT(failures(*store_, 2), ElementsAre("d", "a"));
  EXPECT_EQ(published_entry(must(store_->last_failures(1))[0]), published_entry(find("d")));
  must(store_->retry("a"));
  EXPECT_THAT(failures(*store_), ElementsAre("d", "c"));
  end("a", Ending::Kind::failed);
  reopen();
  EXPECT_THAT(failures(*store_), ElementsAre("a", "d", "c"));
}

TEST_P(JobStoreConformance, AllThatFailedAreTriedAgain) {
  for (const char* id : {"a", "b", "c"}) submit(id);
  must(store_->cancel("c"));
  for (const char* id : {"b", "a"}) end(id, Ending::Kind::failed);
  EXPECT_THAT(must(store_->retry_failed()), ElementsAre("b", "a"));
  for (const char* id : {"a", "b"}) EXPECT_EQ(find(id).status, Status::pending) << id;
  EXPECT_EQ(find("a").attempt, 0);
  EXPECT_EQ(find("c").status, Status::cancelled);
  EXPECT_THAT(must(store_->retry_failed()), IsEmpty());
}

TEST_P(JobStoreConformance, AllThatFailedAreRemoved) {
  for (const char* id : {"a", "b", "c"}) submit(id);
  must(store_->cancel("c"));
  const auto folder = maker_->data() / "jobs" / "a";
  std::filesystem::create_directories(folder);
  for (const char* name : {"final.mp4", "clip_0.mp4"}) put_file(folder / name, "x");
  for (const char* id : {"b", "a"}) end(id, Ending::Kind::failed);
  EXPECT_THAT(must(store_->remove_failed(false)), ElementsAre("b", "a"));
  EXPECT_TRUE(std::filesystem::exists(folder / "final.mp4"));
  EXPECT_FALSE(std::filesystem::exists(folder / "clip_0.mp4"));
  EXPECT_EQ(must(store_->stats()).failed, 0U);
  EXPECT_EQ(find("c").status, Status::cancelled);
  EXPECT_THAT(must(store_->remove_failed(true)), IsEmpty());
}

// A retry of all met the dependent that had just failed anew, retried that one too, and so for ever.
TEST_P(JobStoreConformance, OneThatFailsAgainAtOnceForItsPrerequisiteIsTriedOnce) {
  submit("a");
  must(store_->cancel("a"));
  submit("b", R"("dependsOn":["a"])");
  EXPECT_EQ(find("b").status, Status::failed);
  EXPECT_THAT(must(store_->retry_failed()), ElementsAre("b"));
  EXPECT_EQ(find("b").status, Status::failed);
}

TEST_P(JobStoreConformance, AWorkerThatHangsLosesItsJobsAndCanWriteNothingMore) {
  for (const char* id : {"a", "b", "c"}) submit(id);
  const auto hangs = open("hangs");
  const Claim held = must(hangs->claim_job("a"))->claim;
  must(hangs->claim_job("b"));
  must(hangs->cancel("b"));
  claim_job("c");
  EXPECT_THAT(must(store_->recover()), IsEmpty()) << "it lives";
  EXPECT_THAT(must(store_->recover_from("nobody")), IsEmpty());
  EXPECT_THAT(must(store_->recover_from("hangs")), ElementsAre("a"));
  EXPECT_THAT(must(store_->recover_from("hangs")), IsEmpty());
  EXPECT_EQ(find("b").status, Status::cancelled) << "as was wished";
  EXPECT_EQ(find("c").status, Status::running) << "is another's";
  const Claimed again = claim();
  EXPECT_EQ(again.job.id, "a");
  EXPECT_EQ(again.job.attempt, 1) << "it cost no attempt";
  EXPECT_EQ(again.job.interruptions, 1);
  EXPECT_EQ(why_not(hangs->progress(held, {.percent = 77})), "cancelled/stale_claim/");
  EXPECT_EQ(why_not(hangs->append_step(held, {.key = "s"})), "cancelled/stale_claim/");
  EXPECT_EQ(why_not(hangs->finish(held, {})), "cancelled/stale_claim/");
  EXPECT_EQ(finish(again.claim, Ending::Kind::done).status, Status::done);
}

}  // namespace
}  // namespace reelspool::conformance
