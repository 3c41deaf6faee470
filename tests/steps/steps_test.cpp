#include "worker/steps/steps.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "tests/steps/attempts.hpp"
#include "worker/steps/gather.hpp"
#include "worker/steps/wait.hpp"

namespace reelspool::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST_F(StepsTest, AStepThatIsDoneAnswersAtOnce) {
  attempt(begin(), [&](Memory& m) -> asio::awaitable<void> {
    const auto first = co_await m.steps.run("scene-1/speech", counted());
    const auto again = co_await m.steps.run("scene-1/speech", counted());
    EXPECT_TRUE(is_ok(first));
    EXPECT_EQ(*again, *first);
  });
  EXPECT_EQ(times_, 1);
  EXPECT_THAT(store().records(), ElementsAre("scene-1/speech started", "scene-1/speech done"));
}

TEST_F(StepsTest, AStepThatIsDoneIsRememberedByTheNextWorkerAfterACrash) {
  ASSERT_TRUE(is_ok(run_one(begin(), "music", writing("music.wav", "la la"))));
  die();
  std::vector<double> shown;
  Memory& memory = begin();
  memory.steps.on_progress = [&](const std::string&, const std::string&, double at) { shown.push_back(at); };
  const auto value = run_one(memory, "music", writing("music.wav", "la la"));
  ASSERT_TRUE(is_ok(value));
  EXPECT_EQ(*value, number(1));
  EXPECT_EQ(times_, 1);
  EXPECT_EQ(content(folder("job") / "music.wav"), "la la");
  EXPECT_THAT(shown, ElementsAre(1.0));
}

TEST_F(StepsTest, WithinAnAttemptTheKeyAloneDecidesAlsoAfterACrash) {
  ASSERT_TRUE(is_ok(run_one(begin(), "clip", counted(number(1)))));
  die();
  EXPECT_EQ(*run_one(begin(), "clip", counted(number(2))), number(1));
  EXPECT_EQ(times_, 1);
}

// The store counts the attempts of a job from one again when a person retries it; its steps do not.
TEST_F(StepsTest, AFailureIsRememberedAfterACrashAlsoInAnAttemptThatAPersonBegan) {
  ASSERT_FALSE(run_one(begin(1), "clip", failing(ErrorClass::provider_failed)));
  end_attempt(Ending::Kind::failed);
  ASSERT_TRUE(is_ok(store().retry("job")));
  ASSERT_FALSE(run_one(begin(2), "clip", failing(ErrorClass::provider_failed)));
  EXPECT_EQ(times_, 2);
  die();
  ASSERT_FALSE(run_one(begin(2), "clip", failing(ErrorClass::provider_failed)));
  EXPECT_EQ(times_, 2) << "remembered until the attempt ends";
}

TEST_F(StepsTest, ANewAttemptMakesAnewWhatIsAskedForInAnotherWay) {
  ASSERT_TRUE(is_ok(run_one(begin(1), "clip", counted(number(1)))));
  next_attempt();
  EXPECT_EQ(*run_one(begin(2), "clip", counted(number(1))), number(1)) << "the same request";
  next_attempt();
  EXPECT_EQ(*run_one(begin(3), "clip", counted(number(2))), number(2)) << "another request";
}

TEST_F(StepsTest, InputsCountByTheirContentAndNotByTheirPath) {
  write(data_ / "a.png", "same");
  write(data_ / "b.png", "same");
  write(data_ / "c.png", "other");
  Work work = counted();
  work.inputs = {data_ / "a.png"};
  ASSERT_TRUE(is_ok(run_one(begin(1), "clip", work)));
  next_attempt();
  work.inputs = {data_ / "b.png"};
  EXPECT_EQ(*run_one(begin(2), "clip", work), number(1));
  next_attempt();
  work.inputs = {data_ / "c.png"};
  EXPECT_EQ(*run_one(begin(3), "clip", work), number(2));
}

