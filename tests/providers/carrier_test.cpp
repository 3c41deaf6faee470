#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>

#include "tests/providers/house.hpp"

namespace reelspool {
namespace {

using ::testing::HasSubstr;

/// One provider, the puppet, and the turns it is told to take.
class ACarriedRequest : public ::testing::Test {
 protected:
  ACarriedRequest() { house.ship("puppet"); }

  Result<Json> perform(const char* turns, std::map<std::string, std::string> environment = {}) {
    auto providers = house.providers({}, std::move(environment));
    return house.loop.run(providers->perform("image", {{"turns", *parse_json(turns)}}, house.step));
  }

  void expect_crash(const char* turns, const char* reason) {
    auto result = perform(turns);
    ASSERT_FALSE(result) << *result;
    EXPECT_EQ(result.error().cls, ErrorClass::plugin_crashed);
    EXPECT_EQ(result.error().provider, "puppet");
    EXPECT_THAT(result.error().message, HasSubstr(reason));
    house.step.memory = nullptr;
  }

  testing::House house;
};

constexpr const char* copy_and_done = R"([
  {"type": "exec", "script": "copy", "options": [["in", {"input": "text.txt"}], ["out", {"output": "image.png"}]], "files": {"text.txt": "a \"quoted\" {line}\n%s"}},
  {"type": "done", "cost": 0.25, "outputs": {"image": {"file": "image.png"}, "events": "heard"}}])";

TEST_F(ACarriedRequest, RunsItsScriptAndGivesBackTheOutputs) {
  auto result = perform(copy_and_done);
  ASSERT_TRUE(result) << result.error().message << result.error().details;
  EXPECT_EQ(testing::read(house.step.folder / "image.png"), "a \"quoted\" {line}\n%s");
  EXPECT_EQ((*result)["image"]["file"], "image.png");
  EXPECT_EQ((*result)["provider"], "puppet");
  EXPECT_EQ((*result)["cost"], 0.25);
  EXPECT_EQ((*result)["events"], *parse_json(R"([{"type": "start"},
      {"type": "exec", "script": "copy", "exit": 0, "output": {"copied": true}, "error": ""}])"));
}

TEST_F(ACarriedRequest, SavesTheStateBeforeTheActionAndOnlyWhenItChanged) {
  ASSERT_TRUE(perform(R"([{"state": {"turn": 1}, "action": {"type": "wait", "ms": 0}, "operation": "op-9"},
                          {"state": {"turn": 2}, "action": {"type": "wait", "ms": 0}, "operation": "op-9", "progress": 0.5},
                          {"state": {"turn": 3}, "action": {"type": "exec", "script": "copy", "options": [["say", "x"], ["out", {"output": "i.png"}]]}},
                          {"type": "done", "outputs": {"image": {"file": "i.png"}}}])"));
  ASSERT_EQ(house.saved.size(), 3u);
  EXPECT_EQ(house.saved[0]["provider"], "puppet");
  EXPECT_EQ(house.saved[0]["operation"], "op-9");
  EXPECT_EQ(house.saved[0]["state"]["turn"], 1);
  EXPECT_EQ(house.saved[2]["state"]["turn"], 3);
  EXPECT_THAT(house.reported, ::testing::Contains(0.5));
}

TEST_F(ACarriedRequest, GoesOnFromItsStateWithTheEventInterrupted) {
  ASSERT_TRUE(perform(copy_and_done));
  house.step.memory = house.saved.back();  // as if the worker had died in the script
  testing::fs::remove(house.step.folder / "image.png");
  house.saved.clear();
  auto result = perform(copy_and_done);
  ASSERT_TRUE(result) << result.error().message;
  EXPECT_EQ((*result)["events"][1], *parse_json(R"({"type": "interrupted"})"));
  EXPECT_EQ((*result)["events"][2]["type"], "exec");
}

TEST_F(ACarriedRequest, WhoseStateCannotBeSavedGoesNoFurther) {
  house.step.save = [](Json) -> boost::asio::awaitable<Result<>> {
    co_return make_error(ErrorClass::storage, "disk full");
  };
  auto result = perform(copy_and_done);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().cls, ErrorClass::storage);
  EXPECT_FALSE(testing::fs::exists(house.step.folder / "image.png"));
}

TEST_F(ACarriedRequest, TellsThePluginOfAScriptThatFailed) {
  testing::write(house.step.folder / "i.png", "x");
  auto result = perform(
      R"([{"type": "exec", "script": "refuse"}, {"type": "done", "outputs": {"image": {"file": "i.png"}, "events": "heard"}}])");
  ASSERT_TRUE(result) << result.error().message;
  EXPECT_EQ((*result)["events"][1]["exit"], 1);
  EXPECT_THAT((*result)["events"][1]["error"].get<std::string>(), HasSubstr("refuse: not today"));
}

TEST_F(ACarriedRequest, FailsAsThePluginSays) {
  auto result = perform(
      R"([{"type": "fail", "class": "content_policy", "message": "not for children", "code": "NSFW"}])");
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().cls, ErrorClass::content_policy);
  EXPECT_EQ(result.error().message, "not for children");
  EXPECT_EQ(result.error().code, "NSFW");
  EXPECT_EQ(result.error().provider, "puppet");
}

