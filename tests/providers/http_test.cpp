#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/providers/caller.hpp"
#include "worker/story/base64.hpp"

namespace reelspool {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using testing::ProviderServer;
using testing::Received;
using testing::Reply;

class AnHttpCall : public testing::CallerTest {};

TEST_F(AnHttpCall, ComesBackWithStatusHeadersAndBody) {
  serve([](const Received& got) {
    if (got.target == "/text") return Reply{.status = 404, .body = "not here"};
    return Reply{
        .headers = {{"Content-Type", "application/json"}, {"X-A", "1"}, {"x-a", "2"}, {"Set-Cookie", "a=b"}},
        .body = R"({"id": 5})"};
  });
  const Json event = event_after(http("GET", "/json"));
  EXPECT_EQ(event["type"], "http");
  EXPECT_EQ(event["status"], 200);
  EXPECT_EQ(event["body"]["id"], 5);
  EXPECT_EQ(event["headers"]["content-type"], "application/json");
  EXPECT_EQ(event["headers"]["x-a"], "1, 2");
  EXPECT_FALSE(event["headers"].contains("set-cookie"));
  EXPECT_EQ(event_after(http("GET", "/text"))["status"], 404);
  EXPECT_EQ(event_after(http("GET", "/text"))["body"], "not here");
}

TEST_F(AnHttpCall, CarriesJsonWithFilesInIt) {
  serve([](const Received&) { return Reply{}; });
  testing::write(house.step.folder / "words.txt", "a \"boat\"");
  event_after(http("POST", "/x", R"({"json": {"plain": [1, null], "a": {"$file": "i.png", "as": "data_url"},
      "b": [{"$file": "i.png", "as": "base64"}, {"$file": "words.txt", "as": "text"}]}})"));
  const auto got = server->requests().at(0);
  EXPECT_EQ(got.header("content-type"), "application/json");
  const std::string picture = encode_base64(testing::read(house.step.folder / "i.png"));
  EXPECT_EQ(*parse_json(got.body), (Json{{"plain", {1, nullptr}},
                                         {"a", "data:image/png;base64," + picture},
                                         {"b", {picture, "a \"boat\""}}}));
}

TEST_F(AnHttpCall, CarriesFormsAndFiles) {
  serve([](const Received&) { return Reply{}; });
  event_after(
      http("POST", "/form",
           R"({"form": [{"name": "model", "value": "whisper"}, {"name": "file", "file": "i.png"}]})"));
  EXPECT_THAT(server->requests().at(0).body,
              HasSubstr("filename=\"i.png\"\r\nContent-Type: image/png\r\n\r\n\x89PNG"));
  event_after(http("PUT", "/file", R"({"file": "i.png", "headers": {"Content-Type": "image/x"}})"));
  EXPECT_EQ(server->requests().at(1).body, testing::read(house.step.folder / "i.png"));
  EXPECT_EQ(server->requests().at(1).header("content-type"), "image/x");
}

TEST_F(AnHttpCall, SavesASuccessAndNamesItsType) {
  serve([](const Received& got) {
    return got.target == "/ok" ? Reply{.body = std::string("RIFF....WAVE") + std::string(3 << 20, 'x')}
                               : Reply{.status = 403, .body = R"({"error": "expired"})"};
  });
  const Json event = event_after(http("GET", "/ok", R"({"save": "speech.wav"})"));
  EXPECT_EQ(event["saved"], *parse_json(R"({"file": "speech.wav", "bytes": 3145740, "type": "audio/wav"})"));
  EXPECT_FALSE(event.contains("body"));
  EXPECT_EQ(testing::fs::file_size(house.step.folder / "speech.wav"), 3145740u);
  const Json refused = event_after(http("GET", "/no", R"({"save": "other.wav"})"));
  EXPECT_EQ(refused["body"]["error"], "expired");
  EXPECT_FALSE(testing::fs::exists(house.step.folder / "other.wav"));
}

TEST_F(AnHttpCall, UnpacksBase64IntoFiles) {
  const std::string picture = std::string("\xFF\xD8\xFF") + std::string(2 << 20, 'p');
  serve([&](const Received&) {
    return Reply{.body = R"({"data": [{"b64_json": ")" + encode_base64(picture) +
                         R"("}], "other": "not base64!"})"};
  });
  const Json event = event_after(
      http("POST", "/x",
           R"({"unpack": {"/data/0/b64_json": "made.jpg", "/other": "x.bin", "/missing": "y.bin"}})"));
  EXPECT_EQ(event["body"]["data"][0]["b64_json"]["type"], "image/jpeg");
  EXPECT_EQ(event["body"]["data"][0]["b64_json"]["file"], "made.jpg");
  EXPECT_EQ(event["body"]["other"], "not base64!");
  EXPECT_EQ(testing::read(house.step.folder / "made.jpg"), picture);
}

