// An operation that takes long: asked for once more beside it, given up in time, and never forgotten while it may be paid for.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>

#include "tests/providers/caller.hpp"
#include "worker/steps/verdict.hpp"

namespace reelspool {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::Received;
using testing::Reply;

class AnOperation : public testing::CallerTest {
 protected:
  /// Answers each POST; each GET as `looks` says, by its number from 1.
  void serve_looks(std::function<Reply(int)> looks) {
    serve([this, looks = std::move(looks)](const Received& request) {
      if (request.method != "GET") return Reply{.body = "{}"};
      return looks(++looked);
    });
  }
  /// Asks for it (which costs), then looks at it until it is there as made.png.
  Json request() const {
    Json look = {{"action", http("GET", "/look", R"({"save": "made.png"})")}, {"operation", "op"}};
    look["cancel"] = http("DELETE", "/op");
    const Json done = *parse_json(R"({"type": "done", "outputs": {"image": {"file": "made.png"}}})");
    Json turns = Json::array({http("POST", "/make", R"({"costs": true, "json": {}})"), look, done});
    return {{"turns", std::move(turns)}, {"image", {{"file", "i.png"}}}};
  }
  Result<Json> perform_with(std::map<std::string, std::string> environment, const Json& what) {
    auto providers = open({}, std::move(environment));
    return house.loop.run(providers->perform("image", what, house.step));
  }
  std::vector<std::string> outcomes() const {
    std::vector<std::string> words;
    for (const Json& call : house.step.calls->entries()) words.push_back(call["outcome"]);
    return words;
  }
  int cancelled() const {
    int count = 0;
    for (const Received& request : server->requests()) count += request.method == "DELETE" ? 1 : 0;
    return count;
  }
  std::atomic<int> looked = 0;
  const std::map<std::string, std::string> impatient = {{"CALLER_SOFT_TIMEOUT_MS", "30"},
                                                        {"CALLER_MAX_OPERATION_ATTEMPTS", "2"}};
};

TEST_F(AnOperation, ThatTakesLongIsAskedForOnceMoreAndTheFirstToBeDoneIsUsed) {
  serve_looks([](int nth) { return Reply{.body = "look " + std::to_string(nth), .held = nth == 1}; });
  const auto made = perform_with(impatient, request());
  ASSERT_TRUE(made) << made.error().message;
  EXPECT_EQ((*made)["image"]["file"], "made.png");
  EXPECT_EQ(testing::read(house.step.folder / "made.png"), "look 2");
  EXPECT_EQ(server->billed(), 2);
  EXPECT_EQ(cancelled(), 1);
  EXPECT_THAT(outcomes(), ElementsAre("cancelled", "done"));
  server->release();
}

TEST_F(AnOperation, IsAskedForOnceMoreAlsoWhereItsModelSaysSo) {
  serve_looks([](int nth) { return Reply{.body = "x", .held = nth == 1}; });
  Json what = request();
  what["turns"][1]["patience"] = *parse_json(R"({"soft_ms": 30, "operations": 2})");
  const auto made = perform_with({}, what);
  ASSERT_TRUE(made) << made.error().message;
  EXPECT_EQ(server->billed(), 2);
  server->release();
}

TEST_F(AnOperation, IsStillWatchedWhileAnotherGoesOnAndAfterADeathOfTheWorker) {
  serve_looks([this](int nth) {
    if (nth == 2) house.stop.ask(StopReason::shutdown);  // both are looked at
    return Reply{.body = "x", .held = nth <= 2};
  });
  auto made = perform_with(impatient, request());
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().cls, ErrorClass::interrupted);
  EXPECT_EQ(house.saved.back()["run"], 1);
  ASSERT_EQ(house.saved.back()["watched"].size(), 1u) << house.saved.back();
  EXPECT_EQ(house.saved.back()["watched"][0]["operation"], "op");
  server->release();

  Stop another;
  house.step.stop = &another;
  made = perform_with(impatient, request());
  ASSERT_TRUE(made) << made.error().message;
  EXPECT_EQ(looked, 4) << "both are asked about again";
  EXPECT_EQ(server->billed(), 2) << "and none is begun";
}

TEST_F(AnOperation, GoesOnWhenTheOneBesideItFails) {
  other = "http://127.0.0.1:9";  // where nobody may be led to
  serve_looks([this](int nth) {
    if (nth == 1) return Reply{.body = "first", .held = true};
    server->release();
    return Reply{.status = 302, .headers = {{"Location", "http://elsewhere.example/"}}};
  });
  const auto made = perform_with(impatient, request());
  ASSERT_TRUE(made) << made.error().message;
  EXPECT_EQ(testing::read(house.step.folder / "made.png"), "first");
  EXPECT_THAT(outcomes(), ElementsAre("done", "failed"));
}

