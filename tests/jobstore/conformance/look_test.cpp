// Looking at jobs: find, list, stats (J13), and that what was acknowledged is there again.
#include "tests/jobstore/conformance/conformance.hpp"

namespace reelspool::conformance {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST_P(JobStoreConformance, AnEmptyStoreHasNothingToShow) {
  EXPECT_EQ(why_not(store_->find("a")), "unavailable/not_found/");
  EXPECT_EQ(why_not(store_->find("")), "unavailable/not_found/");
  EXPECT_THAT(ids({}), IsEmpty());
  EXPECT_EQ(claimed_id(), "none");
  const Stats stats = must(store_->stats());
  EXPECT_EQ(stats.waiting + stats.active + stats.delayed + stats.done + stats.failed + stats.cancelled, 0U);
  EXPECT_FALSE(stats.paused);
  EXPECT_THAT(must(store_->recover()), IsEmpty());
}

TEST_P(JobStoreConformance, ListsPageByPageNewestFirst) {
  for (const char* id : {"a", "b", "c", "d"}) submit(id);
  must(store_->cancel("c"));
  EXPECT_THAT(ids({}), ElementsAre("d", "c", "b", "a"));
  EXPECT_THAT(ids({.limit = 2}), ElementsAre("d", "c"));
  EXPECT_THAT(ids({.limit = 2, .after = "c"}), ElementsAre("b", "a"));
  EXPECT_THAT(ids({.limit = 2, .after = "a"}), IsEmpty());
  EXPECT_THAT(ids({.limit = 0}), IsEmpty());
  EXPECT_THAT(ids({.status = Status::pending}), ElementsAre("d", "b", "a"));
  EXPECT_THAT(ids({.status = Status::pending, .limit = 1, .after = "d"}), ElementsAre("b"));
  EXPECT_THAT(ids({.status = Status::pending, .after = "c"}), ElementsAre("b", "a")) << "of another state";
  EXPECT_THAT(ids({.status = Status::running}), IsEmpty());
  EXPECT_EQ(why_not(store_->list({.after = "nobody"})), "invalid_request//after");
}

TEST_P(JobStoreConformance, AListHasTheSameJobsAsFind) {
  for (int i = 0; i < 12; ++i) submit("job-" + std::to_string(i));
  end("job-5", Ending::Kind::done);
  must(store_->cancel("job-7"));
  claim();
  std::string after;
  std::size_t seen = 0;
  while (true) {
    const auto page = must(store_->list({.limit = 5, .after = after}));
    if (page.empty()) break;
    for (const Job& job : page) EXPECT_EQ(published_entry(job), published_entry(find(job.id)));
    seen += page.size();
    after = page.back().id;
  }
  EXPECT_EQ(seen, 12U);
}

TEST_P(JobStoreConformance, CountsJobsByWhatTheyWaitFor) {
  submit("waits");
  submit("blocked", R"("dependsOn":["waits"])");
  submit("delayed", R"("runAt":4000000000000)");
  submit("runs", R"("priority":1)");
  submit("f", R"("status":"failed")");
  submit("d", R"("status":"done")");
  submit("c", R"("status":"cancelled")");
  claim();
  for (int round = 0; round < 2; ++round) {
    const Stats stats = must((round == 0 ? store_ : open())->stats());
    EXPECT_EQ(stats.waiting, 2U);
    EXPECT_EQ(stats.delayed, 1U);
    EXPECT_EQ(stats.active, 1U);
    EXPECT_EQ(stats.done, 1U);
    EXPECT_EQ(stats.failed, 1U);
    EXPECT_EQ(stats.cancelled, 1U);
  }
}

TEST_P(JobStoreConformance, EverythingIsThereAgainAfterReopening) {
  submit("a", R"("priority":3,"dependsOn":[])");
  submit("b", R"("dependsOn":"a")");
  submit("c");
  const Claim claim_a = claim().claim;
  EXPECT_GOOD(store_->append_step(
      claim_a, {.key = "s", .hash = "h", .phase = StepRecord::Phase::done, .body = R"({"x":1.10})"}));
  finish(claim_a, Ending::Kind::failed, R"({"error":"e"})");
  EXPECT_GOOD(store_->set_paused(true));
  const auto everything = [&] {
    std::string all;
    for (const Job& job : must(store_->list({}))) all += published_entry(job) + '\n';
    for (const StepRecord& step : must(store_->steps("a"))) all += step.key + step.hash + step.body;
    return all + (must(store_->stats()).paused ? "paused" : "");
  };
  const std::string before = everything();
  reopen();
  EXPECT_EQ(everything(), before);
  die_and_reopen();
  EXPECT_EQ(everything(), before);
}

}  // namespace
}  // namespace reelspool::conformance