TEST_F(StepsTest, AnInputThatIsNotThereFailsTheStepAlone) {
  Work work = counted();
  work.inputs = {data_ / "nowhere.png"};
  const auto outcome = run_one(begin(), "scene-2/clip", work);
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().cls, ErrorClass::invalid_request);
  EXPECT_THAT(outcome.error().message, HasSubstr("nowhere.png"));
  EXPECT_EQ(outcome.error().step, "scene-2/clip");
  EXPECT_EQ(outcome.error().scene, 2);
}

TEST_F(StepsTest, AStepWhoseFileIsGoneIsMadeAnew) {
  ASSERT_TRUE(is_ok(run_one(begin(), "music", writing("music.wav", "la la"))));
  std::filesystem::remove(folder("job") / "music.wav");
  die();
  EXPECT_EQ(*run_one(begin(), "music", writing("music.wav", "la la")), number(2));
  EXPECT_EQ(content(folder("job") / "music.wav"), "la la");
}

TEST_F(StepsTest, AFileThatWasNotMadeOrLiesOutsideIsAnError) {
  write(data_ / "secret", "x");
  for (const std::string made : {"nothing", "../../../secret", "link", "empty", ""}) {
    SCOPED_TRACE(made);
    Work work;
    work.kind = "test";
    work.carry_out = [&, made](StepContext& step) -> asio::awaitable<Result<Yield>> {
      std::error_code ignored;
      std::filesystem::create_symlink(data_ / "secret", step.folder / "link", ignored);
      write(step.folder / "empty", "");
      Yield yield;
      yield.files.push_back({made, "out"});
      co_return yield;
    };
    const auto outcome = run_one(begin(), "clip", work);
    ASSERT_FALSE(outcome);
    EXPECT_EQ(outcome.error().cls, ErrorClass::plugin_crashed);
    EXPECT_FALSE(std::filesystem::exists(folder("job") / "out"));
    next_attempt();
  }
}

TEST_F(StepsTest, WhatThrowsInAStepIsTheStepsError) {
  Work work = counted();
  work.carry_out = [](StepContext&) -> asio::awaitable<Result<Yield>> {
    throw std::bad_alloc();
    co_return Yield();
  };
  const auto outcome = run_one(begin(), "clip", work);
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().code, "internal_error");
  EXPECT_THAT(outcome.error().message, HasSubstr("out of memory"));
}

TEST_F(StepsTest, AProvidersStateAndItsFilesOutliveACrash) {
  Work work;
  work.kind = "test";
  work.carry_out = [this](StepContext& step) -> asio::awaitable<Result<Yield>> {
    ++times_;
    if (step.memory.is_null()) {
      write(step.folder / "half", "half of it");
      Json memory;
      memory["provider"] = "fal";
      memory["operation"] = "op-7";
      const auto saved = co_await step.save(memory);
      EXPECT_TRUE(is_ok(saved));
      // The worker dies here: what follows is never recorded.
      store().set_gate([](std::string_view) { return make_error(ErrorClass::transient, "dead"); });
      co_return make_error(ErrorClass::transient, "dead");
    }
    EXPECT_EQ(step.memory["operation"], "op-7");
    Yield yield;
    yield.value["found"] = content(step.folder / "half");
    co_return yield;
  };
  ASSERT_FALSE(run_one(begin(), "scene-1/clip", work));
  EXPECT_EQ(fields("job")["operations"][0]["operation"], "op-7");
  EXPECT_EQ(fields("job")["operations"][0]["step"], "scene-1/clip");
  die();
  times_ = 0;
  const auto outcome = run_one(begin(), "scene-1/clip", work);
  ASSERT_TRUE(is_ok(outcome));
  EXPECT_EQ((*outcome)["found"], "half of it");
  EXPECT_EQ(times_, 1);
  EXPECT_THAT(fields("job")["operations"], IsEmpty());
  int work_folders = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder("job")))
    work_folders += entry.path().filename().string().starts_with("work-") ? 1 : 0;
  EXPECT_EQ(work_folders, 1) << "the dead attempt's folder is gone";
}

