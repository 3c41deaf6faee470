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
using namespace std::chrono_literals;

class AnExchange : public ::testing::Test {
 protected:
  testing::Wire wire;
};

TEST_F(AnExchange, GivesTheAnswerOfAnyStatus) {
  ProviderServer server([](const Received&) {
    return Reply{
        .status = 503, .headers = {{"Retry-After", "5"}, {"X-A", "1"}, {"x-a", "2"}}, .body = "later"};
  });
  const auto outcome = wire.exchange(wire.request(server, "/x?y=1"));
  ASSERT_EQ(outcome.end, HttpEnd::answered) << outcome.error.message;
  EXPECT_TRUE(outcome.sent);
  EXPECT_EQ(outcome.response.status, 503);
  EXPECT_EQ(outcome.response.body, "later");
  EXPECT_EQ(outcome.response.header("retry-after"), "5");
  EXPECT_EQ(outcome.response.header("x-a"), "1, 2");
  EXPECT_EQ(server.requests().at(0).target, "/x?y=1");
}

TEST_F(AnExchange, SendsHeadersAndABody) {
  ProviderServer server([](const Received&) { return Reply{.status = 201}; });
  auto request = wire.request(server, "/x", "POST");
  request.headers = {{"Authorization", "Key abc"}, {"Content-Type", "application/json"}, {"X-Empty", ""}};
  request.body = std::string(3 << 20, 'x');
  const auto outcome = wire.exchange(std::move(request));
  ASSERT_EQ(outcome.end, HttpEnd::answered) << outcome.error.message;
  const auto got = server.requests().at(0);
  EXPECT_EQ(got.method, "POST");
  EXPECT_EQ(got.body, std::string(3 << 20, 'x'));
  EXPECT_EQ(got.header("authorization"), "Key abc");
  EXPECT_EQ(got.header("content-type"), "application/json");
  EXPECT_TRUE(got.headers.contains("x-empty"));
  EXPECT_EQ(got.header("expect"), "");
}

TEST_F(AnExchange, SaysThatThereIsNoBody) {
  ProviderServer server([](const Received&) { return Reply{}; });
  for (const char* method : {"POST", "PUT", "DELETE", "HEAD", "GET"}) {
    ASSERT_EQ(wire.exchange(wire.request(server, "/x", method)).end, HttpEnd::answered) << method;
    EXPECT_EQ(server.requests().back().method, method);
    EXPECT_FALSE(server.requests().back().headers.contains("content-type"));
  }
  EXPECT_EQ(server.requests().at(0).header("content-length"), "0");
}

TEST_F(AnExchange, SendsAFileAndAForm) {
  ProviderServer server([](const Received&) { return Reply{}; });
  const Paper paper("the file");
  auto upload = wire.request(server, "/upload", "PUT");
  upload.body = OpenFile{paper.file(), 8};
  ASSERT_EQ(wire.exchange(std::move(upload)).end, HttpEnd::answered);
  EXPECT_EQ(server.requests().at(0).body, "the file");

  auto form = wire.request(server, "/form", "POST");
  form.body = std::vector<FormPart>{{"prompt", "a \"boat\"", "", ""},
                                    {"image", OpenFile{paper.file(), 8}, "boat.png", "image/png"}};
  ASSERT_EQ(wire.exchange(std::move(form)).end, HttpEnd::answered);
  const auto got = server.requests().at(1);
  EXPECT_THAT(got.header("content-type"), HasSubstr("multipart/form-data; boundary="));
  EXPECT_THAT(got.body, HasSubstr("name=\"prompt\"\r\n\r\na \"boat\"\r\n"));
  EXPECT_THAT(
      got.body,
      HasSubstr("name=\"image\"; filename=\"boat.png\"\r\nContent-Type: image/png\r\n\r\nthe file\r\n"));
}

TEST_F(AnExchange, KeepsABodyInMemoryOnlyUpToItsLimit) {
  ProviderServer server([](const Received&) { return Reply{.body = std::string(1 << 20, 'x')}; });
  auto request = wire.request(server, "/x");
  request.memory_limit = 1000;
  const auto outcome = wire.exchange(std::move(request));
  ASSERT_EQ(outcome.end, HttpEnd::answered) << outcome.error.message;
  EXPECT_TRUE(outcome.response.truncated);
  EXPECT_EQ(outcome.response.body, std::string(1000, 'x'));
}

