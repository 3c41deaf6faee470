#include "worker/engine/engine.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <boost/asio/post.hpp>
#include <thread>

#include "tests/steps/world.hpp"
#include "worker/steps/gather.hpp"
#include "worker/steps/wait.hpp"

namespace reelspool::testing {
namespace {

using ::testing::HasSubstr;

/// No job here asks a provider.
class NoProviders : public Providers {
 public:
  asio::awaitable<Result<Json>> perform(std::string, Json, StepContext&) override {
    co_return make_error(ErrorClass::unavailable, "none here");
  }
  Result<> can(std::string_view, const Json&) override { return ok; }
};

class EngineTest;
EngineTest* running_test = nullptr;  // pipelines are plain functions

/// An engine over a real store, with small pipelines in place of the real ones; a job's type names its pipeline.
class EngineTest : public World {
 protected:
  using Making = std::function<asio::awaitable<Result<Json>>(Attempt&)>;

  EngineTest() { running_test = this; }
  ~EngineTest() override { running_test = nullptr; }

  void make(const std::string& type, Making making) { makings_[type] = std::move(making); }

  static asio::awaitable<Result<Json>> made(Attempt& attempt) {
    co_return co_await running_test->makings_.at(attempt.job.type)(attempt);
  }

  void set(const std::string& name, const std::string& value) { flags_[name] = value; }

  std::unique_ptr<Engine> engine() {
    Settings::Sources sources;
    sources.flags = flags_;
    sources.directory = data_;
    auto settings = Settings::load(sources);
    EXPECT_TRUE(is_ok(settings));
    settings_ = std::make_unique<Settings>(*std::move(settings));
    return std::make_unique<Engine>(loop_.get_executor(),
                                    Engine::Parts{.store = store(),
                                                  .pool = pool_,
                                                  .permits = permits_,
                                                  .providers = providers_,
                                                  .scripts = scripts_,
                                                  .settings = *settings_,
                                                  .data = data_,
                                                  .concurrent_jobs = 2,
                                                  .find = [this](std::string_view type) -> Result<Pipeline> {
                                                    if (makings_.contains(std::string(type)))
                                                      return &EngineTest::made;
                                                    return bad_field("type",
                                                                     "is no type of job that is known here");
                                                  },
                                                  .clock = clock_});
  }

  /// Runs one job to its end.
  void run_job(const std::string& id) {
    auto one = engine();
    on_loop(loop_, [&]() -> asio::awaitable<void> {
      const auto ran = co_await one->run(id);
      EXPECT_TRUE(is_ok(ran));
    });
  }
  /// Runs whatever comes until the engine is told to end.
  void run_engine(Engine& one) {
    on_loop(loop_, [&]() -> asio::awaitable<void> {
      const auto ran = co_await one.run();
      EXPECT_TRUE(is_ok(ran));
    });
  }

  static Work counting(int& times) {
    Work work;
    work.kind = "test";
    work.carry_out = [&times](StepContext&) -> asio::awaitable<Result<Yield>> {
      ++times;
      Yield yield;
      yield.value = times;
      co_return yield;
    };
    return work;
  }
  /// Runs until its job is told to end.
  static Work endless(std::function<void()> begun) {
    Work work;
    work.kind = "test";
    work.carry_out = [begun = std::move(begun)](StepContext& step) -> asio::awaitable<Result<Yield>> {
      begun();
      const auto waited = co_await wait_for(std::chrono::hours(1), *step.stop);
      co_return waited.error();
    };
    return work;
  }
  /// A pipeline of one step, "only".
  void make_one_step(const std::string& type, const Work& work) {
    make(type, [work](Attempt& attempt) -> asio::awaitable<Result<Json>> {
      co_return co_await attempt.steps.run("only", work);
    });
  }

