#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/providers/house.hpp"

namespace reelspool {
namespace {

using ::testing::HasSubstr;

/// The providers puppet (order 10), second (order 20) and keyed (order 1, needs KEYED_KEY), each told what to answer.
class TheChain : public ::testing::Test {
 protected:
  TheChain() {
    for (const char* plugin : {"puppet", "second", "keyed"}) house.ship(plugin);
    testing::write(house.step.folder / "i.png", "picture");
  }

  static Json makes() { return *parse_json(R"({"type": "done", "outputs": {"image": {"file": "i.png"}}})"); }
  static Json fails(const char* cls) {
    return {{"type", "fail"}, {"class", cls}, {"message", std::string("is ") + cls}};
  }

  /// The provider that made it, or the message of the failure.
  std::string made_by(const Json& request, std::map<std::string, std::string> flags = {},
                      std::map<std::string, std::string> environment = {}) {
    auto providers = house.providers(std::move(flags), std::move(environment));
    auto result = house.loop.run(providers->perform("image", request, house.step));
    return result ? (*result)["provider"].get<std::string>() : result.error().message;
  }

  std::string refusal(const char* kind, const Json& request, std::map<std::string, std::string> flags = {}) {
    auto providers = house.providers(std::move(flags));
    auto result = providers->can(kind, request);
    return result ? "" : result.error().message;
  }

  testing::House house;
};

TEST_F(TheChain, GoesByTheOrderInTheManifests) {
  EXPECT_EQ(made_by({{"puppet", makes()}, {"second", makes()}}), "puppet") << "keyed lacks its secret";
  EXPECT_EQ(made_by({{"puppet", makes()}, {"second", makes()}, {"keyed", makes()}}, {}, {{"KEYED_KEY", "k"}}),
            "keyed");
}

TEST_F(TheChain, BeginsWithTheProviderOfTheSetting) {
  EXPECT_EQ(made_by({{"puppet", makes()}, {"second", makes()}}, {{"IMAGE_PROVIDER", "second"}}), "second");
}

TEST_F(TheChain, MovesOnWhenAProviderCannot) {
  for (const char* cls : {"unavailable", "quota", "auth", "provider_failed", "media"})
    EXPECT_EQ(made_by({{"puppet", fails(cls)}, {"second", makes()}}), "second") << cls;
}

TEST_F(TheChain, LeavesToTheStepWhatIsWorthTryingAgainAndEndsWhatNobodyCanMake) {
  for (const char* cls : {"transient", "rate_limited", "content_policy", "invalid_request"}) {
    EXPECT_EQ(made_by({{"puppet", fails(cls)}, {"second", makes()}}), std::string("is ") + cls);
    house.step.memory = nullptr;
  }
}

TEST_F(TheChain, MovesOnWhenTheTriesOfTheStepAreUsedUp) {
  house.step.last_try = true;
  for (const char* cls : {"transient", "rate_limited", "timeout"})
    EXPECT_EQ(made_by({{"puppet", fails(cls)}, {"second", makes()}}), "second") << cls;
  house.step.last_try = false;
  Json busy = fails("rate_limited");
  busy["retryAfterMs"] = 600'000;
  EXPECT_EQ(made_by({{"puppet", busy}, {"second", makes()}}), "second") << "longer than a step waits";
}

TEST_F(TheChain, GivesTheNextProviderAllTriesOfTheStep) {
  auto providers = house.providers();
  const auto perform = [&](const Json& puppet, const Json& second) {
    return house.loop.run(providers->perform("image", {{"puppet", puppet}, {"second", second}}, house.step));
  };
  house.step.last_try = true;  // of puppet
  house.step.first_is_last = false;
  auto result = perform(fails("transient"), fails("transient"));
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().provider, "second") << "it may be tried again";
  EXPECT_FALSE(house.step.nobody_left);
  ASSERT_EQ(house.step.given_up.size(), 1u);

