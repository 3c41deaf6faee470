// An action that costs: what is kept before it, what is told after it, and what is never done twice.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/providers/caller.hpp"
#include "worker/steps/verdict.hpp"

namespace reelspool {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::Received;
using testing::Reply;

class AnActionThatCosts : public testing::CallerTest {
 protected:
  Json pay(const char* more = R"({"costs": true, "json": {"prompt": "a boat"}})") const {
    return http("POST", "/make", more);
  }
  static Json lost() {
    return *parse_json(
        R"({"state": null, "action": {"type": "fail", "class": "provider_failed", "message": "no answer came", "code": "unknown_submit"}})");
  }
  std::vector<std::string> sendings() const {
    std::vector<std::string> words;
    for (const Json& memory : house.saved)
      words.push_back(memory.is_object() ? memory.value("sending", "-") : "null");
    return words;
  }
};

TEST_F(AnActionThatCosts, IsNotedAsIntendedThenAsSentThenNoMore) {
  std::vector<std::string> before_the_answer;
  serve([&](const Received&) {
    before_the_answer = sendings();
    return Reply{.body = "{}"};
  });
  ASSERT_TRUE(perform({pay(), *parse_json(R"({"type": "wait", "ms": 0})")}));
  EXPECT_THAT(before_the_answer, ElementsAre("intended", "sent"));
  EXPECT_THAT(sendings(), ElementsAre("intended", "sent", "-"));
}

TEST_F(AnActionThatCosts, IsNotSentWhenItsIntentCannotBeKept) {
  serve([](const Received&) { return Reply{}; });
  for (const int good : {0, 1}) {
    int saves = 0;
    house.step.save = [&, good](Json) -> boost::asio::awaitable<Result<>> {
      return [](bool kept) -> boost::asio::awaitable<Result<>> {
        if (kept) co_return ok;
        co_return make_error(ErrorClass::storage, "disk full");
      }(saves++ < good);
    };
    EXPECT_EQ(error_after(pay()).message, "disk full") << good;
  }
  EXPECT_EQ(server->billed(), 0);
}

TEST_F(AnActionThatCosts, ThatFindsNobodyIsUnsent) {
  serve([](const Received&) { return Reply{}; }, {.listening = false});
  const Json event = event_after(pay());
  EXPECT_EQ(event["type"], "unsent");
  EXPECT_THAT(event["message"].get<std::string>(), HasSubstr("127.0.0.1: no connection"));
  EXPECT_THAT(sendings(), ElementsAre("intended"));
}

TEST_F(AnActionThatCosts, ThatMayNotReachItsAddressIsUnsent) {
  serve([](const Received&) { return Reply{}; });
  const Json event = event_after(pay(), {{"HTTP_ALLOWED_HOSTS", ""}});
  EXPECT_EQ(event["type"], "unsent");
  EXPECT_THAT(event["message"].get<std::string>(), HasSubstr("is not public"));
  EXPECT_EQ(server->connections(), 0);
}

TEST_F(AnActionThatCosts, ThatGetsNoAnswerIsInterruptedAndBilledOnce) {
  for (const Reply& reply :
       {Reply{.silent = true}, Reply{.body = "{\"id\":5}", .cut_after = 3}, Reply{.raw = "rubbish"},
        Reply{.status = 502, .body = "Bad Gateway"}, Reply{.status = 504}, Reply{.status = 524}}) {
    serve([&](const Received&) { return reply; });
    EXPECT_EQ(event_after(pay()), *parse_json(R"({"type": "interrupted"})"));
    EXPECT_EQ(server->billed(), 1);
  }
  serve([](const Received&) { return Reply{.held = true}; });
  EXPECT_EQ(event_after(pay(R"({"costs": true, "json": {}, "timeout_ms": 50})"))["type"], "interrupted");
  EXPECT_EQ(server->billed(), 1);
}

// The worker died, and the step goes on from what was kept.
TEST_F(AnActionThatCosts, BeginsWithWhatWasKeptOfIt) {
  serve([](const Received&) { return Reply{}; });
  for (const auto& [sending, event] :
       {std::pair{"intended", "unsent"}, std::pair{"sent", "interrupted"}, std::pair{"", "interrupted"}}) {
    house.step.memory = {{"provider", "caller"}, {"state", {{"turn", 0}, {"heard", Json::array()}}}};
    if (*sending != 0) house.step.memory["sending"] = sending;
    auto result = perform(Json::array());
    ASSERT_TRUE(result) << result.error().message;
    EXPECT_EQ((*result)["events"][0]["type"], event);
  }
}

TEST_F(AnActionThatCosts, FailsForGoodWhenNobodyKnowsWhatBecameOfIt) {
  serve([](const Received&) { return Reply{.silent = true}; });
  auto result = perform({pay(), lost()});
  ASSERT_FALSE(result);
  const Error& error = result.error();
  EXPECT_EQ(error.code, "unknown_submit");
  EXPECT_THAT(error.details, HasSubstr("ON_UNKNOWN_SUBMIT=retry"));
  const Verdict known = verdict(error);
  EXPECT_FALSE(known.step_again || known.next_provider || known.job_again || known.lasts);
  EXPECT_FALSE(house.saved.back().contains("state"));
}

// The worker died after its plugin had said so, and before the step had noted it.
TEST_F(AnActionThatCosts, IsNotSentAgainAfterADeathBetweenItsFailureAndItsRecord) {
  serve([](const Received&) { return Reply{.silent = true}; });
  ASSERT_FALSE(perform({pay(), lost()}));
  ASSERT_EQ(server->billed(), 1);
  house.step.memory = house.saved.back();
  auto again = perform({pay(), lost()});
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code, "unknown_submit");
  EXPECT_THAT(again.error().details, HasSubstr("ON_UNKNOWN_SUBMIT=retry"));
  EXPECT_EQ(server->billed(), 1);
}

TEST_F(AnActionThatCosts, IsBegunAnewWhenTheOperatorSaysSo) {
  serve([](const Received&) { return Reply{.silent = true}; });
  auto result = perform({pay(), lost()}, {{"ON_UNKNOWN_SUBMIT", "retry"}});
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, "unknown_submit");
  EXPECT_TRUE(verdict(result.error()).step_again);
  EXPECT_TRUE(house.saved.back().is_null());
}

TEST_F(AnActionThatCosts, IsNotMadeElsewhereWhenNobodyKnowsWhatBecameOfIt) {
  house.ship("second");
  serve([](const Received&) { return Reply{.silent = true}; });
  auto providers = house.providers({{"HTTP_ALLOWED_HOSTS", "127.0.0.1"}, {"IMAGE_PROVIDER", "caller"}},
                                   {{"CALLER_URL", server->origin()}, {"CALLER_KEY", key}});
  Json request = play({pay(), lost()});
  request["second"] = *parse_json(R"({"type": "done", "outputs": {"image": {"file": "i.png"}}})");
  auto result = house.loop.run(providers->perform("image", request, house.step));
  ASSERT_FALSE(result) << *result;
  EXPECT_EQ(result.error().code, "unknown_submit");
}

}  // namespace
}  // namespace reelspool