TEST_F(StepsTest, AnotherRequestInANewAttemptBeginsWithoutTheOldState) {
  const auto work = [](int request) {
    Work one;
    one.kind = "test";
    one.request = number(request);
    one.carry_out = [](StepContext& step) -> asio::awaitable<Result<Yield>> {
      EXPECT_TRUE(step.memory.is_null());
      EXPECT_TRUE(std::filesystem::is_empty(step.folder));
      write(step.folder / "leftover", "x");
      const auto saved = co_await step.save(number(1));
      EXPECT_TRUE(is_ok(saved));
      co_return make_error(ErrorClass::timeout, "slow");
    };
    return one;
  };
  ASSERT_FALSE(run_one(begin(1), "clip", work(1)));
  next_attempt();
  ASSERT_FALSE(run_one(begin(2), "clip", work(2)));
}

TEST_F(StepsTest, TidyKeepsTheFoldersOfOperationsThatGoOn) {
  Work work;
  work.kind = "test";
  work.carry_out = [](StepContext& step) -> asio::awaitable<Result<Yield>> {
    const auto saved = co_await step.save(number(1));
    EXPECT_TRUE(is_ok(saved));
    co_return make_error(ErrorClass::timeout, "slow");
  };
  attempt(begin(), [&](Memory& m) -> asio::awaitable<void> {
    const auto failed = co_await m.steps.run("scene-1/clip", work);
    EXPECT_FALSE(failed);
    write(folder("job") / ("work-" + std::to_string(claim_.token)) / "other" / "x", "x");
    const auto tidied = co_await m.steps.tidy(true);
    EXPECT_TRUE(is_ok(tidied));
  });
  const auto place = folder("job") / ("work-" + std::to_string(claim_.token));
  EXPECT_TRUE(std::filesystem::exists(place / "scene-1-clip"));
  EXPECT_FALSE(std::filesystem::exists(place / "other"));
  on_loop(loop_, [&]() -> asio::awaitable<void> {
    const auto tidied = co_await memory_->steps.tidy(false);
    EXPECT_TRUE(is_ok(tidied));
  });
  EXPECT_FALSE(std::filesystem::exists(place));
}

TEST_F(StepsTest, WhatRunsBesideAFailureIsFinishedAndNothingNewIsBegun) {
  attempt(begin(), [&](Memory& m) -> asio::awaitable<void> {
    bool failed = false;
    Work slow = counted();
    slow.carry_out = [&](StepContext&) -> asio::awaitable<Result<Yield>> {
      while (!failed) co_await asio::post(loop_, asio::use_awaitable);
      Yield yield;
      yield.value = "kept";
      co_return yield;
    };
    Work bad = counted();
    bad.carry_out = [&](StepContext&) -> asio::awaitable<Result<Yield>> {
      co_return make_error(ErrorClass::content_policy, "refused");
    };
    const auto scene = [&](int i, const Work& work) -> asio::awaitable<Result<Json>> {
      const std::string key = "scene-" + std::to_string(i);
      auto outcome = co_await m.steps.run(key + "/clip", work);
      if (!outcome) {
        failed = true;
        co_return outcome;
      }
      co_return co_await m.steps.run(key + "/piece", counted());
    };
    std::vector<asio::awaitable<Result<Json>>> scenes;
    scenes.push_back(scene(1, slow));
    scenes.push_back(scene(2, bad));
    const auto made = co_await gather(std::move(scenes));
    EXPECT_FALSE(made);
    EXPECT_EQ(made.error().message, "refused") << "the failure, not its consequence in scene 1";
    EXPECT_EQ(made.error().scene, 2);
    const auto remembered = co_await m.steps.run("scene-1/clip", slow);
    EXPECT_TRUE(is_ok(remembered));
  });
  EXPECT_EQ(times_, 0) << "no piece was begun";
  EXPECT_THAT(store().records(), ::testing::Contains("scene-1/clip done"));
}

TEST_F(StepsTest, AnOptionalStepMayFailAlone) {
  attempt(begin(), [&](Memory& m) -> asio::awaitable<void> {
    Work music = failing(ErrorClass::provider_failed);
    music.optional = true;
    const auto failed = co_await m.steps.run("music", music);
    EXPECT_FALSE(failed);
    const auto made = co_await m.steps.run("mix", counted());
    EXPECT_TRUE(is_ok(made));
  });
}