// Not by way of the plugin, which would have to repeat what it heard in its answer.
TEST_F(AnHttpCall, SaysWhenThereWasMoreThanItTakes) {
  serve([](const Received&) { return Reply{.body = std::string(2 << 20, 'x')}; });
  HttpClient client(house.loop.context.get_executor(), {});
  ProviderLimits none(house.loop.context.get_executor(), {}, {});
  HttpCarrier carrier(house.pool, client, house.patience, house.store() / "gates", none);
  const HttpGrant grant{
      "caller",
      *Reach::of(
          {"${setting:URL}"}, [&](const std::string&) { return server->origin(); }, "127.0.0.1"),
      Secrets()};
  const auto event_of = [&](const char* more) {
    return *house.loop.run(carrier.carry(*read_http_action(http("GET", "/x", more)), grant, house.step, {}));
  };
  const Json event = event_of("{}");
  EXPECT_EQ(event["truncated"], true);
  EXPECT_EQ(event["body"].get_ref<const std::string&>().size(), std::size_t{1} << 20);
  const Json saved = event_of(R"({"save": "a.bin", "max_bytes": 1000})");
  EXPECT_EQ(saved["truncated"], true);
  EXPECT_FALSE(saved.contains("saved"));
  EXPECT_FALSE(testing::fs::exists(house.step.folder / "a.bin"));
}

TEST_F(AnHttpCall, TakesItsSecretAlongAndNeverBringsItBack) {
  serve([](const Received& got) {
    const std::string secret = got.header("authorization").substr(4);
    return Reply{
        .headers = {{"X-Echo", secret}, {"X-Basic", encode_base64("user:" + secret)}},
        .body = to_text(Json{{"you sent", secret}, {secret, {std::string(secret.rbegin(), secret.rend())}}})};
  });
  const Json event =
      event_after(http("GET", "/x", R"({"headers": {"Authorization": "Key ${secret:CALLER_KEY}"}})"));
  EXPECT_EQ(server->requests().at(0).header("authorization"), std::string("Key ") + key);
  EXPECT_EQ(event["headers"]["x-echo"], "${secret:CALLER_KEY}");
  EXPECT_THAT(event["headers"]["x-basic"].get<std::string>(), HasSubstr("${secret:CALLER_KEY}"));
  EXPECT_EQ(event["body"]["you sent"], "${secret:CALLER_KEY}");
  EXPECT_EQ(event["body"]["${secret:CALLER_KEY}"][0], "${secret:CALLER_KEY}");
  for (const Json& memory : house.saved) EXPECT_THAT(to_text(memory), Not(HasSubstr("sk-live")));
}

TEST_F(AnHttpCall, IsRefusedByNameWhatItMayNotHave) {
  serve([](const Received&) { return Reply{}; });
  const auto refused = [&](Json action) {
    const Error error = error_after(std::move(action));
    EXPECT_EQ(error.cls, ErrorClass::plugin_crashed) << error.message;
    EXPECT_EQ(error.provider, "caller");
    return error.message;
  };
  Json elsewhere = http("GET", "/");
  elsewhere["url"] = "https://evil.example/";
  EXPECT_THAT(
      refused(elsewhere),
      HasSubstr("plugin \"caller\": it asked for a place that it may not reach: https://evil.example:443"));
  elsewhere["url"] = "ftp://api.caller.example/";
  EXPECT_THAT(refused(elsewhere), HasSubstr("neither https nor http"));
  EXPECT_THAT(refused(http("GET", "/", R"({"headers": {"A": "${secret:OTHER_KEY}"}})")),
              HasSubstr("the secret \"OTHER_KEY\""));
  EXPECT_THAT(refused(http("POST", "/", R"({"file": "../../secret"})")), HasSubstr("no plain file name"));
  EXPECT_THAT(refused(http("POST", "/", R"({"json": {"$file": "missing.png"}})")),
              HasSubstr("\"missing.png\" is not there"));
  EXPECT_THAT(refused(http("POST", "/", R"({"json": {"$file": "i.png", "as": "hex"}})")),
              HasSubstr("base64, data_url and text"));
  testing::fs::create_symlink("/etc/passwd", house.step.folder / "link.txt");
  EXPECT_THAT(refused(http("POST", "/", R"({"json": {"$file": "link.txt", "as": "text"}})")),
              HasSubstr("is a link"));
  EXPECT_THAT(refused(http("GET", "/", R"({"save": "link.txt"})")), HasSubstr("is a link"));
  EXPECT_EQ(server->connections(), 0);
}

