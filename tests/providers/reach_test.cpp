#include "worker/providers/reach.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace reelspool {
namespace {

using ::testing::HasSubstr;

const Reach& reach() {
  static const Reach made = *Reach::of(
      {"queue.fal.run", "*.fal.media", "${setting:BASE}", "${setting:UNSET}"},
      [](const std::string& name) {
        return name == "BASE" ? std::string("http://localhost:11434/v1") : std::string();
      },
      "Localhost:11434, queue.fal.run");
  return made;
}

std::string refusal(const char* url) {
  auto reached = reach().check(*Url::parse(url));
  return reached ? "" : reached.error().message;
}

TEST(AReach, IsTheHostsOfTheManifest) {
  for (const char* url : {"https://queue.fal.run/x", "https://QUEUE.fal.run:443/x", "https://v3.fal.media/x",
                          "https://a.b.fal.media/x", "http://localhost:11434/v1/chat"})
    EXPECT_EQ(refusal(url), "") << url;
}

TEST(AReach, EndsThere) {
  for (const char* url :
       {"https://fal.run/x", "https://xqueue.fal.run/x", "https://queue.fal.run.evil.example/x",
        "https://fal.media/x", "https://evilfal.media/x", "http://queue.fal.run/x",
        "https://queue.fal.run:8443/x", "https://localhost:11434/v1", "http://localhost:11435/v1",
        "http://127.0.0.1:11434/v1", "https://queue.fal.run./x"})
    EXPECT_THAT(
        refusal(url),
        HasSubstr(
            "is not among the hosts of its manifest (queue.fal.run, *.fal.media, http://localhost:11434"))
        << url;
}

TEST(AReach, IsPrivateOnlyWhereTheOperatorSaysSo) {
  EXPECT_TRUE(*reach().check(*Url::parse("http://localhost:11434/")));
  EXPECT_TRUE(*reach().check(*Url::parse("https://queue.fal.run/")));
  EXPECT_FALSE(*reach().check(*Url::parse("https://v3.fal.media/")));
}

TEST(AReach, NamesTheSettingThatIsNoUrl) {
  const auto wrong = Reach::of(
      {"${setting:BASE}"}, [](const std::string&) { return std::string("localhost"); }, "");
  ASSERT_FALSE(wrong);
  EXPECT_THAT(wrong.error().message, HasSubstr("BASE: URL \"localhost\""));
}

TEST(AHostEntry, IsOneOfThree) {
  for (const char* good : {"queue.fal.run", "*.fal.media", "${setting:BASE}"})
    EXPECT_EQ(check_host_entry(good, {"BASE"}), "");
  for (const char* bad :
       {"", "*", "*.", "localhost", "127.0.0.1", "https://fal.run", "fal.run/x", "FAL.run", "*.*.fal.run",
        "fal.run.", ".fal.run", "${setting:OTHER}", "${secret:BASE}", "a b.example"})
    EXPECT_NE(check_host_entry(bad, {"BASE"}), "") << bad;
}

}  // namespace
}  // namespace reelspool
