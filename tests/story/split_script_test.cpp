#include "worker/story/split_script.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "worker/story/unicode.hpp"

namespace reelspool {
namespace {

using ::testing::ElementsAre;
using ::testing::Le;
using ::testing::SizeIs;

/// Every sentence a scene of its own, so that a test sees where sentences end.
std::vector<std::string> sentences(std::string_view script) {
  return split_script(script, {.least = 0, .most = 1000});
}

std::string words_of(const std::vector<std::string>& scenes) {
  std::string words;
  for (const std::string& scene : scenes)
    for (const char c : scene)
      if (c != ' ') words += c;
  return words;
}

TEST(SplitScript, EndsSentencesAtTheirMarks) {
  EXPECT_THAT(sentences("One. Two! Three? Four… Five"),
              ElementsAre("One.", "Two!", "Three?", "Four…", "Five"));
  EXPECT_THAT(sentences("\"Stop!\" she said. (He did.) Good."),
              ElementsAre("\"Stop!\"", "she said.", "(He did.)", "Good."));
  EXPECT_THAT(sentences("¿Quién? ¡Yo! Ya está."), ElementsAre("¿Quién?", "¡Yo!", "Ya está."));
  EXPECT_THAT(sentences("你好。今天天气很好！走吧？好"),
              ElementsAre("你好。", "今天天气很好！", "走吧？", "好"));
  EXPECT_THAT(sentences("كيف حالك؟ بخير."), ElementsAre("كيف حالك؟", "بخير."));
}

TEST(SplitScript, IsNotFooledByDotsThatEndNothing) {
  for (const char* text :
       {"Dr. Ruiz paid 3.5 dollars to Mrs. J. K. Lee at example.com today.",
        "La Sra. López vive en EE. UU. con el Dr. Gil.", "Bring water, e.g. two bottles, i.e. a lot.",
        "He waited... and waited… and left.", "Meet at 5 p.m. on the corner.", "Version 2.0.1 is out.",
        "It is No. 5 on the list."})
    EXPECT_THAT(sentences(text), ElementsAre(text));
}

TEST(SplitScript, EndsASentenceAtAnAbbreviationThatANewOneFollows) {
  EXPECT_THAT(sentences("We open at 9 a.m. Come early."), ElementsAre("We open at 9 a.m.", "Come early."));
  EXPECT_THAT(sentences("Say no. Then go."), ElementsAre("Say no.", "Then go."));
  EXPECT_THAT(sentences("Wait... Now!"), ElementsAre("Wait...", "Now!"));
}

TEST(SplitScript, JoinsShortSentencesAndKeepsLongOnesAlone) {
  const auto scenes = split_script(
      "Stop. Look up. The sky above the city is full of light tonight, and nobody sees it. "
      "We built a lamp that only shines down, so that the stars come back to where you live.");
  EXPECT_THAT(
      scenes,
      ElementsAre("Stop. Look up. The sky above the city is full of light tonight, and nobody sees it.",
                  "We built a lamp that only shines down, so that the stars come back to where you live."));
}

TEST(SplitScript, NeverRunsASceneAcrossAPause) {
  const std::string first = "This is the first thought of the day.",
                    second = "And this is another one, after a pause.";
  for (const char* pause : {"\n\n", "\n---\n", " [pause] ", "\r\n\r\n"})
    EXPECT_THAT(split_script(first + pause + second), ElementsAre(first, second)) << pause;
  EXPECT_THAT(split_script("- This is the first thought of the day\n- And this is another one, after it"),
              SizeIs(2));
  EXPECT_THAT(split_script("This line goes on\nin the next one of the file."),
              ElementsAre("This line goes on in the next one of the file."));
}

TEST(SplitScript, JoinsAPartTooTinyToStandAlone) {
  EXPECT_THAT(split_script("Listen.\n\nThis is what the sea sounds like at night."),
              ElementsAre("Listen. This is what the sea sounds like at night."));
}

TEST(SplitScript, SplitsLongSentencesAtCommasIntoEvenParts) {
  const auto scenes = split_script(
      "When the rain finally stopped, after nine long days in which nobody had left the house, "
      "the children ran down to the river, which had become so wide that the other side was only a line of "
      "trees, "
      "and stood there without a word.");
  ASSERT_GE(scenes.size(), 2u);
  for (std::size_t i = 0; i + 1 < scenes.size(); ++i) EXPECT_EQ(scenes[i].back(), ',') << scenes[i];
  for (const std::string& scene : scenes) EXPECT_GE(columns(scene), 40u) << scene;
}

TEST(SplitScript, KeepsEverySceneWithinTheMostAndLosesNoWord) {
  const char* scripts[] = {
      "A sentence without any comma that goes on and on and on because somebody forgot how to end it and so "
      "it just keeps "
      "running along the line until there is no more line to run along and then it starts again from the "
      "beginning of it all",
      "中文没有空格所以一个很长的句子必须在任意两个字之间分开而不是在空格处因为那里根本没有空格可以用来分开句"
      "子而这个句子还在继续一直继续下去"
      "直到它比一百六十列还要长得多为止然后再多写一些字让它一定会被分成好几个部分",
      "Eins zwei drei, vier fünf sechs; sieben acht neun: zehn elf zwölf. Dreizehn!",
  };
  for (const char* script : scripts) {
    const auto scenes = split_script(script);
    EXPECT_EQ(words_of(scenes), words_of({script}));
    for (const std::string& scene : scenes) EXPECT_LE(columns(scene), 160u) << scene;
  }
  const std::string endless(5000, 'x');
  const auto scenes = split_script(endless);
  EXPECT_EQ(words_of(scenes), endless);
  for (const std::string& scene : scenes) EXPECT_THAT(columns(scene), Le(160u));
}

TEST(SplitScript, MakesNothingOfNothing) {
  EXPECT_THAT(split_script(""), SizeIs(0));
  EXPECT_THAT(split_script(" \n\n--- \n"), SizeIs(0));
}

TEST(SplitScript, TakesALongScript) {
  std::string script;
  for (int i = 0; i < 10'000; ++i)
    script += "This is sentence number " + std::to_string(i) + " of a very long text. ";
  const auto scenes = split_script(script);
  EXPECT_GE(scenes.size(), 5'000u);
  EXPECT_EQ(words_of(scenes), words_of({script}));
}

}  // namespace
}  // namespace reelspool
