#include "plugins/local/words/alignment.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "plugins/local/words/text.hpp"

namespace reelspool::words {
namespace {

constexpr int rate = 20000;  // a sample is 50 us, a window of the alignment 100 samples

/// Sound where it is given (in seconds), silence between.
std::vector<std::int16_t> sound(double seconds, std::vector<std::pair<double, double>> heard) {
  std::vector<std::int16_t> samples(static_cast<std::size_t>(seconds * rate), 0);
  for (const auto& [from, to] : heard) {
    for (auto i = static_cast<std::size_t>(from * rate); i < static_cast<std::size_t>(to * rate); ++i)
      samples[i] = static_cast<std::int16_t>(8000 * std::sin(static_cast<double>(i) * 0.3));
  }
  return samples;
}

std::size_t at(double seconds) {
  return static_cast<std::size_t>(std::lround(seconds * rate));
}

std::string written(const std::vector<TimedWord>& words) {
  std::string text;
  for (const TimedWord& word : words) {
    char line[96];
    std::snprintf(line, sizeof line, "%s %.2f-%.2f|", word.text.c_str(),
                  static_cast<double>(word.begin) / rate, static_cast<double>(word.end) / rate);
    text += line;
  }
  return text;
}

TEST(Alignment, AWordEndsWithItsSoundAndNotWithThePauseAfterIt) {
  const auto samples = sound(2, {{0, 0.4}, {0.9, 1.5}});
  const std::vector<Mark> marks{{0, 0}, {7, at(0.8)}};
  EXPECT_EQ(written(align("Hello, you.", marks, samples, rate)), "Hello, 0.00-0.40|you. 0.90-1.50|");
}

TEST(Alignment, AShortGapBelongsToTheWordBeforeIt) {
  const auto samples = sound(1, {{0, 0.40}, {0.44, 0.8}});
  const std::vector<Mark> marks{{0, 0}, {4, at(0.40)}};
  EXPECT_EQ(written(align("one two", marks, samples, rate)), "one 0.00-0.44|two 0.44-0.80|");
}

TEST(Alignment, EventsWithinAWordAreOneWord) {
  const auto samples = sound(1, {{0, 1}});
  const std::vector<Mark> marks{{0, 0}, {3, at(0.2)}, {3, at(0.4)}, {4, at(0.5)}, {9, at(0.8)}};
  EXPECT_EQ(written(align("At 12:30 sharp", marks, samples, rate)),
            "At 0.00-0.20|12:30 0.20-0.80|sharp 0.80-1.00|");
}

TEST(Alignment, WordsThatShareAnEventShareItsSoundByTheirLetters) {
  const auto samples = sound(1, {{0, 1}});
  const std::vector<Mark> marks{{0, 0}, {10, at(0.5)}};
  EXPECT_EQ(written(align("out of it again", marks, samples, rate)),
            "out 0.00-0.21|of 0.21-0.36|it 0.36-0.50|again 0.50-1.00|");
}

TEST(Alignment, WhatIsNotSpokenIsNoWord) {
  const auto samples = sound(1, {{0, 1}});
  const std::vector<Mark> marks{{0, 0}, {4, at(0.5)}};
  EXPECT_EQ(written(align("a — b 😀", marks, samples, rate)), "a 0.00-0.50|b 0.50-1.00|");
}

TEST(Alignment, AnEventThatPointsBackOrBeyondNeverBreaksTheOrder) {
  const auto samples = sound(1, {{0, 1}});
  const std::vector<Mark> marks{{4, 0}, {0, at(0.3)}, {999, at(0.6)}, {2, at(0.9)}};
  const auto words = align("one two six", marks, samples, rate);
  for (std::size_t i = 0; i < words.size(); ++i) {
    EXPECT_LT(words[i].begin, words[i].end);
    const std::size_t before = i > 0 ? words[i - 1].end : 0;
    EXPECT_GE(words[i].begin, before);
  }
  EXPECT_EQ(words.size(), 3U);
}

TEST(Alignment, SilenceAndEmptyTextsGiveNoWords) {
  const std::vector<Mark> marks{{0, 0}};
  EXPECT_TRUE(align("hello", marks, sound(1, {}), rate).empty());
  EXPECT_TRUE(align("", marks, sound(1, {{0, 1}}), rate).empty());
  EXPECT_TRUE(align("hello", {}, sound(1, {{0, 1}}), rate).empty());
}

TEST(Text, WordsStandAsInTheTextAndNoBreakSpacesHoldThemTogether) {
  const auto words = split_words("¿Qué?\t\"a b\"\n100\u00a0%  —");
  ASSERT_EQ(words.size(), 5U);
  EXPECT_EQ(words[0].text, "¿Qué?");
  EXPECT_EQ(words[0].letters, 3);
  EXPECT_EQ(words[3].text, "100\u00a0%");
  EXPECT_EQ(words[4].letters, 0);
}

TEST(Text, TheSynthesiserGetsNoEmojiAndPositionsStillPointIntoTheText) {
  const Speakable speakable = make_speakable(
      "é😀\u00adb\xff"
      "c");
  EXPECT_EQ(speakable.utf8, "é bc");
  EXPECT_EQ(speakable.origin, (std::vector<std::size_t>{0, 1, 3, 5}));
}

}  // namespace
}  // namespace reelspool::words
