#include <gtest/gtest.h>

#include "plugins/sdk/transcript.hpp"

namespace reelspool::sdk {
namespace {

TEST(TheSdk, BuildsTheActionsOfTheMessages) {
  EXPECT_EQ(
      to_text(exec("card")
                  .option("width", 1080)
                  .input("in", "a.png")
                  .output("out", "b.png")
                  .file("card.ass", "x")
                  .json),
      R"({"type":"exec","script":"card","options":[["width",1080],["in",{"input":"a.png"}],["out",{"output":"b.png"}]],"files":{"card.ass":"x"}})");
  EXPECT_EQ(to_text(wait(5000).json), R"({"type":"wait","ms":5000})");
  EXPECT_EQ(to_text(done({{"image", {{"file", "b.png"}}}}, 0.5).json),
            R"({"type":"done","outputs":{"image":{"file":"b.png"}},"cost":0.5})");
  EXPECT_EQ(to_text(fail(Failure::content_policy, "no", "NSFW").json),
            R"({"type":"fail","class":"content_policy","message":"no","code":"NSFW"})");
  EXPECT_EQ(to_text(fail(Failure::rate_limited, "later", {}, 1500).json),
            R"({"type":"fail","class":"rate_limited","message":"later","retryAfterMs":1500})");
  EXPECT_EQ(to_text(http("POST", "https://x.example/", {{"costs", true}}).json),
            R"({"type":"http","method":"POST","url":"https://x.example/","costs":true})");
}

TEST(TheSdk, ReplacesHalfACharacterInsteadOfThrowing) {
  EXPECT_EQ(to_text("caf\xC3"), "\"caf\xEF\xBF\xBD\"");
}

/// A provider of the usual shape in four functions.
class Remote : public SubmitPollFetch {
 public:
  Json manifest() const override { return {{"name", "remote"}}; }
  Action submit(const Input& input) override {
    return http("POST", "https://r.example/tasks",
                {{"json", {{"prompt", input.request["prompt"]}}}, {"costs", true}});
  }
  Accepted accepted(const Input& input) override {
    if (input.event.data.value("status", 0) != 201)
      return {.operation = "", .failure = fail(Failure::provider_failed, "refused")};
    return {.operation = input.event.output().value("id", "")};
  }
  Action poll(const Input&, const std::string& operation) override {
    return http("GET", "https://r.example/tasks/" + operation);
  }
  Judged judged(const Input& input) override {
    const Json body = input.event.output();
    const std::string status = body.is_object() ? body.value("status", "") : "";
    if (status == "failed") return {.failure = fail(Failure::provider_failed, "it could not")};
    if (status != "done") return {.wait_ms = 2000, .progress = 0.5};
    return {.fetch = http("GET", "https://r.example/f.png", {{"save", "f.png"}}),
            .outputs = {{"image", {{"file", "f.png"}}}},
            .cost = 0.04};
  }
};

/// One that takes idempotency keys, or can look a task up.
class Careful : public Remote {
 public:
  bool looks_up = false;
  Action submit(const Input& input) override {
    return http("POST", "https://r.example/tasks",
                {{"headers", {{"Idempotency-Key", key(input)}}}, {"costs", true}});
  }
  Action lost(const Input& input) override {
    return looks_up ? http("GET", "https://r.example/tasks?key=" + key(input)) : submit(input);
  }
  Accepted accepted(const Input& input) override {
    if (was_lost(input) && input.event.data.value("status", 0) == 404) return {.again = note(input)};
    return Remote::accepted(input);
  }
};

Input told(const Json& state, const Json& event, std::uint64_t random) {
  Input input;
  input.kind = "image";
  input.request = {{"prompt", "a pier"}};
  input.state = state.is_null() ? Json::object() : state;
  input.event = {event.value("type", ""), event};
  input.random = random;
  return input;
}

TEST(SubmitPollFetch, SendsOneSubmitWithOneKeyHoweverOftenItIsLost) {
  Careful provider;
  const Answer first = provider.next(told(nullptr, {{"type", "start"}}, 1));
  EXPECT_EQ(first.action.json["headers"]["Idempotency-Key"], "1");
  const Answer second = provider.next(told(first.state, {{"type", "interrupted"}}, 2));
  EXPECT_EQ(second.action.json, first.action.json);
  const Answer third = provider.next(told(second.state, {{"type", "unsent"}}, 3));
  EXPECT_EQ(third.action.json, first.action.json);
  const Answer accepted =
      provider.next(told(third.state, {{"type", "http"}, {"status", 201}, {"body", {{"id", "t1"}}}}, 4));
  EXPECT_EQ(accepted.operation, "t1");
}

TEST(SubmitPollFetch, LooksUpWhatWasLostAndSubmitsAnewOnlyWhatIsNotThere) {
  Careful provider;
  provider.looks_up = true;
  const Answer sent = provider.next(told(nullptr, {{"type", "start"}}, 1));
  const Answer looks = provider.next(told(sent.state, {{"type", "interrupted"}}, 2));
  EXPECT_EQ(looks.action.json["url"], "https://r.example/tasks?key=1");
  const Json there = {{"type", "http"}, {"status", 201}, {"body", {{"id", "t1"}}}};
  EXPECT_EQ(provider.next(told(looks.state, there, 3)).operation, "t1");
  const Answer anew = provider.next(told(looks.state, {{"type", "http"}, {"status", 404}}, 4));
  EXPECT_EQ(anew.action.json["headers"]["Idempotency-Key"], "4");
}

const char* const conversation = R"({"kind": "image", "request": {"prompt": "a pier"}, "turns": [
  {"event": {"type": "start"},
   "action": {"type": "http", "method": "POST", "url": "https://r.example/tasks", "json": {"prompt": "a pier"}, "costs": true}},
  {"event": {"type": "http", "status": 201, "body": {"id": "t1"}}, "action": {"type": "http", "method": "GET", "url": "https://r.example/tasks/t1"}},
  {"event": {"type": "http", "status": 200, "body": {"status": "running"}}, "action": {"type": "wait", "ms": 2000}},
  {"event": {"type": "waited"}, "action": {"type": "http", "method": "GET", "url": "https://r.example/tasks/t1"}},
  {"event": {"type": "http", "status": 200, "body": {"status": "done"}},
   "action": {"type": "http", "method": "GET", "url": "https://r.example/f.png", "save": "f.png"}},
  {"event": {"type": "http", "status": 200}, "action": {"type": "done", "outputs": {"image": {"file": "f.png"}}, "cost": 0.04}}]})";