TEST_F(StepsTest, FiveStepsUnderTwoPermitsNeverExceedThem) {
  int at_once_now = 0;
  int most = 0;
  attempt(begin(), [&](Memory& m) -> asio::awaitable<void> {
    std::vector<asio::awaitable<Result<Json>>> all;
    for (int i = 1; i <= 5; ++i) {
      Work work = counted();
      work.kind = "narrow";
      work.carry_out = [&](StepContext&) -> asio::awaitable<Result<Yield>> {
        most = std::max(most, ++at_once_now);
        while (most < 2) co_await asio::post(loop_, asio::use_awaitable);  // until a second one runs beside
        --at_once_now;
        co_return Yield();
      };
      all.push_back(m.steps.run("scene-" + std::to_string(i) + "/clip", work));
    }
    const auto made = co_await gather(std::move(all));
    EXPECT_TRUE(is_ok(made));
  });
  EXPECT_EQ(most, 2);
}

TEST_F(StepsTest, AStopWhileAStepRunsEndsItAndRecordsNoFailureOnShutdown) {
  Work work = counted();
  work.carry_out = [&](StepContext& step) -> asio::awaitable<Result<Yield>> {
    const auto saved = co_await step.save(number(1));
    EXPECT_TRUE(is_ok(saved));
    step.stop->ask(StopReason::shutdown);
    const auto waited = co_await wait_for(std::chrono::hours(1), *step.stop);
    co_return waited.error();
  };
  const auto outcome = run_one(begin(), "clip", work);
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().cls, ErrorClass::interrupted);
  EXPECT_THAT(store().records(), ElementsAre("clip started", "clip state"));
}

TEST_F(StepsTest, ACancelledStepForgetsItsOperation) {
  Work work = counted();
  work.carry_out = [&](StepContext& step) -> asio::awaitable<Result<Yield>> {
    const auto saved = co_await step.save(number(1));
    EXPECT_TRUE(is_ok(saved));
    step.stop->ask(StopReason::cancelled);
    co_return stopped(StopReason::cancelled);
  };
  ASSERT_FALSE(run_one(begin(1), "clip", work));
  next_attempt();
  EXPECT_EQ(*run_one(begin(2), "clip", counted()), number(1));
  EXPECT_THAT(store().records(),
              ElementsAre("clip started", "clip state", "clip failed", "clip started", "clip done"));
}

TEST_F(StepsTest, WindingDownLetsWhatRunsEndAndBeginsNothing) {
  attempt(begin(), [&](Memory& m) -> asio::awaitable<void> {
    Work work = counted();
    work.carry_out = [&](StepContext&) -> asio::awaitable<Result<Yield>> {
      m.steps.wind_down();
      co_return Yield();
    };
    const auto ran = co_await m.steps.run("one", work);
    EXPECT_TRUE(is_ok(ran));
    const auto next = co_await m.steps.run("two", counted());
    EXPECT_FALSE(next);
    EXPECT_EQ(next.error().cls, ErrorClass::interrupted);
  });
  EXPECT_EQ(times_, 0);
}

TEST_F(StepsTest, AWaitForAnotherTryEndsWithTheJob) {
  rule_ = much_later;
  attempt(begin(), [&](Memory& m) -> asio::awaitable<void> {
    std::vector<asio::awaitable<Result<Json>>> all;
    all.push_back(m.steps.run("one", failing(ErrorClass::transient)));
    all.push_back(m.steps.run("two", failing(ErrorClass::content_policy)));
    const auto made = co_await gather(std::move(all));
    EXPECT_FALSE(made);
    EXPECT_EQ(made.error().cls, ErrorClass::content_policy);
  });
  EXPECT_EQ(times_, 2);
}