TEST_F(AnExchange, SavesOnlyASuccessToItsFile) {
  int status = 200;
  ProviderServer server([&](const Received&) { return Reply{.status = status, .body = "content"}; });
  const Paper paper;
  auto request = wire.request(server, "/x");
  request.save = SaveTo{paper.file(), 0, 100};
  auto outcome = wire.exchange(request);
  EXPECT_TRUE(outcome.response.saved);
  EXPECT_EQ(paper.text(), "content");
  EXPECT_EQ(outcome.response.saved_bytes, 7u);

  status = 404;
  const Paper other;
  request.save->file = other.file();
  outcome = wire.exchange(request);
  EXPECT_FALSE(outcome.response.saved);
  EXPECT_EQ(outcome.response.body, "content");
  EXPECT_EQ(other.text(), "");

  status = 200;
  request.save->limit = 6;
  outcome = wire.exchange(request);
  EXPECT_TRUE(outcome.response.truncated);
}

TEST_F(AnExchange, TellsAFullDiskFromABrokenConnection) {
  ProviderServer server([](const Received&) { return Reply{.body = "content"}; });
  auto request = wire.request(server, "/x");
  request.save = SaveTo{std::make_shared<Descriptor>(open("/dev/full", O_WRONLY | O_CLOEXEC)), 0, 100};
  const auto outcome = wire.exchange(std::move(request));
  EXPECT_EQ(outcome.end, HttpEnd::local);
  EXPECT_EQ(outcome.error.cls, ErrorClass::storage) << outcome.error.message;
}

TEST_F(AnExchange, ThatIsCutOrRubbishSaysSo) {
  for (const Reply& reply :
       {Reply{.silent = true}, Reply{.body = "content", .cut_after = 3}, Reply{.raw = "nonsense\r\n\r\n"},
        Reply{.raw = "HTTP/1.1 200 OK\r\nX: " + std::string(1 << 20, 'x')}}) {
    ProviderServer server([&](const Received&) { return reply; });
    const auto outcome = wire.exchange(wire.request(server, "/x"));
    EXPECT_EQ(outcome.end, HttpEnd::cut);
    EXPECT_TRUE(outcome.sent);
    EXPECT_THAT(outcome.error.message, HasSubstr("127.0.0.1: "));
  }
}

TEST_F(AnExchange, ThatFindsNobodySendsNothing) {
  ProviderServer server([](const Received&) { return Reply{}; }, {.listening = false});
  auto refused = wire.exchange(wire.request(server, "/x"));
  EXPECT_EQ(refused.end, HttpEnd::unreachable);
  EXPECT_FALSE(refused.sent);
  auto nowhere = wire.exchange(wire.request("http://nobody.invalid/", "POST"));
  EXPECT_EQ(nowhere.end, HttpEnd::unreachable);
  EXPECT_THAT(nowhere.error.message, HasSubstr("nobody.invalid"));
}

TEST_F(AnExchange, GivesUpWhenItsTimeIsOver) {
  ProviderServer server([](const Received&) { return Reply{.held = true}; });
  auto request = wire.request(server, "/x");
  request.whole_time = 50ms;
  const auto outcome = wire.exchange(std::move(request));
  EXPECT_EQ(outcome.end, HttpEnd::timed_out);
  EXPECT_TRUE(outcome.sent);
  EXPECT_EQ(outcome.error.cls, ErrorClass::timeout);
}

TEST_F(AnExchange, GivesUpWhenNothingMovesAnyMore) {
  ProviderServer server(
      [](const Received&) { return Reply{.raw = "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nbegun"}; });
  ProviderServer deaf([](const Received&) { return Reply{}; }, {.deaf = true});
  auto request = wire.request(deaf, "/x");
  request.whole_time = 0ms;
  request.stall_time = 20ms;
  request.answer_time = 40ms;
  EXPECT_EQ(wire.exchange(std::move(request)).end, HttpEnd::timed_out) << "no answer begins";

  auto upload = wire.request(deaf, "/x", "PUT");
  upload.whole_time = 0ms;
  upload.stall_time = 20ms;
  upload.body = std::string(64 << 20, 'x');
  const auto outcome = wire.exchange(std::move(upload));
  EXPECT_EQ(outcome.end, HttpEnd::timed_out) << "nobody takes the body";
  EXPECT_TRUE(outcome.sent);
}

