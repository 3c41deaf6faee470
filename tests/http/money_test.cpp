// What a provider is paid for: nothing is sent twice, and it is known whether anything was sent.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "tests/http/wire.hpp"

namespace reelspool {
namespace {

using testing::ProviderServer;
using testing::Received;
using testing::Reply;

class APaidRequest : public ::testing::Test {
 protected:
  Fetch post(const ProviderServer& server, std::string body = "pay me") {
    auto what = wire.fetching(server, "/make", "POST");
    what.request.body = std::move(body);
    what.request.before_sending = [this]() -> boost::asio::awaitable<Result<>> {
      ++noted;
      co_return outcome_of_noting;
    };
    return what;
  }
  testing::Wire wire;
  int noted = 0;
  Result<> outcome_of_noting = ok;
};

TEST_F(APaidRequest, IsNotSentAgainWhenNoAnswerCame) {
  for (const Reply& reply :
       {Reply{.silent = true}, Reply{.body = "content", .cut_after = 3}, Reply{.raw = "rubbish"}}) {
    ProviderServer server([&](const Received&) { return reply; });
    const auto outcome = wire.run(post(server));
    EXPECT_EQ(outcome.end, HttpEnd::cut);
    EXPECT_TRUE(outcome.sent);
    EXPECT_EQ(server.billed(), 1);
  }
}

// libcurl sends a request again by itself when a kept connection is closed without an answer: billed twice, reported once.
TEST_F(APaidRequest, IsNotSentOnAConnectionThatWasKept) {
  for (const Reply& reply : {Reply{.silent = true}, Reply{.status = 502}}) {
    ProviderServer server([&](const Received& got) { return got.method == "GET" ? Reply{} : reply; });
    ASSERT_EQ(wire.run(wire.fetching(server, "/warm-up")).end, HttpEnd::answered);
    (void)wire.run(post(server));
    EXPECT_EQ(server.billed(), 1);
    EXPECT_EQ(server.requests().back().nth_on_connection, 1);
    EXPECT_EQ(server.connections(), 2);
  }
}

TEST_F(APaidRequest, IsHeldUntilItIsNotedThatItLeaves) {
  ProviderServer server([](const Received&) { return Reply{.body = "made"}; });
  auto what = post(server);
  boost::asio::steady_timer gate(wire.loop.context, std::chrono::steady_clock::time_point::max());
  bool asked = false;
  what.request.before_sending = [&]() -> boost::asio::awaitable<Result<>> {
    asked = true;
    boost::system::error_code ignored;
    co_await gate.async_wait(boost::asio::redirect_error(boost::asio::use_awaitable, ignored));
    co_return ok;
  };
  std::optional<HttpOutcome> ended;
  wire.loop.start(fetch(*wire.client, std::move(what), wire.stop),
                  [&](HttpOutcome outcome) { ended = std::move(outcome); });
  while (!asked) wire.loop.context.run_one();
  server.await_connections(1);
  while (wire.loop.context.poll_one() > 0) continue;
  EXPECT_EQ(server.billed(), 0);
  gate.cancel();
  EXPECT_EQ(wire.finish(ended).response.body, "made");
  EXPECT_EQ(server.requests().at(0).body, "pay me");
}

TEST_F(APaidRequest, IsNotSentWhenThatCannotBeNoted) {
  outcome_of_noting = make_error(ErrorClass::storage, "disk full");
  ProviderServer server([](const Received&) { return Reply{}; });
  for (const char* body : {"pay me", ""}) {
    const auto outcome = wire.run(post(server, body));
    EXPECT_EQ(outcome.end, HttpEnd::local);
    EXPECT_FALSE(outcome.sent);
    EXPECT_EQ(outcome.error.message, "disk full");
  }
  EXPECT_EQ(server.billed(), 0);
}

TEST_F(APaidRequest, ThatIsStoppedBeforeItLeavesWasNotSent) {
  ProviderServer server([](const Received&) { return Reply{}; });
  auto what = post(server);
  what.request.before_sending = [this]() -> boost::asio::awaitable<Result<>> {
    wire.stop.ask(StopReason::shutdown);
    co_return ok;
  };
  const auto outcome = wire.run(std::move(what));
  EXPECT_EQ(outcome.end, HttpEnd::stopped);
  EXPECT_FALSE(outcome.sent);
  EXPECT_EQ(server.billed(), 0);
}

TEST_F(APaidRequest, IsNotedOnceHoweverOftenItConnects) {
  ProviderServer server([](const Received&) { return Reply{.body = "made"}; }, {.listening = false});
  auto what = post(server);
  what.before_each = [&, tries = 0]() mutable -> boost::asio::awaitable<Result<>> {
    if (++tries == 3) server.listen();
    return []() -> boost::asio::awaitable<Result<>> { co_return ok; }();
  };
  EXPECT_EQ(wire.run(std::move(what)).response.body, "made");
  EXPECT_EQ(noted, 1);
}

TEST_F(APaidRequest, WithAFormIsHeldToo) {
  ProviderServer server([](const Received&) { return Reply{.body = "made"}; });
  auto what = post(server);
  what.request.body = std::vector<FormPart>{{"prompt", std::string("a boat"), "", ""}};
  EXPECT_EQ(wire.run(std::move(what)).response.body, "made");
  EXPECT_EQ(noted, 1);
  EXPECT_EQ(server.billed(), 1);
}

// A provider may refuse by the headers alone, before the body came.
TEST_F(APaidRequest, ThatIsAnsweredEarlyIsAnswered) {
  ProviderServer server([](const Received&) { return Reply{.status = 401, .body = "no such key"}; });
  const auto outcome = wire.run(post(server, std::string(8 << 20, 'x')));
  EXPECT_EQ(outcome.response.status, 401);
}

TEST_F(APaidRequest, ThatMeetsAStrangersCertificateWasNotSent) {
  ProviderServer server([](const Received&) { return Reply{}; }, {.tls = true});
  const auto outcome = wire.run(post(server));
  EXPECT_EQ(outcome.end, HttpEnd::unreachable);
  EXPECT_FALSE(outcome.sent);
  EXPECT_EQ(noted, 0);
}

}  // namespace
}  // namespace reelspool