TEST_F(ACarriedRequest, ThatFailsWithoutAStateForgetsTheOneItHad) {
  auto result = perform(R"([{"state": {"turn": 1}, "action": {"type": "wait", "ms": 0}},
                            {"state": null, "action": {"type": "fail", "class": "provider_failed", "message": "it broke"}}])");
  ASSERT_FALSE(result);
  EXPECT_FALSE(house.saved.back().contains("state"));
}

TEST_F(ACarriedRequest, GetsTheSettingsOfItsManifestAndNoOthers) {
  testing::write(house.step.folder / "i.png", "x");
  auto result = perform(R"([{"type": "done", "outputs": {"image": {"file": "i.png"}, "told": "settings"}}])",
                        {{"PUPPET_VOICE", "soft"}, {"OTHER_KEY", "secret"}});
  ASSERT_TRUE(result) << result.error().message;
  EXPECT_EQ((*result)["told"], *parse_json(R"({"PUPPET_VOICE": "soft"})"));
}

TEST_F(ACarriedRequest, KnowsWhatTheOperatorChangedOfItsCatalogue) {
  testing::write(house.step.folder / "i.png", "x");
  const char* told = R"([{"type": "done", "outputs": {"image": {"file": "i.png"}, "told": "catalogue"}}])";
  auto result = perform(told);
  ASSERT_TRUE(result) << result.error().message;
  EXPECT_EQ((*result)["told"], nullptr);
  testing::write(house.own_plugins() / "puppet.json", R"({"image": {"chain": ["mine"]}})");
  result = perform(told);
  ASSERT_TRUE(result) << result.error().message;
  EXPECT_EQ((*result)["told"]["image"]["chain"][0], "mine");
}

TEST_F(ACarriedRequest, IsRefusedAScriptThatItsManifestDoesNotList) {
  expect_crash(R"([{"type": "exec", "script": "finish"}])",
               "asked for the script \"finish\", which its manifest does not list (copy, refuse, linger)");
}

TEST_F(ACarriedRequest, NeverLeavesItsFolder) {
  testing::write(house.step.folder.parent_path() / "secret", "outside");
  testing::fs::create_symlink("../secret", house.step.folder / "link.png");
  expect_crash(R"([{"type": "exec", "script": "copy", "options": [["out", {"output": "../x.png"}]]}])",
               "no plain file name");
  expect_crash(R"([{"type": "exec", "script": "copy", "options": [["in", {"input": "/etc/hostname"}]]}])",
               "no plain file name");
  expect_crash(R"([{"type": "exec", "script": "copy", "options": [["in", {"input": "link.png"}]]}])",
               "is a link");
  expect_crash(R"([{"type": "exec", "script": "copy", "options": [["out", {"output": "link.png"}]]}])",
               "is a link");
  expect_crash(R"([{"type": "exec", "script": "copy", "files": {"../x": "y"}}])", "no plain file name");
  expect_crash(R"([{"type": "exec", "script": "copy", "files": {"link.png": "y"}}])", "is a link");
  expect_crash(R"([{"type": "done", "outputs": {"image": {"file": "../secret"}}}])", "no plain file name");
  expect_crash(R"([{"type": "done", "outputs": {"image": {"file": "link.png"}}}])", "is a link");
  EXPECT_EQ(testing::read(house.step.folder.parent_path() / "secret"), "outside");
}

TEST_F(ACarriedRequest, ThatRunsInACircleIsEnded) {
  auto providers = house.providers();
  Carrier::Errand errand;
  errand.plugin = providers->registry().find("puppet");
  errand.host = std::make_shared<PluginHost>(house.loop.context.get_executor(), testing::host_of("puppet"));
  errand.kind = "image";
  errand.request = *parse_json(R"({"turns": [{"state": {"turn": 0}, "action": {"type": "wait", "ms": 0}}]})");
  HttpClient client(house.loop.context.get_executor(), {});
  ProviderLimits none(house.loop.context.get_executor(), {}, {});
  HttpCarrier http(house.pool, client, {}, house.store() / "gates", none);
  Carrier carrier(house.pool, house.scripts, http, {.most_turns = 20});
  auto result =
      house.loop.run(carrier.carry(std::make_shared<const Carrier::Errand>(std::move(errand)), house.step));
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().message, "plugin \"puppet\": it came to no end after 20 actions");
}

/// Asked to stop in the middle of an action.
class AStoppedRequest : public ACarriedRequest {
 protected:
  template <class Begun>
  ErrorClass ended_by(StopReason reason, const char* turns, Begun begun) {
    auto providers = house.providers();
    std::optional<Result<Json>> result;
    house.loop.start(providers->perform("image", {{"turns", *parse_json(turns)}}, house.step),
                     [&](Result<Json> made) { result.emplace(std::move(made)); });
    while (!begun() && !result) house.loop.context.run_one();
    EXPECT_FALSE(result) << "it ended before it was stopped";
    house.stop.ask(reason);
    while (!result) house.loop.context.run_one();
    EXPECT_FALSE(*result);
    return result->error().cls;
  }
};

TEST_F(AStoppedRequest, EndsItsWait) {
  EXPECT_EQ(ended_by(StopReason::cancelled, R"([{"type": "wait", "ms": 86400000}])",
                     [this] { return !house.saved.empty(); }),
            ErrorClass::cancelled);
}

TEST_F(AStoppedRequest, EndsItsScript) {
  EXPECT_EQ(ended_by(StopReason::shutdown, R"([{"type": "exec", "script": "linger"}])",
                     [this] { return !house.reported.empty(); }),
            ErrorClass::interrupted);
}

}  // namespace
}  // namespace reelspool
