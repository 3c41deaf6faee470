#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/http/wire.hpp"

namespace reelspool {
namespace {

using ::testing::HasSubstr;
using testing::Paper;
using testing::ProviderServer;
using testing::Received;
using testing::Reply;

class AFetch : public ::testing::Test {
 protected:
  testing::Wire wire;
};

TEST_F(AFetch, FollowsRedirectsOfGetOnly) {
  ProviderServer server([](const Received& got) {
    if (got.target == "/end") return Reply{.body = "here"};
    return Reply{.status = 302, .headers = {{"Location", got.target == "/a" ? "/b" : "end"}}};
  });
  EXPECT_EQ(wire.run(wire.fetching(server, "/a")).response.body, "here");
  EXPECT_EQ(server.requests().size(), 3u);
  EXPECT_EQ(wire.run(wire.fetching(server, "/a", "POST")).response.status, 302);
}

TEST_F(AFetch, FollowsFiveRedirectsAndNoMore) {
  ProviderServer server([](const Received& got) {
    return Reply{.status = 307, .headers = {{"Location", got.target + "x"}}};
  });
  const auto outcome = wire.run(wire.fetching(server, "/"));
  EXPECT_EQ(outcome.end, HttpEnd::refused);
  EXPECT_EQ(outcome.error.cls, ErrorClass::provider_failed);
  EXPECT_EQ(server.requests().size(), 6u);
}

TEST_F(AFetch, AsksForEachPlaceWhetherItMayBeReached) {
  ProviderServer other([](const Received&) { return Reply{}; });
  ProviderServer server([&](const Received&) {
    return Reply{.status = 302, .headers = {{"Location", other.url("/in")}}};
  });
  auto what = wire.fetching(server, "/a");
  what.may_reach = [&](const Url& url) -> Result<bool> {
    if (url.port == server.port()) return true;
    return make_error(ErrorClass::provider_failed, "not there");
  };
  EXPECT_EQ(wire.run(what).error.message, "not there");
  what.may_reach = [&](const Url& url) -> Result<bool> { return url.port == server.port(); };
  const auto outcome = wire.run(what);
  EXPECT_EQ(outcome.end, HttpEnd::refused) << "the address of the second place is private";
  EXPECT_THAT(outcome.error.message, HasSubstr("is not public"));
  EXPECT_EQ(other.connections(), 0);
}

TEST_F(AFetch, SendsPrivateHeadersToTheFirstPlaceOnly) {
  ProviderServer other([](const Received&) { return Reply{}; });
  ProviderServer server([&](const Received& got) {
    return Reply{.status = 302,
                 .headers = {{"Location", got.target == "/a" ? std::string("/b") : other.url("/c")}}};
  });
  auto what = wire.fetching(server, "/a");
  what.request.headers = {{"Authorization", "Key k"}, {"Accept", "video/mp4"}};
  what.private_headers = {"authorization"};
  ASSERT_EQ(wire.run(what).end, HttpEnd::answered);
  EXPECT_EQ(server.requests().at(1).header("authorization"), "Key k") << "another path of the same place";
  EXPECT_EQ(other.requests().at(0).header("authorization"), "");
  EXPECT_EQ(other.requests().at(0).header("accept"), "video/mp4");
}

TEST_F(AFetch, TriesAGetAgainWhenItsConnectionBreaks) {
  int calls = 0;
  ProviderServer server(
      [&](const Received&) { return ++calls < 4 ? Reply{.silent = true} : Reply{.body = "at last"}; });
  EXPECT_EQ(wire.run(wire.fetching(server, "/a")).response.body, "at last");
  ProviderServer silent([](const Received&) { return Reply{.silent = true}; });
  EXPECT_EQ(wire.run(wire.fetching(silent, "/a")).end, HttpEnd::cut);
  EXPECT_EQ(silent.requests().size(), 4u);
}

TEST_F(AFetch, TriesToConnectAgainWhateverTheMethod) {
  ProviderServer server([](const Received&) { return Reply{.body = "made"}; }, {.listening = false});
  auto what = wire.fetching(server, "/a", "POST");
  what.tries = 1000;
  int tries = 0;
  what.before_each = [&]() -> boost::asio::awaitable<Result<>> {
    if (++tries == 3) server.listen();
    co_return ok;
  };
  const auto outcome = wire.run(std::move(what));
  EXPECT_EQ(outcome.response.body, "made");
  EXPECT_EQ(server.requests().size(), 1u);
  EXPECT_EQ(tries, 3);
}

std::string numbers(std::size_t count) {
  std::string text;
  while (text.size() < count) text += std::to_string(text.size()) + " ";
  text.resize(count);
  return text;
}

/// A server that cuts every answer after some bytes, and knows ranges.
Reply cut_part(const Received& got, const std::string& all, std::size_t piece, const char* tag) {
  Reply reply{.headers = {{"ETag", tag}}, .body = all};
  const std::string range = got.header("range");
  if (!range.empty() && got.header("if-range") == tag) {
    const std::size_t from = std::stoul(range.substr(6));
    reply.status = 206;
    reply.headers.emplace_back("Content-Range", "bytes " + std::to_string(from) + "-" +
                                                    std::to_string(all.size() - 1) + "/" +
                                                    std::to_string(all.size()));
    reply.body = all.substr(from);
  }
  if (reply.body.size() > piece) reply.cut_after = piece;
  return reply;
}

TEST_F(AFetch, GoesOnWithAFileWhereItWasCut) {
  const std::string all = numbers(100'000);
  ProviderServer server([&](const Received& got) { return cut_part(got, all, 30'000, "\"one\""); });
  const Paper paper;
  auto what = wire.fetching(server, "/a");
  what.request.save = SaveTo{paper.file(), 0, 1 << 20};
  const auto outcome = wire.run(std::move(what));
  ASSERT_EQ(outcome.end, HttpEnd::answered) << outcome.error.message;
  EXPECT_EQ(outcome.response.saved_bytes, all.size());
  EXPECT_EQ(paper.text(), all);
  EXPECT_EQ(server.requests().at(3).header("range"), "bytes=90000-");
}

TEST_F(AFetch, BeginsAFileAnewThatHasChangedMeanwhile) {
  const std::string old = numbers(100'000), now = "new content";
  ProviderServer server([&](const Received& got) {
    return got.header("range").empty() ? cut_part(got, old, 30'000, "\"one\"")
                                       : Reply{.headers = {{"ETag", "\"two\""}}, .body = now};
  });
  const Paper paper;
  auto what = wire.fetching(server, "/a");
  what.request.save = SaveTo{paper.file(), 0, 1 << 20};
  EXPECT_EQ(wire.run(std::move(what)).response.saved_bytes, now.size());
  EXPECT_EQ(paper.text(), now);
}

TEST_F(AFetch, BeginsAFileAnewWithoutAWordOnWhichItIs) {
  const std::string all = numbers(50'000);
  int calls = 0;
  ProviderServer server([&](const Received&) {
    return ++calls == 1 ? Reply{.headers = {{"ETag", "W/\"weak\""}}, .body = all, .cut_after = 30'000}
                        : Reply{.body = all};
  });
  const Paper paper;
  auto what = wire.fetching(server, "/a");
  what.request.save = SaveTo{paper.file(), 0, 1 << 20};
  EXPECT_EQ(wire.run(std::move(what)).response.saved_bytes, all.size());
  EXPECT_EQ(paper.text(), all);
  EXPECT_EQ(server.requests().at(1).header("range"), "");
}

TEST_F(AFetch, DoesNotTakeAnotherPartForTheOneItAskedFor) {
  const std::string all = numbers(50'000);
  ProviderServer server([&](const Received& got) {
    if (got.header("range").empty()) return cut_part(got, all, 30'000, "\"one\"");
    return Reply{.status = 206,
                 .headers = {{"ETag", "\"one\""}, {"Content-Range", "bytes 0-49999/50000"}},
                 .body = all};
  });
  const Paper paper;
  auto what = wire.fetching(server, "/a");
  what.request.save = SaveTo{paper.file(), 0, 1 << 20};
  EXPECT_EQ(wire.run(std::move(what)).end, HttpEnd::cut);
}

TEST_F(AFetch, EndsItsWaitWhenItIsStopped) {
  ProviderServer server([](const Received&) { return Reply{}; }, {.listening = false});
  auto what = wire.fetching(server, "/a", "POST");
  what.first_wait = what.longest_wait = std::chrono::hours(1);
  std::optional<HttpOutcome> ended;
  bool begun = false;
  what.before_each = [&]() -> boost::asio::awaitable<Result<>> {
    begun = true;
    co_return ok;
  };
  wire.loop.start(fetch(*wire.client, std::move(what), wire.stop),
                  [&](HttpOutcome outcome) { ended = std::move(outcome); });
  while (!begun) wire.loop.context.run_one();
  wire.stop.ask(StopReason::cancelled);
  EXPECT_EQ(wire.finish(ended).end, HttpEnd::stopped);
}

}  // namespace
}  // namespace reelspool
