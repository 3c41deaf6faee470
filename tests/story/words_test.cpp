#include "worker/story/words.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <random>

namespace reelspool {
namespace {

void expect_sound(const std::vector<TimedWord>& words, double seconds) {
  double before = 0;
  for (const TimedWord& word : words) {
    EXPECT_GE(word.start_s, before) << word.text;
    EXPECT_GT(word.end_s, word.start_s) << word.text;
    EXPECT_LE(word.end_s, seconds + 1e-9) << word.text;
    before = word.end_s;
  }
}

TEST(Words, SpreadOverTheTimeByTheirLetters) {
  const auto words = spread_words("I understand you", 3);
  ASSERT_EQ(words.size(), 3u);
  EXPECT_EQ(words[1].text, "understand");
  EXPECT_DOUBLE_EQ(words[0].start_s, 0);
  EXPECT_DOUBLE_EQ(words[2].end_s, 3);
  EXPECT_GT(words[1].end_s - words[1].start_s, words[0].end_s - words[0].start_s);
  expect_sound(words, 3);
}

TEST(Words, ThatAreSoundStayAsTheyAre) {
  const std::vector<TimedWord> given = {{"one", 0.1, 0.4}, {"two", 0.4, 0.9}, {"three", 1.5, 1.9}};
  const auto words = sound_times(given, 2);
  ASSERT_EQ(words.size(), 3u);
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_DOUBLE_EQ(words[i].start_s, given[i].start_s);
    EXPECT_DOUBLE_EQ(words[i].end_s, given[i].end_s);
  }
}

TEST(Words, ThatOverlapRunBackwardsOrLastNoTimeAreMended) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const auto words = sound_times(
      {{"a", 0.5, 1.2}, {"b", 1.0, 1.0}, {"c", 0.2, 0.1}, {"d", 9, 12}, {"e", nan, nan}, {" ", 1, 2}}, 3);
  ASSERT_EQ(words.size(), 5u);
  expect_sound(words, 3);
}

TEST(Words, AreSoundWhateverAProviderSays) {
  std::mt19937 random(7);
  std::uniform_real_distribution<double> time(-5, 15);
  for (int round = 0; round < 500; ++round) {
    std::vector<TimedWord> words;
    for (int i = 0; i < round % 40; ++i)
      words.push_back({"w" + std::to_string(i), time(random), time(random)});
    const auto sound = sound_times(words, 10);
    ASSERT_EQ(sound.size(), words.size());
    expect_sound(sound, 10);
  }
}

}  // namespace
}  // namespace reelspool
