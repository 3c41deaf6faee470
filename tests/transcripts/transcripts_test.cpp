#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <string>
#include <vector>

#include "plugins/sdk/transcript.hpp"
#include "tests/transcripts/loaded.hpp"

/// Every JSON file in a folder here is a conversation with the plugin of the folder's name: requests and answers as the
/// provider's documentation has them. Each is played; cut at every event and resumed; and played with answers that are
/// no answers.
namespace reelspool::sdk {
namespace {

std::string read(const std::filesystem::path& file) {
  std::ifstream in(file);
  return {std::istreambuf_iterator<char>(in), {}};
}

std::vector<std::filesystem::path> transcripts() {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(TRANSCRIPTS))
    if (entry.path().extension() == ".json") files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  return files;
}

bool is_http(const Json& action) {
  return action.value("type", "") == "http";
}

/// Why an answer is none that the worker could carry out; empty when it is one.
std::string objection(const Answer& answer) {
  const Json& action = answer.action.json;
  const std::string type = action.value("type", "");
  if (to_text(answer.state).size() > REELSPOOL_STATE_LIMIT) return "the state is over 64 KiB";
  if (type == "fail") {
    static const std::set<std::string> classes = {
        "transient", "rate_limited",    "timeout", "content_policy", "invalid_request",
        "auth",      "provider_failed", "media",   "unavailable",    "quota"};
    if (!classes.contains(action.value("class", "")))
      return "fails with a class that is none: " + to_text(action);
    const std::string message = action.value("message", "");
    if (message.size() < 10 || message.size() > 500) return "fails without a clear line: " + to_text(action);
    return "";
  }
  if (is_http(action) && !action.value("url", "").starts_with("http"))
    return "asks for no URL: " + to_text(action);
  return type == "http" || type == "presign" || type == "exec" || type == "wait" || type == "done"
             ? ""
             : "no action: " + to_text(action);
}

/// Answers that are none, made of a good one.
std::vector<Json> spoiled(const Json& good) {
  std::vector<Json> bad;
  for (const int status : {200, 404, 422, 500, 302})
    for (const Json& body : {Json(nullptr), Json(""), Json("<html><body>Bad gateway</body></html>"),
                             Json::array(), Json::object(), Json(42), Json::array({Json::array()})})
      bad.push_back({{"type", "http"}, {"status", status}, {"headers", Json::object()}, {"body", body}});
  for (const char* member : {"status", "headers", "body"}) {
    Json event = good;
    event.erase(member);
    bad.push_back(event);
    for (const Json& wrong : {Json(nullptr), Json("word"), Json(-1), Json::array({1}), Json({{"a", 1}})}) {
      event[member] = wrong;
      bad.push_back(event);
    }
  }
  // Each member of the body at any depth: away, and of every other type.
  if (!good.contains("body") || !good["body"].is_structured()) return bad;
  const Json members = good["body"].flatten();
  for (const auto& [pointer, value] : members.items()) {
    for (Json::json_pointer place("/body" + pointer); place != Json::json_pointer("/body");
         place = place.parent_pointer()) {
      Json event = good;
      for (const Json& wrong : {Json(nullptr), Json("word"), Json(1e300), Json::array()}) {
        event[place] = wrong;
        bad.push_back(event);
      }
    }
  }
  return bad;
}

class EveryTranscript : public ::testing::TestWithParam<std::filesystem::path> {
 protected:
  EveryTranscript()
      : plugin_(std::string(SHIPPED_PLUGINS) + "/" + GetParam().parent_path().filename().string() + ".so"),
        transcript_(Transcript::read(read(GetParam()))) {}

  Answer ask(const Json& state, const Json& event) {
    return plugin_.next(read_input(to_text(transcript_.input(state, event))));
  }

  Loaded plugin_;
  Transcript transcript_;
};

TEST_P(EveryTranscript, IsAnsweredAsWrittenDown) {
  EXPECT_EQ(play(plugin_, transcript_), "");
}

TEST_P(EveryTranscript, GoesOnOrEndsWhenItIsCutAtAnyEvent) {
  EXPECT_EQ(play_cut(plugin_, transcript_), "");
}

TEST_P(EveryTranscript, NeverThrowsAtAnEmptyEvent) {
  EXPECT_EQ(play_malformed(plugin_, transcript_), "");
}

TEST_P(EveryTranscript, SendsTheSameAgainWhenNothingWasSent) {
  Json state = nullptr;
  for (const auto& turn : transcript_.turns) {
    const Answer answer = ask(state, turn.event);
    if (is_http(turn.action) && turn.action.value("costs", false)) {
      EXPECT_EQ(ask(answer.state, {{"type", "unsent"}}).action.json, turn.action);
    }
    state = answer.state;
  }
}

TEST_P(EveryTranscript, PaysForNothingTwiceWhenNoAnswerCame) {
  Json state = nullptr;
  for (const auto& turn : transcript_.turns) {
    const Answer answer = ask(state, turn.event);
    if (is_http(turn.action) && turn.action.value("costs", false)) {
      const Json then = ask(answer.state, {{"type", "interrupted"}}).action.json;
      EXPECT_EQ(then.value("code", ""), "unknown_submit") << to_text(then);
    }
    state = answer.state;
  }
}

TEST_P(EveryTranscript, SaysWhatIsWrongWithAnAnswerThatIsNone) {
  Json state = nullptr, before = nullptr;
  for (const auto& turn : transcript_.turns) {
    if (turn.event["type"] == "http") {
      for (const Json& event : spoiled(turn.event)) {
        SCOPED_TRACE("answered with " + to_text(event).substr(0, 300));
        ASSERT_NO_THROW({
          const Answer answer = ask(state, event);
          EXPECT_EQ(objection(answer), "");
          const bool hopeless = !event.contains("body") || event["body"].empty() ||
                                event["body"].type() != turn.event.value("body", Json()).type();
          // What was saved is looked at by the worker; an upload is answered with nothing, and so is HEAD. All else must end in words.
          if (hopeless && event.value("status", Json()) == 200 && !before.contains("save") &&
              !before.contains("file") && before.value("method", "") != "HEAD") {
            EXPECT_EQ(answer.action.json["type"], "fail") << to_text(answer.action.json);
          }
        });
      }
    }
    state = ask(state, turn.event).state;
    before = turn.action;
  }
}

std::string name_of(const ::testing::TestParamInfo<std::filesystem::path>& info) {
  std::string name = info.param.parent_path().filename().string() + "_" + info.param.stem().string();
  for (char& c : name)
    if (std::isalnum(static_cast<unsigned char>(c)) == 0) c = '_';
  return name;
}
INSTANTIATE_TEST_SUITE_P(Of, EveryTranscript, ::testing::ValuesIn(transcripts()), name_of);

}  // namespace
}  // namespace reelspool::sdk
