// What an operator does about jobs that failed, and about workers that hang.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>

#include "jobstore/open.hpp"
#include "jobstore/shown_params.hpp"
#include "tests/jobstore/child.hpp"
#include "tests/jobstore/store_fixture.hpp"

namespace reelspool {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

class FailuresTest : public FileStoreTest {
 protected:
  void fail(const std::string& id) {
    const auto claimed = must(store_->claim_job(id));
    ASSERT_TRUE(claimed) << id;
    finish(claimed->claim, Ending::Kind::failed, R"({"error":"of )" + id + "\"}");
  }
  std::vector<std::string> failures(std::size_t limit = 10) {
    std::vector<std::string> ids;
    for (const Job& job : must(store_->last_failures(limit))) ids.push_back(job.id);
    return ids;
  }
};

TEST_F(FailuresTest, KeepTheirOrderThroughASnapshot) {
  options_.snapshot_at_bytes = 1;
  reopen();
  for (const char* id : {"a", "b", "c"}) submit(id);
  for (const char* id : {"c", "a", "b"}) fail(id);
  submit("d");
  ASSERT_TRUE(std::filesystem::exists(scratch_.store() / "snapshot"));
  reopen();
  EXPECT_THAT(failures(), ElementsAre("b", "a", "c"));
}

TEST_F(FailuresTest, AreAllTriedAgainWithOneSync) {
  for (const char* id : {"a", "b", "c"}) submit(id);
  for (const char* id : {"b", "a", "c"}) fail(id);
  files_.reset_counts();
  EXPECT_EQ(must(store_->retry_failed()).size(), 3U);
  EXPECT_EQ(files_.count(Files::Call::sync), 1);
}

// An import brought the numbers of the other store's records along: two jobs had ended by the same one.
TEST_F(FailuresTest, OfAnotherStoreComeBehindThoseThatAreHere) {
  std::vector<std::string> lines;
  for (const char* id : {"a", "b"}) submit(id);
  for (const char* id : {"b", "a"}) fail(id);
  EXPECT_GOOD(store_->export_to([&](std::string_view line) -> Result<> {
    lines.emplace_back(line);
    return ok;
  }));
  const Scratch other;
  options_.data = other.path();
  reopen();
  for (const char* id : {"c", "d"}) submit(id);
  for (const char* id : {"d", "c"}) fail(id);
  must(store_->import({lines.begin(), lines.end()}));
  EXPECT_THAT(failures(), ElementsAre("b", "a", "c", "d"))
      << "by their age: when they failed was by another clock";
}

TEST_F(FailuresTest, ManyAreTakenInBatches) {
  std::vector<std::string> entries;
  for (int i = 0; i < 1100; ++i)
    entries.push_back(entry_text("job-" + std::to_string(i), R"("status":"failed")"));
  must(store_->take_in({entries.begin(), entries.end()}));
  EXPECT_EQ(must(store_->retry_failed()).size(), 1100U);
  EXPECT_EQ(must(store_->stats()).waiting, 1100U);
}

TEST(ShownParams, TellNoSecrets) {
  const std::string shown = to_text(shown_params(
      R"({"prompt":"a cup","apiKey":"S1","api_key":"S2","nested":[{"Authorization":"S3","access_token":"S4"}],)"
      R"("max_tokens":7,"url":"https://u:S5@host/a.png?x=1","signed":"https://h/p?X-Amz-Signature=S6",)"
      R"("plain":"https://h/p?page=2","picture":"data:image/png;base64,)" +
      std::string(2000, 'A') + R"("})"));
  for (const char* secret : {"S1", "S2", "S3", "S4", "S5", "S6"}) EXPECT_THAT(shown, Not(HasSubstr(secret)));
  for (const char* kept : {"a cup", "\"max_tokens\":7", "host/a.png?x=1", "https://h/p?page=2", "bytes)"})
    EXPECT_THAT(shown, HasSubstr(kept));
  EXPECT_LT(shown.size(), 1500U);
  EXPECT_EQ(to_text(shown_params("nonsense")), "{}");
}

TEST_F(FailuresTest, ThePausedStoreTellsWhenItsLastRunningJobHasEnded) {
  submit("a");
  submit("b");
  const Claim held = claim().claim;
  EXPECT_GOOD(store_->set_paused(true));
  auto waits = open_store(options_for(scratch_));
  std::promise<void> told;
  std::atomic<bool> is_told = false;
  waits->on_change([&] {
    if (must(waits->stats()).active == 0 && !is_told.exchange(true)) told.set_value();
  });
  finish(held, Ending::Kind::done);
  told.get_future().wait();
  waits->on_change({});
  EXPECT_EQ(must(waits->stats()).waiting, 1U);
}