  std::map<std::string, Making> makings_;
  std::map<std::string, std::string> flags_{{"SHUTDOWN_GRACE_MS", "0"}};
  std::unique_ptr<Settings> settings_;
  Permits permits_{loop_.get_executor(), {}};
  NoProviders providers_;
  Programs programs_{loop_.get_executor(), {}};
  Scripts scripts_{programs_, {}, false};
};

TEST_F(EngineTest, AJobRunsToDoneWithThePipelinesFields) {
  make("test", [](Attempt& attempt) -> asio::awaitable<Result<Json>> {
    EXPECT_EQ(attempt.params["text"], "hello");
    Json fields;
    fields["videoUrl"] = "file:///final.mp4";
    co_return fields;
  });
  Json params;
  params["text"] = "hello";
  submit("ad", "test", params);
  run_job("ad");
  EXPECT_EQ(job("ad").status, Status::done);
  EXPECT_EQ(job("ad").progress, 100);
  EXPECT_EQ(fields("ad")["videoUrl"], "file:///final.mp4");
  EXPECT_TRUE(fields("ad").contains("elapsedSeconds"));
  for (const auto& entry : std::filesystem::directory_iterator(folder("ad")))
    EXPECT_FALSE(entry.path().filename().string().starts_with("work-")) << "working files are gone";
}

TEST_F(EngineTest, JobsThatWereThereAndJobsThatComeAreTaken) {
  int times = 0;
  auto one = engine();
  make("test", [&](Attempt&) -> asio::awaitable<Result<Json>> {
    if (++times == 3) one->drain();
    co_return Json::object();
  });
  submit("a");
  submit("b");
  std::thread front_end([&] { submit("c"); });
  run_engine(*one);
  front_end.join();
  for (const char* id : {"a", "b", "c"}) EXPECT_EQ(job(id).status, Status::done) << id;
}

TEST_F(EngineTest, NoMoreThanTheAllowedJobsRunAtOnce) {
  int now = 0;
  int most = 0;
  int ended = 0;
  auto one = engine();
  make("test", [&](Attempt&) -> asio::awaitable<Result<Json>> {
    most = std::max(most, ++now);
    EXPECT_EQ(one->in_flight(), std::max(now, one->in_flight()));
    while (most < 2) co_await asio::post(loop_, asio::use_awaitable);  // until another one runs beside it
    for (int i = 0; i < 50; ++i) co_await asio::post(loop_, asio::use_awaitable);
    --now;
    if (++ended == 6) one->drain();
    co_return Json::object();
  });
  for (int i = 0; i < 6; ++i) submit("job-" + std::to_string(i));
  run_engine(*one);
  EXPECT_EQ(most, 2);
}

TEST_F(EngineTest, AnUnknownTypeFailsThatJobAloneAndNamesTheField) {
  submit("ad", "holiday");
  run_job("ad");
  EXPECT_EQ(job("ad").status, Status::failed);
  EXPECT_EQ(fields("ad")["errorInfo"]["class"], "invalid_request");
  EXPECT_EQ(fields("ad")["errorInfo"]["field"], "type");
}

TEST_F(EngineTest, APipelineThatThrowsFailsItsJobAlone) {
  set("RETRY_DELAY_MS", "0");
  make("throws", [](Attempt&) -> asio::awaitable<Result<Json>> {
    throw std::bad_alloc();
    co_return Json();
  });
  int good = 0;
  auto one = engine();
  make("good", [&](Attempt&) -> asio::awaitable<Result<Json>> {
    ++good;
    co_return Json::object();
  });
  submit("bad", "throws");
  submit("fine", "good");
  on_loop(loop_, [&]() -> asio::awaitable<void> {
    const auto first = co_await one->run("bad");
    EXPECT_TRUE(is_ok(first));
  });
  run_job("fine");
  EXPECT_EQ(job("bad").status, Status::failed);
  EXPECT_EQ(job("bad").attempt, 3) << "it was worth another try each time";
  EXPECT_THAT(fields("bad")["error"].get<std::string>(), HasSubstr("out of memory"));
  EXPECT_EQ(good, 1);
}

TEST_F(EngineTest, AFailureThatMayPassIsTriedAgainLaterWithItsFinishedStepsKept) {
  int finished = 0;
  int tried = 0;
  auto one = engine();
  make("test", [&](Attempt& attempt) -> asio::awaitable<Result<Json>> {
    const auto first = co_await attempt.steps.run("first", counting(finished));
    if (!first) co_return first;
    ++tried;
    one->drain();
    co_return make_error(ErrorClass::provider_failed, "not today");
  });
  submit("ad");
  run_engine(*one);
  EXPECT_EQ(job("ad").status, Status::pending);
  ASSERT_TRUE(job("ad").run_at);
  const auto wait = *job("ad").run_at - clock_.now();
  EXPECT_GE(wait, std::chrono::seconds(4));
  EXPECT_LE(wait, std::chrono::seconds(6));
  EXPECT_TRUE(fields("ad")["error"].is_null());
  EXPECT_EQ(fields("ad")["errorInfo"]["message"], "not today");

  clock_.advance(std::chrono::seconds(7));
  one = engine();
  run_engine(*one);
  EXPECT_EQ(tried, 2);
  EXPECT_EQ(finished, 1) << "a step that is done is not made again";
  EXPECT_EQ(job("ad").attempt, 2);
}

TEST_F(EngineTest, AManualRetryForgetsTheFailureAndKeepsTheRest) {
  int finished = 0;
  int failures = 0;
  Work fails;
  fails.kind = "test";
  fails.carry_out = [&](StepContext&) -> asio::awaitable<Result<Yield>> {
    if (++failures == 1) co_return make_error(ErrorClass::auth, "wrong key");
    co_return Yield();
  };
  make("test", [&](Attempt& attempt) -> asio::awaitable<Result<Json>> {
    const auto first = co_await attempt.steps.run("first", counting(finished));
    const auto second = co_await attempt.steps.run("second", fails);
    if (!second) co_return second;
    co_return Json::object();
  });
  submit("ad");
  run_job("ad");
  EXPECT_EQ(job("ad").status, Status::failed);
  EXPECT_EQ(fields("ad")["errorInfo"]["step"], "second");
  ASSERT_TRUE(is_ok(store().retry("ad")));
  run_job("ad");
  EXPECT_EQ(job("ad").status, Status::done);
  EXPECT_EQ(finished, 1);
  EXPECT_EQ(failures, 2);
  EXPECT_TRUE(fields("ad")["error"].is_null());
}

TEST_F(EngineTest, ACancelWishEndsTheRunningStep) {
  std::thread front_end;
  make_one_step("test",
                endless([&] { front_end = std::thread([&] { EXPECT_TRUE(is_ok(store().cancel("ad"))); }); }));
  submit("ad");
  run_job("ad");
  front_end.join();
  EXPECT_EQ(job("ad").status, Status::cancelled);
}

TEST_F(EngineTest, StopGivesBackWithoutSpendingAnAttempt) {
  auto one = engine();
  int finished = 0;
  bool first_run = true;
  Work slow = endless([&] { one->stop(); });
  make("test", [&](Attempt& attempt) -> asio::awaitable<Result<Json>> {
    const auto done = co_await attempt.steps.run("done", counting(finished));
    EXPECT_TRUE(is_ok(done));
    if (!first_run) co_return Json::object();
    first_run = false;
    co_return co_await attempt.steps.run("slow", slow);
  });
  submit("ad");
  run_engine(*one);
  EXPECT_EQ(job("ad").status, Status::pending);
  EXPECT_EQ(job("ad").attempt, 0);
  EXPECT_FALSE(fields("ad").contains("error"));
  run_job("ad");
  EXPECT_EQ(job("ad").status, Status::done);
  EXPECT_EQ(job("ad").attempt, 1);
  EXPECT_EQ(finished, 1);
}

TEST_F(EngineTest, WhatRunsMayEndWithinTheGraceAndNothingNewIsBegun) {
  set("SHUTDOWN_GRACE_MS", "3600000");
  auto one = engine();
  int running = 0;
  int finished = 0;
  int begun = 0;
  Work work = counting(finished);
  work.carry_out = [&](StepContext&) -> asio::awaitable<Result<Yield>> {
    ++running;
    while (running < 2) co_await asio::post(loop_, asio::use_awaitable);
    one->stop();
    one->stop();
    for (int i = 0; i < 50; ++i) co_await asio::post(loop_, asio::use_awaitable);
    ++finished;
    co_return Yield();
  };
  make("test", [&](Attempt& attempt) -> asio::awaitable<Result<Json>> {
    const auto first = co_await attempt.steps.run("first", work);
    EXPECT_TRUE(is_ok(first));
    co_return co_await attempt.steps.run("second", counting(begun));
  });
  submit("ad");
  submit("other");
  run_engine(*one);
  EXPECT_EQ(finished, 2) << "both were running";
  EXPECT_EQ(begun, 0);
  EXPECT_EQ(job("ad").status, Status::pending);
}

// "A second signal ends the grace" stood in a header and nowhere else: Ctrl-C twice did no more than once.
TEST_F(EngineTest, WhoIsAskedTwiceToStopGivesBackAtOnce) {
  set("SHUTDOWN_GRACE_MS", "3600000");
  submit("ad", "slow");
  auto one = engine();
  one->hurry();  // nothing is stopping yet: nothing happens
  Work slow = endless([&] {
    one->stop();
    asio::post(loop_, [&] { one->hurry(); });
  });
  make_one_step("slow", slow);
  run_engine(*one);
  EXPECT_EQ(job("ad").status, Status::pending);
  EXPECT_EQ(job("ad").attempt, 0);
}

TEST_F(EngineTest, AnEngineThatWasStoppedBeforeItRanTakesNothing) {
  make("test", [](Attempt&) -> asio::awaitable<Result<Json>> { co_return Json::object(); });
  submit("ad");
  auto one = engine();
  one->stop();
  run_engine(*one);
  EXPECT_EQ(job("ad").status, Status::pending);
}

TEST_F(EngineTest, AJobThatTakesTooLongIsEndedAndFails) {
  set("JOB_TIMEOUT", "1s");
  make_one_step("test", endless([] {}));
  submit("ad");
  run_job("ad");
  EXPECT_EQ(job("ad").status, Status::failed);
  EXPECT_EQ(fields("ad")["error"], "Timeout: Video generation did not complete within 1s");
  EXPECT_EQ(fields("ad")["errorInfo"]["code"], "JOB_TIMEOUT");
}

TEST_F(EngineTest, AClaimThatWasTakenFromUsIsLeftInSilence) {
  make("test", [&](Attempt& attempt) -> asio::awaitable<Result<Json>> {
    store().set_gate([](std::string_view) -> std::optional<Error> {
      Error error = make_error(ErrorClass::cancelled, "somebody else has the job");
      error.code = "stale_claim";
      return error;
    });
    int ignored = 0;
    auto outcome = co_await attempt.steps.run("one", counting(ignored));
    EXPECT_FALSE(outcome);
    EXPECT_EQ(attempt.stop.asked(), StopReason::cancelled);
    co_return outcome;
  });
  submit("ad");
  auto one = engine();
  on_loop(loop_, [&]() -> asio::awaitable<void> {
    const auto ran = co_await one->run("ad");
    EXPECT_FALSE(ran) << "the gate refuses the next claim too";
  });
  store().set_gate({});
  EXPECT_EQ(job("ad").status, Status::running) << "as its owner left it";
}

TEST_F(EngineTest, AnEndThatCannotBeWrittenIsTriedAgain) {
  make("test", [&](Attempt&) -> asio::awaitable<Result<Json>> {
    auto refusals = std::make_shared<std::atomic<int>>(0);
    store().set_gate([refusals](std::string_view call) -> std::optional<Error> {
      if (call != "finish" || ++*refusals > 1) return std::nullopt;
      return make_error(ErrorClass::storage, "disk full");
    });
    co_return Json::object();
  });
  submit("ad");
  run_job("ad");
  EXPECT_EQ(job("ad").status, Status::done);
}

TEST_F(EngineTest, AWorkerThatStopsDoesNotWaitForADiskThatIsFull) {
  auto one = engine();
  make("test", [&](Attempt&) -> asio::awaitable<Result<Json>> {
    store().set_gate([](std::string_view call) -> std::optional<Error> {
      if (call != "finish") return std::nullopt;
      return make_error(ErrorClass::storage, "disk full");
    });
    one->stop();
    co_return Json::object();
  });
  submit("ad");
  run_engine(*one);
  store().set_gate({});
  EXPECT_EQ(job("ad").status, Status::running);
  int times = 0;
  make("test", [&](Attempt&) -> asio::awaitable<Result<Json>> {
    ++times;
    co_return Json::object();
  });
  one.reset();  // an engine ends before its store
  die_and_come_back();
  run_job("ad");
  EXPECT_EQ(job("ad").status, Status::done);
  EXPECT_EQ(times, 1);
}

TEST_F(EngineTest, ProgressNeverGoesBackAndIsNotHundredBeforeDone) {
  make("test", [](Attempt& attempt) -> asio::awaitable<Result<Json>> {
    Progress progress;
    progress.stage = "rendering";
    for (const double percent : {10.0, 5.0, 60.0, 59.0, 250.0}) {
      progress.percent = percent;
      progress.message = std::to_string(percent);
      attempt.show(progress);
    }
    co_return Json::object();
  });
  submit("ad");
  run_job("ad");
  const auto shown = store().shown();
  ASSERT_GE(shown.size(), 2U);
  EXPECT_LE(shown.size(), 3U) << "what comes within 100 ms is shown as one";
  for (std::size_t i = 1; i < shown.size(); ++i) EXPECT_GE(shown[i].percent, shown[i - 1].percent);
  EXPECT_EQ(shown.back().percent, 99);
  EXPECT_EQ(shown.back().message, std::to_string(250.0)) << "the last one is always shown";
}

TEST_F(EngineTest, AJobThatNobodyKnowsIsAnError) {
  auto one = engine();
  on_loop(loop_, [&]() -> asio::awaitable<void> {
    const auto ran = co_await one->run("nobody");
    EXPECT_FALSE(ran);
    EXPECT_EQ(ran.error().code, "not_found");
  });
}

TEST_F(EngineTest, AJobThatHasEndedBeforeIsLeftAlone) {
  int times = 0;
  make("test", [&](Attempt&) -> asio::awaitable<Result<Json>> {
    ++times;
    co_return Json::object();
  });
  submit("ad");
  run_job("ad");
  run_job("ad");
  EXPECT_EQ(times, 1);
}

TEST_F(EngineTest, AFailureNamesItsSceneAndStep) {
  Work bad;
  bad.kind = "test";
  bad.carry_out = [](StepContext&) -> asio::awaitable<Result<Yield>> {
    co_return make_error(ErrorClass::content_policy, "this picture cannot be shown");
  };
  int others = 0;
  make("test", [&](Attempt& attempt) -> asio::awaitable<Result<Json>> {
    std::vector<asio::awaitable<Result<Json>>> scenes;
    for (int i = 1; i <= 4; ++i) {
      Work work = i == 3 ? bad : counting(others);
      scenes.push_back(attempt.steps.run("scene-" + std::to_string(i) + "/keyframe", work));
    }
    auto made = co_await gather(std::move(scenes));
    if (!made) co_return made.error();
    co_return Json::object();
  });
  submit("ad");
  run_job("ad");
  EXPECT_EQ(fields("ad")["error"], "scene 3: this picture cannot be shown");
  const Json info = fields("ad")["errorInfo"];
  EXPECT_EQ(info["step"], "scene-3/keyframe");
  EXPECT_EQ(info["scene"], 3);
  EXPECT_EQ(info["class"], "content_policy");
  EXPECT_EQ(info["retryable"], false);
}

}  // namespace
}  // namespace reelspool::testing