TEST_F(AnHttpCall, ReachesAPrivateAddressOnlyWhereTheOperatorSaysSo) {
  serve([](const Received&) { return Reply{}; });
  const Error error = error_after(http("GET", "/"), {{"HTTP_ALLOWED_HOSTS", "other.example"}});
  EXPECT_EQ(error.cls, ErrorClass::unavailable);
  EXPECT_THAT(error.message, HasSubstr("its address 127.0.0.1 is not public"));
  const std::string place = "127.0.0.1:" + std::to_string(server->port());
  EXPECT_EQ(event_after(http("GET", "/"), {{"HTTP_ALLOWED_HOSTS", place}})["status"], 200);
}

TEST_F(AnHttpCall, IsNotLedAwayByARedirect) {
  ProviderServer away([](const Received&) { return Reply{}; });
  serve([&](const Received& got) {
    return Reply{.status = 302,
                 .headers = {{"Location", got.target == "/away" ? away.url("/") : "https://evil.example/"}}};
  });
  for (const char* target : {"/away", "/evil"}) {
    const Error error = error_after(http("GET", target));
    EXPECT_EQ(error.cls, ErrorClass::provider_failed);
    EXPECT_THAT(error.message, HasSubstr("redirected: "));
  }
  EXPECT_EQ(away.connections(), 0);
  other = away.origin();  // now the manifest's second setting names it
  EXPECT_EQ(event_after(
                http("GET", "/away", R"({"headers": {"Authorization": "${secret:CALLER_KEY}"}})"))["status"],
            200);
  EXPECT_EQ(away.requests().at(0).header("authorization"), "") << "a secret goes to the first place only";
}

TEST_F(AnHttpCall, ThatIsFreeEndsTheTryWhenNoAnswerComes) {
  serve([](const Received&) { return Reply{.silent = true}; });
  Error error = error_after(http("GET", "/"));
  EXPECT_EQ(error.cls, ErrorClass::transient);
  EXPECT_EQ(error.provider, "caller");
  EXPECT_EQ(server->requests().size(), 4u);
  error = error_after(http("POST", "/"));
  EXPECT_EQ(error.cls, ErrorClass::transient);
  EXPECT_EQ(server->requests().size(), 5u) << "what may have been carried out is left to the plugin";
  serve([](const Received&) { return Reply{.held = true}; });
  EXPECT_EQ(error_after(http("POST", "/", R"({"timeout_ms": 30})")).cls, ErrorClass::timeout);
}

TEST_F(AnHttpCall, WaitsWhileTheProviderWantsToBeLeftAlone) {
  using Clock = std::chrono::steady_clock;
  std::vector<Clock::time_point> calls;
  serve([&](const Received&) {
    calls.push_back(Clock::now());
    return calls.size() == 1 ? Reply{.status = 429, .headers = {{"Retry-After", "1"}}} : Reply{};
  });
  auto result = perform({http("GET", "/a"), http("GET", "/b")});
  ASSERT_TRUE(result) << result.error().message;
  EXPECT_EQ((*result)["events"][1]["status"], 429);
  EXPECT_EQ((*result)["events"][2]["status"], 200);
  EXPECT_GE(calls.at(1) - calls.at(0), std::chrono::seconds(1));
}

TEST_F(AnHttpCall, GivesItsPermitBackWhenThatIsLong) {
  serve([](const Received&) { return Reply{.status = 503, .headers = {{"Retry-After", "3600"}}}; });
  auto result = perform({http("GET", "/a"), http("GET", "/b")});
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().cls, ErrorClass::rate_limited);
  EXPECT_GT(*result.error().retry_after, std::chrono::minutes(59));
  EXPECT_EQ(server->requests().size(), 1u);
}

TEST_F(AnHttpCall, TellsTheProviderOfACancelledJob) {
  serve([](const Received&) { return Reply{}; });
  auto providers = open();
  const Json turns =
      Json::array({{{"action", {{"type", "wait"}, {"ms", 86400000}}},
                    {"operation", "op-7"},
                    {"cancel", http("PUT", "/op-7/cancel",
                                    R"({"headers": {"Authorization": "${secret:CALLER_KEY}"}})")}}});
  for (const StopReason reason : {StopReason::shutdown, StopReason::cancelled}) {
    Stop stop;
    house.step.stop = &stop;
    house.saved.clear();
    std::optional<Result<Json>> result;
    house.loop.start(providers->perform("image", play(turns), house.step),
                     [&](Result<Json> made) { result.emplace(std::move(made)); });
    while (house.saved.empty()) house.loop.context.run_one();
    stop.ask(reason);
    while (!result) house.loop.context.run_one();
    house.step.memory = nullptr;
    EXPECT_EQ(server->connections(), reason == StopReason::shutdown ? 0 : 1)
        << "after a shutdown it goes on elsewhere";
  }
  ASSERT_EQ(server->requests().size(), 1u);
  EXPECT_EQ(server->requests().at(0).method, "PUT");
  EXPECT_EQ(server->requests().at(0).target, "/op-7/cancel");
  EXPECT_EQ(server->requests().at(0).header("authorization"), key);
}

}  // namespace
}  // namespace reelspool