bool is_stale(const auto& result) {
  return !result && result.error().code == "stale_claim";
}

/// A worker that claims job a, says its token, stops, and once it is woken up tries everything with its claim.
void claim_stop_and_go_on(const Scratch& scratch, const Child::Say& say) {
  JobStoreOptions options;
  options.store = options_for(scratch, "hangs");
  auto store = must(open_file_job_store(options));
  const Claim claim = must(store->claim())->claim;
  must(store->progress(claim, {.percent = 10}));
  const auto folder = scratch.path() / "jobs" / "a";
  std::filesystem::create_directories(folder / "work-old");
  put_file(folder / "work-old" / "final.mp4", "old");
  say(std::to_string(claim.token));
  do ::raise(SIGSTOP);
  while (!std::filesystem::exists(scratch.path() / "go-on"));
  say(is_stale(store->progress(claim, {.percent = 77, .message = "stale"})) ? "refused" : "taken");
  say(is_stale(store->update(claim, R"({"videoUrl":"stale"})")) ? "refused" : "taken");
  say(is_stale(store->append_step(claim, {.key = "stale"})) ? "refused" : "taken");
  say(is_stale(store->publish_files(claim, {{folder / "work-old" / "final.mp4", folder / "final.mp4"}}))
          ? "refused"
          : "taken");
  say(is_stale(store->finish(claim,
                             {.kind = Ending::Kind::done, .fields = R"({"videoUrl":"stale"})", .run_at = {}}))
          ? "refused"
          : "taken");
}

/// Its threads are stopped wherever they are, also within a transaction of the window: then all would wait for its lock.
void wait_until_stopped_without_the_lock(Child& child, const Scratch& scratch) {
  const Fd lock = must(system_files().open(scratch.store() / "lock", O_RDWR));
  child.wait_until_stopped();
  while (!must(system_files().try_lock(lock, Files::Sharing::exclusive))) {
    child.signal(SIGCONT);
    child.wait_until_stopped();
  }
  must(system_files().unlock(lock));
}

TEST(HungWorker, IsReplacedByForceAndCanWriteNothingMoreWhenItWakesUp) {
  Scratch scratch;
  must(open_store(options_for(scratch))->submit(entry_text("a")));
  Child child([&](const Child::Say& say) { claim_stop_and_go_on(scratch, say); });
  ASSERT_TRUE(child.line());
  wait_until_stopped_without_the_lock(child, scratch);

  const auto folder = scratch.path() / "jobs" / "a";
  auto store = open_store(options_for(scratch, "lives"));
  EXPECT_THAT(must(store->recover()), IsEmpty()) << "its lock is held: it is not dead";
  EXPECT_THAT(must(store->recover_from("nobody")), IsEmpty());
  EXPECT_THAT(must(store->recover_from("hangs")), ElementsAre("a"));
  EXPECT_THAT(must(store->recover_from("hangs")), IsEmpty());
  const Claimed again = *must(store->claim());
  EXPECT_EQ(again.job.attempt, 1) << "it cost no attempt";
  EXPECT_EQ(again.job.interruptions, 1);
  must(store->append_step(again.claim, {.key = "mine", .hash = "h", .phase = StepRecord::Phase::done}));
  std::filesystem::create_directories(folder / "work-new");
  put_file(folder / "work-new" / "final.mp4", "new");

  put_file(scratch.path() / "go-on", "");
  child.signal(SIGCONT);
  EXPECT_THAT(child.lines(), ElementsAre("refused", "refused", "refused", "refused", "refused"));
  EXPECT_EQ(child.wait(), 0);
  EXPECT_FALSE(std::filesystem::exists(folder / "final.mp4"));
  const std::string shown = contents(folder / "status.json") + contents(scratch.path() / "jobs.json");
  EXPECT_THAT(shown, HasSubstr("\"rev\":4")) << "the woken one published what is, on its way out";
  EXPECT_THAT(shown, Not(HasSubstr("stale")));
  const auto steps = must(store->steps("a"));
  ASSERT_EQ(steps.size(), 1U);
  EXPECT_EQ(steps[0].key, "mine");
  EXPECT_GOOD(store->publish_files(again.claim, {{folder / "work-new" / "final.mp4", folder / "final.mp4"}}));
  EXPECT_EQ(must(store->finish(again.claim, {})).status, Status::done);
  EXPECT_EQ(contents(folder / "final.mp4"), "new");
}

}  // namespace
}  // namespace reelspool