  house.step.last_try = false;
  result = perform(makes(), makes());
  ASSERT_TRUE(result) << result.error().message;
  EXPECT_EQ((*result)["provider"], "second") << "puppet had its tries";

  house.step.last_try = true;
  result = perform(makes(), fails("timeout"));
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().message, "no provider could make image: puppet: is transient; second: is timeout");
  EXPECT_TRUE(house.step.nobody_left);
}

TEST_F(TheChain, SaysWhatEachOneSaidWhenNoneCould) {
  EXPECT_EQ(made_by({{"puppet", fails("unavailable")}, {"second", fails("quota")}}),
            "no provider could make image: puppet: is unavailable; second: is quota");
}

TEST_F(TheChain, GoesOnWithTheProviderThatBeganTheStep) {
  house.step.memory = {{"provider", "second"}, {"state", {{"turn", 0}}}};
  EXPECT_EQ(made_by({{"puppet", makes()}, {"second", makes()}}), "second");
}

TEST_F(TheChain, DoesNotGiveUpAnOperationForAnotherProvider) {
  const Json lost = {{"action", fails("timeout")}, {"operation", "op-1"}};
  EXPECT_EQ(made_by({{"puppet", lost}, {"second", makes()}}), "is timeout");
  EXPECT_EQ(house.saved.back()["operation"], "op-1");
}

TEST_F(TheChain, PassesOverAProviderWhoseLimitsAreMet) {
  EXPECT_EQ(made_by({{"width", 9999}, {"puppet", makes()}, {"second", makes()}}), "second");
}

TEST_F(TheChain, NamesTheLanguagesOfAllProvidersWhenNoneSpeaksTheOneWanted) {
  EXPECT_EQ(refusal("speech", {{"language", "xx"}, {"text", "hi"}}),
            "no voice for language \"xx\"; this machine's providers offer: en, es-MX, fr");
  EXPECT_EQ(refusal("speech", {{"language", "fr"}, {"text", "hi"}}), "");
  EXPECT_EQ(refusal("speech", {{"language", "es"}, {"text", "hi"}}), "");
}

TEST_F(TheChain, TellsTheLimitThatIsMetBeforeAnythingIsSpent) {
  testing::fs::remove(house.plugins() / "second.so");
  EXPECT_EQ(refusal("image", {{"width", 9999}}), "width: 9999 is more than 4096, the most that puppet takes");
  EXPECT_EQ(refusal("image", {{"style", "round"}}),
            R"(style: "round" is not offered by puppet, which takes one of ["flat","deep"])");
  EXPECT_TRUE(house.saved.empty());
}

TEST_F(TheChain, SaysWhenNobodyMakesAKindOrTheSettingNamesNobody) {
  EXPECT_EQ(refusal("lip_sync", Json::object()),
            "no plugin on this machine makes lip_sync (see reelspool plugin list)");
  EXPECT_THAT(refusal("image", Json::object(), {{"IMAGE_PROVIDER", "painter"}}),
              HasSubstr("IMAGE_PROVIDER names \"painter\", but no such plugin"));
  EXPECT_THAT(refusal("music", Json::object(), {{"MUSIC_PROVIDER", "puppet"}}),
              HasSubstr("it does not make music"));
}

TEST_F(TheChain, DoesNotAskAPluginThatNobodyAllowed) {
  testing::fs::rename(house.plugins() / "puppet.so", house.own_plugins() / "puppet.so");
  EXPECT_EQ(made_by({{"puppet", makes()}, {"second", makes()}}), "second");
  EXPECT_THAT(refusal("image", Json::object(), {{"IMAGE_PROVIDER", "puppet"}}),
              HasSubstr("it waits for: reelspool plugin allow puppet"));
  auto providers = house.providers();
  ASSERT_TRUE(house.loop.run(providers->registry().allow("puppet")));
  EXPECT_EQ(made_by({{"puppet", makes()}, {"second", makes()}}), "puppet");
}

}  // namespace
}  // namespace reelspool
