#include "worker/providers/conformance.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "tests/plugins/loop.hpp"

namespace reelspool {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using Outcome = Conformance::Outcome;

class TheConformanceSuite : public ::testing::Test {
 protected:
  TheConformanceSuite() {
    std::string name = (fs::temp_directory_path() / "reelspool-conformance-XXXXXX").string();
    folder = mkdtemp(name.data());
  }
  ~TheConformanceSuite() override { fs::remove_all(folder); }

  std::vector<Conformance> check(const char* plugin) {
    return check_conformance(
        {.host = testing::host_of(plugin), .transcripts = folder, .settings = Json::object()});
  }

  static std::string failed_in(const std::vector<Conformance>& findings) {
    std::string all;
    for (const auto& finding : findings)
      if (finding.outcome == Outcome::failed) all += finding.check + ": " + finding.message + "\n";
    return all;
  }

  /// Asserts that just this check fails, and with this message; and that it says what to do.
  void expect_failure(const char* plugin, const std::string& check_name, const char* message) {
    SCOPED_TRACE(plugin);
    const auto findings = check(plugin);
    int failures = 0;
    for (const auto& finding : findings) {
      if (finding.outcome != Outcome::failed) continue;
      ++failures;
      EXPECT_THAT(finding.check, HasSubstr(check_name));
      EXPECT_THAT(finding.message, HasSubstr(message));
      EXPECT_NE(finding.advice, "");
    }
    EXPECT_EQ(failures, 1) << failed_in(findings);
  }

  fs::path folder;
};

TEST_F(TheConformanceSuite, HasNothingToSayAgainstAGoodPlugin) {
  const auto findings = check("flawless");
  EXPECT_EQ(failed_in(findings), "");
  EXPECT_GE(findings.size(), 10u);
}

TEST_F(TheConformanceSuite, FindsEachFlaw) {
  expect_failure("fickle", "its manifest is good", "described itself otherwise");
  expect_failure("counts", "same answer to the same input",
                 "asked again {\"state\":null,\"action\":{\"type\":\"wait\",\"ms\":");
  expect_failure("obliging", "a kind that it does not make", "asked for a \"tapestry\"");
}

// A crash costs two processes, so these are slower.
TEST_F(TheConformanceSuite, FindsWhatAPluginDiesOf) {
  expect_failure("html", "survives events", "502 Bad Gateway");
  expect_failure("hungry", "survives requests", "crashed twice on the same request");
}

TEST_F(TheConformanceSuite, FindsAnswersThatTheWorkerWouldRefuse) {
  for (const auto& [plugin, message] :
       {std::pair{"greedy", "the script \"finish\", which its manifest does not list"},
        std::pair{"hoards", "a state of 66562 bytes; at most 65536 are kept"}}) {
    const auto findings = check(plugin);
    EXPECT_THAT(failed_in(findings), HasSubstr(message));
  }
}

TEST_F(TheConformanceSuite, FindsAPluginThatCannotGoOn) {
  EXPECT_THAT(failed_in(check("mortal")), HasSubstr("after an interruption at each turn"));
}

TEST_F(TheConformanceSuite, SaysOfALibraryThatIsNoPluginWhatItIs) {
  EXPECT_THAT(failed_in(check("nothing")), HasSubstr("it exports nothing\n"));
  EXPECT_THAT(failed_in(check("nothing")), HasSubstr("no symbol reelspool_provider"));
  EXPECT_THAT(failed_in(check("future")), HasSubstr("plugin ABI 99"));
  EXPECT_THAT(failed_in(check("missing")), HasSubstr("missing.so"));
}

TEST_F(TheConformanceSuite, FindsASymbolTooMany) {
  EXPECT_THAT(failed_in(check("chatty")), HasSubstr("it exports chatty_helper, reelspool_provider\n"));
}

TEST_F(TheConformanceSuite, ReplaysTheTranscriptsBesideAPlugin) {
  const char* conversation = R"({"kind": "image", "request": {"width": 320}, "turns": [
    {"event": {"type": "start"}, "action": {"type": "exec", "script": "card", "options": [["width", WIDTH], ["out", {"output": "image.png"}]]}},
    {"event": {"type": "exec", "exit": 0}, "action": {"type": "done", "outputs": {"image": {"file": "image.png"}}, "cost": 0}}]})";
  std::string text = conversation;
  text.replace(text.find("WIDTH"), 5, "320");
  std::ofstream(folder / "a-good.json") << text;
  EXPECT_EQ(failed_in(check("flawless")), "");
  text.replace(text.rfind("320"), 3, "321");
  std::ofstream(folder / "b-other.json") << text;
  std::ofstream(folder / "c-broken.json") << "{";
  const std::string failed = failed_in(check("flawless"));
  EXPECT_THAT(failed, HasSubstr("transcript b-other.json: answers as written: turn 1 (start): expected"));
  EXPECT_THAT(failed, HasSubstr("transcript c-broken.json: it is no transcript"));
  EXPECT_EQ(failed.find("a-good"), std::string::npos) << failed;
}

}  // namespace
}  // namespace reelspool
