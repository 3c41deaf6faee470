// What an attempt may do with its claim, and that it may do nothing once the claim is stale (J12, J15, fencing).
#include <functional>

#include "tests/jobstore/conformance/conformance.hpp"

namespace reelspool::conformance {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::IsEmpty;
using Phase = StepRecord::Phase;

constexpr std::string_view stale = "cancelled/stale_claim/";

TEST_P(JobStoreConformance, ProgressShowsHowFarAJobIs) {
  submit("a");
  const Claim held = claim().claim;
  maker_->advance(1s);
  EXPECT_GOOD(store_->progress(
      held, {.percent = 40.5, .stage = "rendering", .scene = 2, .scenes = 5, .message = "m\n"}));
  const Job job = find("a");
  EXPECT_EQ(job.progress, 40.5);
  EXPECT_EQ(job.stage, "rendering");
  EXPECT_EQ(job.scene, 2);
  EXPECT_EQ(job.scenes, 5);
  EXPECT_EQ(job.message, "m\n");
  EXPECT_EQ(job.rev, 2U) << "rev counts changes of state";
  EXPECT_EQ(job.updated_at, maker_->now());
  EXPECT_EQ(published_entry(must(open()->find("a"))), published_entry(job));
}

TEST_P(JobStoreConformance, ProgressNeverGoesBackwardsWithinAnAttempt) {
  submit("a");
  const Claim held = claim().claim;
  EXPECT_GOOD(store_->progress(held, {.percent = 40, .stage = "rendering"}));
  EXPECT_GOOD(store_->progress(held, {.percent = 30, .stage = "finishing"}));
  EXPECT_EQ(find("a").progress, 40);
  EXPECT_EQ(find("a").stage, "finishing") << "the rest is shown all the same";
  EXPECT_GOOD(store_->progress(held, {.percent = -1}));
  EXPECT_EQ(find("a").progress, 40);
  EXPECT_GOOD(store_->progress(held, {.percent = 400}));
  EXPECT_EQ(find("a").progress, 99) << "100 comes with done alone";
}

TEST_P(JobStoreConformance, ProgressBeginsAnewWithARetryAndStaysWhenGivenBack) {
  submit("a");
  Claim held = claim().claim;
  EXPECT_GOOD(store_->progress(held, {.percent = 40, .stage = "rendering"}));
  EXPECT_EQ(finish(held, Ending::Kind::given_back).progress, 40) << "its finished steps are kept";
  EXPECT_EQ(find("a").stage, "waiting");
  held = claim().claim;
  EXPECT_EQ(finish(held, Ending::Kind::retry).progress, 0);
}

TEST_P(JobStoreConformance, UpdatePutsFieldsOverThoseThatAreThere) {
  submit("a");
  const Claim held = claim().claim;
  EXPECT_GOOD(store_->update(held, R"({"operations":[{"id":"op", "n":1.10}],"cost":1})"));
  EXPECT_GOOD(store_->update(held, R"({"cost":null,"tokens":20})"));
  EXPECT_GOOD(store_->update(held, "{}"));
  EXPECT_EQ(find("a").fields, R"({"operations":[{"id":"op", "n":1.10}],"cost":null,"tokens":20})");
  EXPECT_EQ(find("a").rev, 2U);
  for (const char* bad : {"", "nothing", "[]", "7"})
    EXPECT_EQ(why_not(store_->update(held, bad)), "invalid_request//fields") << bad;
  EXPECT_EQ(fields("a")["tokens"], 20);
}

TEST_P(JobStoreConformance, TheNewestRecordOfAStepIsRemembered) {
  submit("a");
  const Claim held = claim().claim;
  EXPECT_GOOD(store_->append_step(held, {.key = "one", .hash = "h1", .phase = Phase::started}));
  EXPECT_GOOD(store_->append_step(held, {.key = "two", .hash = "h2", .phase = Phase::failed}));
  maker_->advance(1s);
  EXPECT_GOOD(store_->append_step(
      held, {.key = "one", .hash = "h3", .phase = Phase::state, .attempt = 7, .body = "{\n\"s\":1.10}"}));
  for (const char* bad : {"", "nothing", "[]"})
    EXPECT_EQ(why_not(store_->append_step(held, {.key = "one", .body = bad})), "invalid_request//body")
        << bad;
  const auto check = [&] {
    const auto steps = must(store_->steps("a"));
    ASSERT_EQ(steps.size(), 2U);
    EXPECT_EQ(steps[0].key, "one") << "in the order of first appearance";
    EXPECT_EQ(steps[0].hash, "h3");
    EXPECT_EQ(steps[0].phase, Phase::state);
    EXPECT_EQ(steps[0].body, "{\n\"s\":1.10}");
    EXPECT_EQ(steps[0].attempt, 7) << "its engine's number";
    EXPECT_EQ(steps[0].token, held.token) << "whatever the record said";
    EXPECT_EQ(steps[0].at, maker_->now());
    EXPECT_EQ(steps[1].key, "two");
    EXPECT_EQ(steps[1].phase, Phase::failed);
  };
  check();
  finish(held, Ending::Kind::given_back);
  reopen();
  check();
  EXPECT_THAT(must(store_->steps("nobody")), IsEmpty());
  submit("b");
  EXPECT_THAT(must(store_->steps("b")), IsEmpty());
}

TEST_P(JobStoreConformance, DoneEndsWithAHundredPercentAndNoError) {
  submit("a");
  const Claim held = claim().claim;
  EXPECT_GOOD(store_->update(held, R"({"error":"so far","operations":[]})"));
  maker_->advance(1s);
  const Job done = finish(held, Ending::Kind::done, R"({"videoUrl":"u"})");
  EXPECT_EQ(done.status, Status::done);
  EXPECT_EQ(done.progress, 100);
  EXPECT_EQ(done.rev, 3U);
  EXPECT_EQ(done.worker, "");
  EXPECT_EQ(done.finished_at, maker_->now());
  EXPECT_EQ(fields("a")["videoUrl"], "u");
  EXPECT_TRUE(fields("a")["error"].is_null());
  EXPECT_TRUE(fields("a").contains("operations"));
  reopen();
  EXPECT_EQ(published_entry(find("a")), published_entry(done));
}

TEST_P(JobStoreConformance, FailedIsForGoodAndKeepsWhatWasReached) {
  submit("a");
  const Claim held = claim().claim;
  EXPECT_GOOD(store_->progress(held, {.percent = 70}));
  const Job failed = finish(held, Ending::Kind::failed, R"({"error":"x","errorInfo":{"class":"media"}})");
  EXPECT_EQ(failed.status, Status::failed);
  EXPECT_EQ(failed.progress, 70);
  EXPECT_EQ(failed.attempt, 1);
  EXPECT_EQ(failed.finished_at, maker_->now());
  EXPECT_EQ(fields("a")["errorInfo"]["class"], "media");
  EXPECT_EQ(claimed_id(), "none");
}

TEST_P(JobStoreConformance, ARetryKeepsTheAttemptAndWaits) {
  submit("a");
  Ending ending;
  ending.kind = Ending::Kind::retry;
  ending.run_at = maker_->now() + 5s;
  ending.fields = R"({"error":"so far"})";
  const Job waiting = must(store_->finish(claim().claim, ending));
  EXPECT_EQ(waiting.status, Status::pending);
  EXPECT_EQ(waiting.attempt, 1);
  EXPECT_EQ(waiting.run_at, ending.run_at);
  EXPECT_EQ(waiting.stage, "waiting");
  EXPECT_EQ(fields("a")["error"], "so far");
  reopen();
  EXPECT_EQ(claimed_id(), "none");
  maker_->advance(5s);
  const Claimed second = claim();
  EXPECT_EQ(second.job.attempt, 2);
  EXPECT_FALSE(second.job.run_at);
}

TEST_P(JobStoreConformance, AJobGivenBackCostsNoAttemptAndIsFreeAtOnce) {
  submit("a");
  const Job back = finish(claim().claim, Ending::Kind::given_back);
  EXPECT_EQ(back.status, Status::pending);
  EXPECT_EQ(back.attempt, 0);
  EXPECT_EQ(back.interruptions, 0);
  EXPECT_EQ(back.worker, "");
  EXPECT_EQ(claim().job.attempt, 1);
}

TEST_P(JobStoreConformance, OnlyAnEndingWithFieldsThatAreAnObjectIsTaken) {
  submit("a");
  const Claim held = claim().claim;
  EXPECT_EQ(why_not(store_->finish(held, {.kind = Ending::Kind::done, .fields = "x", .run_at = {}})),
            "invalid_request//fields");
  EXPECT_EQ(find("a").status, Status::running);
}

TEST_P(JobStoreConformance, FilesArePublishedTogether) {
  submit("a");
  const Claim held = claim().claim;
  const auto folder = maker_->data() / "jobs" / "a";
  std::filesystem::create_directories(folder / "work-1");
  put_file(folder / "work-1" / "x.mp4", "x");
  put_file(folder / "work-1" / "y.jpg", "y");
  put_file(folder / "y.jpg", "of the attempt before");
  EXPECT_GOOD(store_->publish_files(held, {{folder / "work-1" / "x.mp4", folder / "final.mp4"},
                                           {folder / "work-1" / "y.jpg", folder / "y.jpg"}}));
  EXPECT_EQ(contents(folder / "final.mp4"), "x");
  EXPECT_EQ(contents(folder / "y.jpg"), "y");
  const auto missing = store_->publish_files(held, {{folder / "work-1" / "z", folder / "z"}});
  ASSERT_FALSE(missing);
  EXPECT_THAT(missing.error().message, HasSubstr("work-1/z"));
}

TEST_P(JobStoreConformance, AStaleClaimIsRefusedByEveryFunctionOfAnAttempt) {
  using Act = std::function<std::string(JobStore&, const Claim&)>;
  const auto folder = maker_->data() / "jobs" / "a";
  std::filesystem::create_directories(folder);
  put_file(folder / "from", "old");
  const std::pair<const char*, Act> acts[] = {
      {"progress",
       [](JobStore& store, const Claim& claim) { return why_not(store.progress(claim, {.percent = 50})); }},
      {"update",
       [](JobStore& store, const Claim& claim) { return why_not(store.update(claim, R"({"x":1})")); }},
      {"append_step",
       [](JobStore& store, const Claim& claim) { return why_not(store.append_step(claim, {.key = "s"})); }},
      {"publish_files",
       [&](JobStore& store, const Claim& claim) {
         return why_not(store.publish_files(claim, {{folder / "from", folder / "to"}}));
       }},
      {"finish", [](JobStore& store, const Claim& claim) { return why_not(store.finish(claim, {})); }},
  };
  const auto expect_refused = [&](const Claim& claim, const char* when) {
    for (const auto& [name, act] : acts) {
      EXPECT_EQ(act(*store_, claim), stale) << name << ", " << when;
      EXPECT_EQ(act(*open(), claim), stale) << name << ", " << when << ", by another process";
    }
  };
  submit("a");
  const Claim old = claim().claim;
  finish(old, Ending::Kind::given_back);
  expect_refused(old, "given back");
  const Claim young = claim().claim;
  EXPECT_GT(young.token, old.token);
  const std::string before = published_entry(find("a"));
  expect_refused(old, "claimed anew");
  expect_refused({"nobody", young.token}, "a job that is not there");
  expect_refused({"a", young.token + 1}, "a token that never was");
  EXPECT_EQ(published_entry(find("a")), before);
  EXPECT_THAT(must(store_->steps("a")), IsEmpty());
  EXPECT_FALSE(std::filesystem::exists(folder / "to"));

  die_and_reopen();
  expect_refused(young, "its worker died");
  const Claim last = claim().claim;
  EXPECT_GT(last.token, young.token);
  finish(last, Ending::Kind::done);
  expect_refused(last, "done");
  EXPECT_GOOD(store_->remove("a", true));
  expect_refused(last, "removed");
}

TEST_P(JobStoreConformance, TokensGrowOverAllJobsAndProcesses) {
  for (const char* id : {"a", "b", "c", "d"}) submit(id);
  std::uint64_t last = claim().claim.token;
  const auto is_larger = [&last](std::uint64_t token) { return token > std::exchange(last, token); };
  EXPECT_TRUE(is_larger(must(open("w2")->claim())->claim.token));
  EXPECT_TRUE(is_larger(claim().claim.token));
  reopen();
  EXPECT_TRUE(is_larger(claim().claim.token));
}

}  // namespace
}  // namespace reelspool::conformance