TEST_F(AnExchange, EndsWhenItIsStopped) {
  ProviderServer server([](const Received&) { return Reply{.held = true}; });
  std::optional<HttpOutcome> ended;
  wire.start(wire.request(server, "/x"), ended);
  while (server.requests().empty()) wire.loop.context.poll_one();
  EXPECT_FALSE(ended);
  wire.stop.ask(StopReason::shutdown);
  const auto outcome = wire.finish(ended);
  EXPECT_EQ(outcome.end, HttpEnd::stopped);
  EXPECT_EQ(outcome.error.cls, ErrorClass::interrupted);
  EXPECT_EQ(wire.exchange(wire.request(server, "/x")).end, HttpEnd::stopped) << "and none begins";
}

TEST_F(AnExchange, ReachesNoPrivateAddressUnlessItMay) {
  ProviderServer server([](const Received&) { return Reply{}; });
  for (const char* host : {"127.0.0.1", "localhost", "0x7f.1"}) {
    auto request = wire.request("http://" + std::string(host) + ":" + std::to_string(server.port()) + "/");
    request.any_address = false;
    const auto outcome = wire.exchange(std::move(request));
    EXPECT_EQ(outcome.end, HttpEnd::refused) << host;
    EXPECT_FALSE(outcome.sent);
    EXPECT_THAT(outcome.error.message, HasSubstr("is not public"));
    EXPECT_THAT(outcome.error.message, HasSubstr("HTTP_ALLOWED_HOSTS="));
  }
  EXPECT_EQ(server.connections(), 0);
}

TEST_F(AnExchange, VerifiesTheCertificate) {
  ProviderServer server([](const Received&) { return Reply{.body = "secret"}; }, {.tls = true});
  auto stranger = wire.exchange(wire.request(server, "/x", "POST"));
  EXPECT_EQ(stranger.end, HttpEnd::unreachable);
  EXPECT_FALSE(stranger.sent);
  EXPECT_THAT(stranger.error.message, HasSubstr("certificate"));

  HttpClient::Options trusting;
  trusting.ca_file = server.certificate();
  wire.client = std::make_unique<HttpClient>(wire.loop.context.get_executor(), trusting);
  EXPECT_EQ(wire.exchange(wire.request(server, "/x")).response.body, "secret");
}

TEST_F(AnExchange, GoesThroughTheProxyButForTheHostsThatAreExempt) {
  ProviderServer proxy([](const Received& got) { return Reply{.body = "by proxy: " + got.target}; });
  ProviderServer server([](const Received&) { return Reply{.body = "straight"}; });
  HttpClient::Options options;
  options.proxy = proxy.origin();
  options.no_proxy = "other.example, 127.0.0.1";
  wire.client = std::make_unique<HttpClient>(wire.loop.context.get_executor(), options);
  auto request = wire.request("http://somewhere.example/x");
  request.any_address = false;
  EXPECT_EQ(wire.exchange(request).response.body, "by proxy: http://somewhere.example/x");
  request.url = *Url::parse("http://169.254.169.254/latest");
  EXPECT_EQ(wire.exchange(request).end, HttpEnd::refused) << "an address is judged here";
  EXPECT_EQ(wire.exchange(wire.request(server, "/")).response.body, "straight");
}

TEST_F(AnExchange, IsOneOfAThousandAtOnce) {
  ProviderServer server([](const Received&) { return Reply{.body = "polled"}; });
  constexpr int count = 1000;
  int answered = 0, ended = 0;
  for (int i = 0; i < count; ++i)
    wire.loop.start(wire.client->exchange(wire.request(server, "/poll"), wire.stop),
                    [&](HttpOutcome outcome) {
                      ++ended;
                      if (outcome.response.body == "polled") ++answered;
                    });
  while (ended < count) wire.loop.context.run_one();
  EXPECT_EQ(answered, count);
  EXPECT_LE(server.connections(), 128);
  wire.loop.run_out();  // an idle client keeps no loop waiting
}

TEST_F(AnExchange, OutlivesItsClient) {
  ProviderServer server([](const Received&) { return Reply{.body = "late", .held = true}; });
  std::optional<HttpOutcome> ended;
  wire.start(wire.request(server, "/x"), ended);
  while (server.requests().empty()) wire.loop.context.poll_one();
  wire.client.reset();
  server.release();
  EXPECT_EQ(wire.finish(ended).response.body, "late");
}

}  // namespace
}  // namespace reelspool