// A provider's task went on, and on the bill, when its job was cancelled between two tries.
TEST_F(StepsTest, AStepThatWaitsForAnotherTryIsAskedOnceMoreWhenItsJobIsCancelled) {
  rule_ = much_later;
  int told = 0;
  bool failed = false;
  attempt(begin(), [&](Memory& m) -> asio::awaitable<void> {
    Work waits = counted();
    waits.carry_out = [&](StepContext& step) -> asio::awaitable<Result<Yield>> {
      if (step.stop->asked() == StopReason::cancelled) {
        ++told;
        co_return stopped(StopReason::cancelled);
      }
      const auto saved = co_await step.save(number(1));
      EXPECT_TRUE(is_ok(saved));
      failed = true;
      co_return make_error(ErrorClass::transient, "later");
    };
    Work cancels = counted();
    cancels.carry_out = [&](StepContext& step) -> asio::awaitable<Result<Yield>> {
      while (!failed) co_await asio::post(co_await asio::this_coro::executor, asio::use_awaitable);
      step.stop->ask(StopReason::cancelled);
      co_return stopped(StopReason::cancelled);
    };
    std::vector<asio::awaitable<Result<Json>>> all;
    all.push_back(m.steps.run("one", waits));
    all.push_back(m.steps.run("two", cancels));
    const auto made = co_await gather(std::move(all));
    EXPECT_FALSE(made);
  });
  EXPECT_EQ(told, 1);
}

TEST_F(StepsTest, AStepKnowsItsLastTry) {
  std::vector<bool> last;
  Work work = counted();
  work.carry_out = [&](StepContext& step) -> asio::awaitable<Result<Yield>> {
    last.push_back(step.last_try);
    co_return make_error(ErrorClass::transient, "again");
  };
  EXPECT_FALSE(run_one(begin(), "clip", work));
  EXPECT_THAT(last, ElementsAre(false, false, true));
}

TEST_F(StepsTest, AProviderThatIsGivenUpLeavesAllTriesToTheNext) {
  std::vector<std::pair<std::size_t, bool>>
      tries;  // how many were given up before, and whether it is the last
  Work work = counted();
  work.carry_out = [&](StepContext& step) -> asio::awaitable<Result<Yield>> {
    tries.emplace_back(step.given_up.size(), step.last_try);
    Error error = make_error(ErrorClass::transient, "again");
    error.provider = "provider " + std::to_string(step.given_up.size());
    if (step.last_try) step.given_up.push_back(error);
    step.nobody_left = step.given_up.size() == 2;
    co_return error;
  };
  EXPECT_FALSE(run_one(begin(), "clip", work));
  EXPECT_THAT(tries, ElementsAre(std::pair(0, false), std::pair(0, false), std::pair(0, true),
                                 std::pair(1, false), std::pair(1, true)));
}

TEST_F(StepsTest, AClaimThatIsNoLongerOursEndsTheAttempt) {
  Memory& memory = begin();
  store().set_gate([](std::string_view call) -> std::optional<Error> {
    if (!call.starts_with("append_step")) return std::nullopt;
    Error error = make_error(ErrorClass::cancelled, "somebody else has the job");
    error.code = "stale_claim";
    return error;
  });
  EXPECT_FALSE(run_one(memory, "clip", counted()));
  EXPECT_EQ(times_, 0);
  EXPECT_EQ(memory.stop.asked(), StopReason::cancelled);
}

TEST_F(StepsTest, WhatTheStoreDoesNotTakeIsNotDone) {
  // Each of the calls of a step is refused once: the step fails, and the next attempt makes it.
  for (const std::string call : {"append_step started", "publish_files", "append_step done"}) {
    SCOPED_TRACE(call);
    store().set_gate([call](std::string_view now) -> std::optional<Error> {
      if (now != call) return std::nullopt;
      return make_error(ErrorClass::storage, "disk full");
    });
    const auto refused = run_one(begin(1), "m-" + std::to_string(call.size()), writing("music.wav", "la la"));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().cls, ErrorClass::storage);
    store().set_gate({});
    next_attempt();
    EXPECT_TRUE(is_ok(run_one(begin(2), "m-" + std::to_string(call.size()), writing("music.wav", "la la"))));
    EXPECT_EQ(content(folder("job") / "music.wav"), "la la");
    next_attempt();
  }
}

