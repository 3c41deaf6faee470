#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "worker/providers/action.hpp"

namespace reelspool {
namespace {

using ::testing::HasSubstr;

TEST(AnAnswer, IsReadWhole) {
  auto answer = read_answer(
      R"({"state": {"at": "x"}, "progress": 0.5, "operation": "op-1", "action": {"type": "exec", "script": "card",
      "options": [["width", 1080], ["zoom", 1.5], ["name", "x"], ["in", {"input": "a"}], ["out", {"output": "b"}]], "files": {"t.ass": "text"}}})");
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(answer->state["at"], "x");
  EXPECT_EQ(answer->progress, 0.5);
  EXPECT_EQ(answer->operation, "op-1");
  const auto& exec = std::get<ExecAction>(answer->action);
  EXPECT_EQ(exec.script, "card");
  ASSERT_EQ(exec.options.size(), 5u);
  EXPECT_EQ(std::get<std::int64_t>(exec.options[0].second), 1080);
  EXPECT_EQ(std::get<double>(exec.options[1].second), 1.5);
  EXPECT_EQ(std::get<ScriptCall::Input>(exec.options[3].second).path, "a");
  EXPECT_EQ(std::get<ScriptCall::Output>(exec.options[4].second).path, "b");
  EXPECT_EQ(exec.files.at("t.ass"), "text");
}

TEST(AnAnswer, ThatFailsCarriesItsClassAndWhenToComeBack) {
  auto answer = read_answer(
      R"({"action": {"type": "fail", "class": "rate_limited", "message": "slow down", "code": "429", "retryAfterMs": 1500}})");
  ASSERT_TRUE(answer);
  const Error& error = std::get<FailAction>(answer->action).error;
  EXPECT_EQ(error.cls, ErrorClass::rate_limited);
  EXPECT_EQ(error.message, "slow down");
  EXPECT_EQ(error.code, "429");
  EXPECT_EQ(error.retry_after, std::chrono::milliseconds(1500));
}

TEST(AnAnswer, ThatIsRubbishIsRefusedByTheReason) {
  const std::string deep(100, '[');
  const std::pair<std::string, const char*> rubbish[] = {
      {"", "no JSON"},
      {"nonsense", "no JSON"},
      {"\"text\"", "no object with an \"action\""},
      {"{}", "no object with an \"action\""},
      {R"({"action": 5})", "no object with an \"action\""},
      {R"({"action": {}})", "without a text \"type\""},
      {R"({"action": {"type": "dance"}})",
       "an action of type \"dance\"; there are exec, http, presign, wait, done and fail"},
      {R"({"action": {"type": "exec"}})", "without a text \"script\""},
      {R"({"action": {"type": "exec", "script": "../sh"}})", "no script's name"},
      {R"({"action": {"type": "exec", "script": "card", "options": {"a": 1}}})", "no list of [name, value]"},
      {R"({"action": {"type": "exec", "script": "card", "options": [["--out", 1]]}})",
       "no list of [name, value]"},
      {R"({"action": {"type": "exec", "script": "card", "options": [["out", ["b"]]]}})", "option \"out\""},
      {R"({"action": {"type": "exec", "script": "card", "options": [["out", {"output": 4}]]}})",
       "option \"out\""},
      {R"({"action": {"type": "exec", "script": "card", "files": {"a": 1}}})", "file \"a\""},
      {R"({"action": {"type": "wait"}})", "a wait without \"ms\""},
      {R"({"action": {"type": "wait", "ms": -1}})", "0 to a day"},
      {R"({"action": {"type": "wait", "ms": 1e300}})", "0 to a day"},
      {R"({"action": {"type": "done"}})", "without an object of outputs"},
      {R"({"action": {"type": "done", "outputs": {}, "cost": -1}})", "no amount"},
      {R"({"action": {"type": "fail", "class": "cancelled", "message": "x"}})", "cannot say"},
      {R"({"action": {"type": "fail", "class": "boredom", "message": "x"}})", "cannot say"},
      {R"({"action": {"type": "wait", "ms": 1}, "progress": 2})", "progress that is not 0 to 1"},
      {R"({"action": {"type": "wait", "ms": 1}, "operation": 2})", "an operation that is no text"},
      {R"({"action": {"type": "wait", "ms": 1}, "state": ")" + std::string(65 << 10, 'x') + "\"}",
       "a state of 66562 bytes; at most 65536 are kept"},
      // Journalled with every change of state and shown to all readers of jobs.json, so bounded as well.
      {R"({"action": {"type": "wait", "ms": 1}, "operation": ")" + std::string(1025, 'x') + "\"}",
       "an operation of 1025 bytes; at most 1024 are kept"},
      {R"({"action": {"type": "wait", "ms": 1}, "cancel": ")" + std::string(65 << 10, 'x') + "\"}",
       "a cancel of 66562 bytes; at most 65536 are kept"},
      {R"({"state": )" + deep + std::string(100, ']') + R"(, "action": {"type": "wait", "ms": 1}})",
       "no JSON"},
  };
  for (const auto& [text, reason] : rubbish) {
    auto answer = read_answer(text);
    ASSERT_FALSE(answer) << text;
    EXPECT_EQ(answer.error().cls, ErrorClass::plugin_crashed);
    EXPECT_THAT(answer.error().message, HasSubstr(reason));
  }
}

}  // namespace
}  // namespace reelspool