TEST_F(AnOperation, ThatIsOutOfTimeIsLeftToGoOnWhenNobodyElseCanBeAsked) {
  serve_looks([](int nth) { return Reply{.body = "late", .held = nth == 1}; });
  const std::map<std::string, std::string> short_time = {{"CALLER_TIMEOUT_MS", "30"}};
  auto made = perform_with(short_time, request());
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().cls, ErrorClass::timeout);
  EXPECT_EQ(made.error().code, operation_timeout);
  EXPECT_EQ(made.error().message, "Timeout: Image generation did not complete within 0s");
  EXPECT_EQ(house.step.memory["operation"], "op");
  EXPECT_FALSE(house.step.memory.contains("since")) << "another attempt may wait as long again";
  EXPECT_EQ(cancelled(), 0);
  EXPECT_THAT(outcomes(), ElementsAre("timed_out"));

  made = perform_with({}, request());
  ASSERT_TRUE(made) << made.error().message;
  EXPECT_EQ(testing::read(house.step.folder / "made.png"), "late");
  EXPECT_EQ(server->billed(), 1);
  server->release();
}

TEST_F(AnOperation, ThatIsOutOfTimeIsEndedWhereAnotherProviderIsAsked) {
  house.ship("second");
  serve_looks([](int) { return Reply{.held = true}; });
  Json what = request();
  what["second"] = *parse_json(R"({"type": "done", "outputs": {"image": {"file": "i.png"}}})");
  const auto made = perform_with({{"CALLER_TIMEOUT_MS", "30"}, {"IMAGE_PROVIDER", "caller"}}, what);
  ASSERT_TRUE(made) << made.error().message;
  EXPECT_EQ((*made)["provider"], "second");
  EXPECT_EQ(cancelled(), 1);
  server->release();
}

TEST_F(AnOperation, WaitsNoLongerForWhatAnotherProcessBegan) {
  serve_looks([](int nth) { return Reply{.body = "x", .held = nth == 1}; });
  house.step.memory = {{"provider", "caller"}, {"operation", "op"}, {"since", 1000}};  // 1970
  house.step.memory["state"] = *parse_json(R"({"turn": 2, "heard": []})");
  const auto made = perform_with(
      {{"CALLER_SOFT_TIMEOUT_MS", "1h"}, {"CALLER_TIMEOUT_MS", "0"}, {"CALLER_MAX_OPERATION_ATTEMPTS", "2"}},
      request());
  ASSERT_TRUE(made) << made.error().message;
  EXPECT_EQ(server->billed(), 1) << "asked for once more at once";
  server->release();
}

TEST_F(AnOperation, IsNotSentMoreOftenThanAStepMay) {
  serve([](const Received&) { return Reply{.body = "{}"}; });
  const Json pay = http("POST", "/make", R"({"costs": true, "json": {}})");
  const auto made = perform({pay, pay, pay}, {{"MAX_PAID_CALLS_PER_STEP", "2"}});
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().code, paid_calls_spent);
  EXPECT_THAT(made.error().message, HasSubstr("has sent 2 requests"));
  EXPECT_EQ(server->billed(), 2);
}

TEST_F(AnOperation, ThatDidNotGoOutDoesNotCount) {
  serve([](const Received&) { return Reply{}; }, {.listening = false});
  const Json pay = http("POST", "/make", R"({"costs": true, "json": {}})");
  const auto made = perform({pay, pay, pay}, {{"MAX_PAID_CALLS_PER_STEP", "2"}});
  ASSERT_TRUE(made) << made.error().message;
  EXPECT_EQ(house.step.calls->count(), 0u);
}

TEST_F(AnOperation, HasTimesThatCanBeReadOrTheWorkerDoesNotStart) {
  serve([](const Received&) { return Reply{}; });
  for (const auto& [name, value] :
       {std::pair{"CALLER_TIMEOUT_MS", "soon"}, std::pair{"CALLER_SOFT_TIMEOUT_MS", "-1"},
        std::pair{"CALLER_MAX_OPERATION_ATTEMPTS", "0"}, std::pair{"CALLER_MAX_OPERATION_ATTEMPTS", "2x"}}) {
    const auto settings = Settings::load({.flags = {{"DATA_DIR", house.data().string()}},
                                          .environment = {{name, value}},
                                          .directory = house.data()});
    ASSERT_TRUE(settings);
    PluginProviders providers(
        house.loop.context.get_executor(),
        {house.pool, house.scripts, *settings, Installation{house.prefix()}, house.patience});
    const auto opened = house.loop.run(providers.open());
    ASSERT_FALSE(opened) << name;
    EXPECT_THAT(opened.error().message, HasSubstr(std::string(name) + ": \"" + value));
  }
}

}  // namespace
}  // namespace reelspool