TEST_F(StepsTest, ProgressOfAStepNeverGoesBackAndEndsAtOne) {
  std::vector<double> shown;
  Work work = counted();
  work.carry_out = [&](StepContext& step) -> asio::awaitable<Result<Yield>> {
    for (const double at : {0.2, 0.1, 0.5, 7.0, -1.0, std::nan("")}) step.report(at);
    co_return Yield();
  };
  Memory& memory = begin();
  memory.steps.on_progress = [&](const std::string&, const std::string&, double at) { shown.push_back(at); };
  ASSERT_TRUE(is_ok(run_one(memory, "clip", work)));
  EXPECT_THAT(shown, ElementsAre(0, 0.2, 0.5, 0.99, 1.0));
}

TEST_F(StepsTest, AKeyThatIsNoFolderNameIsRefused) {
  for (const std::string key : {"", "/", "a//b", "../x", "a/..", "a b", ".x", "a/"}) {
    SCOPED_TRACE(key);
    EXPECT_FALSE(run_one(begin(), key, counted()));
    next_attempt();
  }
}

#ifndef NDEBUG
using StepsDeathTest = StepsTest;
TEST_F(StepsDeathTest, TheSameKeyWithOtherWorkWithinAnAttemptIsABug) {
  ::testing::FLAGS_gtest_death_test_style = "threadsafe";
  EXPECT_DEATH(attempt(begin(),
                       [&](Memory& m) -> asio::awaitable<void> {
                         (void)co_await m.steps.run("clip", counted(number(1)));
                         (void)co_await m.steps.run("clip", counted(number(2)));
                       }),
               "same work");
}
#endif

/// What each class leads to within an attempt and beyond: walked along the table itself.
class EachClass : public StepsTest, public ::testing::WithParamInterface<Verdict> {};

TEST_P(EachClass, IsTriedAgainAndRememberedAsTheTableSays) {
  const Verdict& row = GetParam();
  const RetryRules rules;
  const int tries = row.cls == ErrorClass::interrupted ? 1 + rules.interruptions : row.step_again ? 3 : 1;
  const auto first = run_one(begin(1), "clip", failing(row.cls));
  ASSERT_FALSE(first);
  EXPECT_EQ(first.error().cls, row.cls);
  EXPECT_EQ(times_, tries);

  die();
  times_ = 0;
  const auto same_attempt = run_one(begin(1), "clip", failing(row.cls));
  ASSERT_FALSE(same_attempt);
  EXPECT_EQ(same_attempt.error().cls, row.cls);
  EXPECT_EQ(times_, 0) << "remembered until the attempt ends";

  next_attempt();
  const auto next = run_one(begin(2), "clip", failing(row.cls));
  ASSERT_FALSE(next);
  EXPECT_EQ(times_, row.lasts ? 0 : tries);
}

TEST_P(EachClass, KeepsTheProvidersStateAsTheTableSays) {
  Work work;
  work.kind = "test";
  work.carry_out = [](StepContext& step) -> asio::awaitable<Result<Yield>> {
    if (!step.memory.is_null()) {
      Yield yield;
      yield.value = "went on";
      co_return yield;
    }
    const auto saved = co_await step.save(number(1));
    EXPECT_TRUE(is_ok(saved));
    // Nothing after the first try: so the state that is met was handed over between attempts.
    Error error = make_error(GetParam().cls, "no");
    error.retry_after = std::chrono::hours(1);
    co_return error;
  };
  if (GetParam().cls == ErrorClass::interrupted) GTEST_SKIP() << "is run anew at once";
  ASSERT_FALSE(run_one(begin(1), "clip", work));
  next_attempt();
  const auto next = run_one(begin(2), "clip", work);
  EXPECT_EQ(static_cast<bool>(next), GetParam().keeps_operation);
}

INSTANTIATE_TEST_SUITE_P(Verdicts, EachClass, ::testing::ValuesIn(verdicts().begin(), verdicts().end()),
                         [](const auto& row) { return std::string(to_string(row.param.cls)); });

}  // namespace
}  // namespace reelspool::testing
