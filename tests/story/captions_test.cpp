#include "worker/story/captions.hpp"

#include <gtest/gtest.h>

#include <random>

#include "worker/story/unicode.hpp"

namespace reelspool {
namespace {

const Frame vertical{1080, 1920};

std::vector<Cue> cues_of(const std::vector<TimedWord>& words) {
  return make_cues(words, caption_room(CaptionStyle{}, vertical));
}

std::string line_text(const std::vector<CaptionWord>& line) {
  std::string text;
  for (const CaptionWord& word : line) text += (text.empty() || word.glued ? "" : " ") + word.text;
  return text;
}

std::string all_text(const std::vector<Cue>& cues) {
  std::string text;
  for (const Cue& cue : cues)
    for (const auto& line : cue.lines)
      for (const CaptionWord& word : line) text += (text.empty() || word.glued ? "" : " ") + word.text;
  return text;
}

void expect_well_laid(const std::vector<Cue>& cues) {
  double before = 0;
  for (const Cue& cue : cues) {
    EXPECT_GE(cue.start_s, before);  // cues do not overlap
    before = cue.end_s;
    EXPECT_GE(cue.lines.size(), 1u);
    EXPECT_LE(cue.lines.size(), 2u);
    for (const auto& line : cue.lines) {
      EXPECT_LE(columns(line_text(line)), 32u) << line_text(line);
      for (const CaptionWord& word : line) {
        EXPECT_LE(cue.start_s, word.start_s) << word.text;  // no word is due before its cue
        EXPECT_GE(cue.end_s, word.end_s) << word.text;      // and none is cut short
      }
    }
  }
}

constexpr const char* english =
    "Daybreak wakes you with light instead, a slow and golden sunrise that begins half an hour before you "
    "need to get up and "
    "ends with a room full of morning. Try it!";

TEST(Captions, ShowEveryWordOnceInOrder) {
  const auto cues = cues_of(spread_words(english, 12));
  expect_well_laid(cues);
  EXPECT_EQ(all_text(cues), english);
}

TEST(Captions, BeginWithTheirFirstWordAndNeverOverlap) {
  std::mt19937 random(3);
  std::uniform_real_distribution<double> gap(0, 1.5), length(0.05, 0.6);
  for (int round = 0; round < 50; ++round) {
    std::vector<TimedWord> words;
    double at = gap(random);
    for (int i = 0; i < 60; ++i) {
      const double end = at + length(random);
      words.push_back(
          {std::string(1 + static_cast<std::size_t>(random() % 14), 'n') + (i % 9 == 8 ? "." : ""), at, end});
      at = end + (i % 5 == 0 ? gap(random) : 0);
    }
    const auto cues = cues_of(words);
    expect_well_laid(cues);
    std::size_t count = 0;
    for (const Cue& cue : cues) {
      EXPECT_DOUBLE_EQ(cue.start_s, cue.lines[0][0].start_s);
      for (const auto& line : cue.lines) count += line.size();
    }
    EXPECT_EQ(count, words.size());
  }
}

TEST(Captions, EndWithASentenceAndAtAPause) {
  const auto sentence = cues_of({{"Stop.", 0, 0.4}, {"Now", 0.4, 0.7}, {"go.", 0.7, 1}});
  ASSERT_EQ(sentence.size(), 2u);
  EXPECT_DOUBLE_EQ(sentence[0].end_s, 0.4);
  const auto pause = cues_of({{"wait", 0, 0.4}, {"then", 2, 2.4}});
  ASSERT_EQ(pause.size(), 2u);
  EXPECT_LT(pause[0].end_s, 1);  // it does not linger through the silence
}

TEST(Captions, DoNotFlickerBetweenTwoCues) {
  const auto cues = cues_of({{"One.", 0, 0.5}, {"Two.", 1.05, 1.5}});
  ASSERT_EQ(cues.size(), 2u);
  EXPECT_DOUBLE_EQ(cues[0].end_s, cues[1].start_s);
}

TEST(Captions, LeaveNoWordAlone) {
  const auto cues = cues_of(
      spread_words("Most of the blue is lost along the way, and what is left is the red of sunset", 6));
  expect_well_laid(cues);
  for (const Cue& cue : cues) {
    std::size_t words = 0;
    for (const auto& line : cue.lines) words += line.size();
    EXPECT_GE(words, 3u);
  }
}

TEST(Captions, BreakTextWithoutSpacesAnywhereButBeforePunctuation) {
  const std::string text =
      "今天天气很好，我们一起去公园散步吧，然后在湖边的小店里喝一杯热茶，看着夕阳慢慢落下。";
  const auto cues = cues_of({{text, 0, 8}});
  expect_well_laid(cues);
  EXPECT_EQ(all_text(cues), text);
  for (const Cue& cue : cues)
    for (const auto& line : cue.lines) EXPECT_FALSE(line_text(line).starts_with("，")) << line_text(line);
  EXPECT_GE(cues[0].lines[0].size(), 3u);  // lit up in parts, not as one word of eight seconds
}

TEST(Captions, CutAWordThatIsLongerThanALine) {
  const std::string word = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft";
  const auto cues = cues_of({{"Die", 0, 0.2}, {word, 0.2, 3}});
  expect_well_laid(cues);
  EXPECT_EQ(all_text(cues), "Die " + word);
}

TEST(Captions, KeepWideLettersWithinTheFrame) {
  const CaptionRoom room = caption_room(CaptionStyle{}, vertical);
  const auto cues = make_cues(spread_words("WWWW MMMM WWWW MMMM WWWW MMMM WWWW MMMM", 4), room);
  for (const Cue& cue : cues)
    for (const auto& line : cue.lines)
      EXPECT_LE(estimated_width_em(to_code_points(line_text(line))), room.width_em);
}

TEST(Captions, OfNothingAreNothing) {
  EXPECT_TRUE(cues_of({}).empty());
}

TEST(Captions, OfAVeryLongNarrationAreMadeInLinearTime) {
  std::vector<TimedWord> words;
  for (int i = 0; i < 50'000; ++i) words.push_back({"word", i * 0.2, i * 0.2 + 0.2});
  const auto cues = cues_of(words);
  EXPECT_GT(cues.size(), 3'000u);
}

}  // namespace
}  // namespace reelspool