TEST(ARemoteProvider, SubmitsPollsAndFetches) {
  Remote remote;
  EXPECT_EQ(play(remote, Transcript::read(conversation)), "");
}

TEST(ARemoteProvider, GoesOnWhereItWasCutAndNeverThrows) {
  Remote remote;
  EXPECT_EQ(play_cut(remote, Transcript::read(conversation)), "");
  EXPECT_EQ(play_malformed(remote, Transcript::read(conversation)), "");
}

TEST(ARemoteProvider, WhoseSubmitMayHaveBeenChargedDoesNotSubmitAgain) {
  Remote remote;
  const Transcript transcript = Transcript::read(conversation);
  const Json submitted =
      remote.next(read_input(to_text(transcript.input(nullptr, {{"type", "start"}})))).state;
  const Answer answer =
      remote.next(read_input(to_text(transcript.input(submitted, {{"type", "interrupted"}}))));
  EXPECT_EQ(answer.action.json["type"], "fail");
  EXPECT_EQ(answer.action.json["code"], "unknown_submit");
}

TEST(ATranscript, SaysWhichTurnWasDifferent) {
  Remote remote;
  Transcript transcript = Transcript::read(conversation);
  transcript.turns[2].action = wait(1).json;
  EXPECT_EQ(play(remote, transcript),
            R"(turn 3 (http): expected {"type":"wait","ms":1}, got {"type":"wait","ms":2000})");
}

}  // namespace
}  // namespace reelspool::sdk
