// The table of transitions (jobstore/lifecycle.hpp), walked over the interface: from each of the five states every
// event is tried; what stands in the table happens, nothing else does.
#include <functional>
#include <map>

#include "jobstore/lifecycle.hpp"
#include "tests/jobstore/conformance/conformance.hpp"

namespace reelspool::conformance {
namespace {

/// A store with a job "a" in some state, and its claim if it ever had one.
struct Stage {
  StoreMaker& maker;
  std::shared_ptr<JobStore> store;
  Claim claim = {};

  void take() { claim = must(store->claim_job("a"))->claim; }
  Result<Job> finish(Ending::Kind kind) {
    return store->finish(claim, {.kind = kind, .fields = "{}", .run_at = {}});
  }
  void die() {
    maker.kill(std::move(store));
    store = must(maker.open("w1"));
  }
};

/// Brings a fresh job into a state. Its prerequisite "p" has not ended.
void bring_to(Status status, Stage& stage) {
  if (status == Status::pending) return;
  if (status == Status::cancelled) {
    must(stage.store->cancel("a"));
    return;
  }
  stage.take();
  if (status == Status::done) must(stage.finish(Ending::Kind::done));
  if (status == Status::failed) must(stage.finish(Ending::Kind::failed));
}

using Try = std::function<void(Stage&)>;
Try finishes_as(Ending::Kind kind) {
  return [kind](Stage& stage) { static_cast<void>(stage.finish(kind)); };
}
/// Ways to bring each event about; a store refuses it where it cannot be.
const std::map<Event, Try>& tries() {
  static const std::map<Event, Try> all = {
      {Event::claimed, [](Stage& stage) { static_cast<void>(stage.store->claim_job("a")); }},
      {Event::completed, finishes_as(Ending::Kind::done)},
      {Event::failed, finishes_as(Ending::Kind::failed)},
      {Event::cancelled, finishes_as(Ending::Kind::cancelled)},
      {Event::retry_later, finishes_as(Ending::Kind::retry)},
      {Event::given_back, finishes_as(Ending::Kind::given_back)},
      {Event::worker_died, [](Stage& stage) { stage.die(); }},
      {Event::cancel_wished, [](Stage& stage) { static_cast<void>(stage.store->cancel("a")); }},
      {Event::retry_wished, [](Stage& stage) { static_cast<void>(stage.store->retry("a")); }},
  };
  return all;
}

constexpr Status all_statuses[] = {Status::pending, Status::running, Status::done, Status::failed,
                                   Status::cancelled};

TEST_P(JobStoreConformance, EveryTransitionOfTheTableHappensAndNoOther) {
  for (const Status from : all_statuses)
    for (const auto& [event, attempt] : tries()) {
      SCOPED_TRACE(std::string(to_string(from)) + " + " + std::string(to_string(event)));
      const auto maker = GetParam()();
      Stage stage{*maker, must(maker->open("w1"))};
      must(stage.store->submit(entry_text("a")));
      bring_to(from, stage);
      const Job before = must(stage.store->find("a"));
      ASSERT_EQ(before.status, from);
      attempt(stage);
      const Job job = must(stage.store->find("a"));
      const auto to = after(from, event);
      EXPECT_EQ(job.status, to.value_or(from));
      EXPECT_EQ(job.rev, before.rev + (to ? 1 : 0)) << "rev counts changes of state";
      if (!to) {
        EXPECT_EQ(published_entry(job), published_entry(before)) << "a refused wish changes nothing";
      }
      if (to && has_ended(*to)) {
        EXPECT_EQ(job.finished_at, maker->now());
      }
      EXPECT_EQ(job.worker, job.status == Status::running ? "w1" : "");
    }
}

TEST_P(JobStoreConformance, TheTwoOtherTransitionsHappenToo) {
  submit("p");
  submit("a", R"("dependsOn":["p"])");
  end("p", Ending::Kind::failed);
  EXPECT_EQ(find("a").status, after(Status::pending, Event::prerequisite_failed));
  EXPECT_EQ(find("a").rev, 2U);

  submit("b");
  for (int death = 1; death < StoreMaker::max_interruptions; ++death) {
    claim_job("b");
    die_and_reopen();
  }
  const Job often = find("b");
  EXPECT_EQ(often.status, Status::pending);
  claim_job("b");
  die_and_reopen();
  EXPECT_EQ(find("b").status, after(Status::running, Event::worker_died_often));
  EXPECT_EQ(find("b").rev, often.rev + 2);
  EXPECT_EQ(transitions.size(), 13U) << "a new row: add it here, or to tries()";
}

}  // namespace
}  // namespace reelspool::conformance
