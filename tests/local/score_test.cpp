#include "plugins/local/synth/score.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "plugins/local/synth/band.hpp"
#include "plugins/local/synth/effects.hpp"

namespace reelspool::synth {
namespace {

bool is_drum(Part part) {
  return part == Part::kick || part == Part::clap || part == Part::shaker || part == Part::tom ||
         part == Part::swell;
}

TEST(Score, EveryNoteOfEveryMoodIsInTheKey) {
  for (const std::string_view mood : moods()) {
    for (std::uint64_t seed = 0; seed < 40; ++seed) {
      const Score score = *compose(mood, seed, 45);
      for (const Note& note : score.notes) {
        const bool fits = is_drum(note.part) || score.key.contains(note.midi);
        EXPECT_TRUE(fits) << mood << " " << seed << " " << note.midi;
      }
      EXPECT_EQ(score.chords.back().degree, 0) << "it comes home";
    }
  }
}

TEST(Score, NotesLieWithinThePieceWhateverItsLength) {
  for (const std::string_view mood : moods()) {
    for (const double seconds : {1.0, 3.0, 3.7, 8.0, 15.0, 29.97, 61.0, 600.0}) {
      const Score score = *compose(mood, 3, seconds);
      EXPECT_FALSE(score.notes.empty());
      EXPECT_TRUE(std::ranges::is_sorted(score.notes, {}, &Note::start_s));
      EXPECT_GE(score.notes.front().start_s, 0);
      EXPECT_LT(score.notes.back().start_s, seconds) << mood << " " << seconds;
    }
  }
}

TEST(Score, TheTempoStaysTheMoods) {
  for (const double seconds : {10.0, 14.3, 30.0, 47.1, 180.0}) {
    const double tempo = compose("calm", 1, seconds)->tempo_bpm;
    EXPECT_GT(tempo, 68 * 0.85) << seconds;
    EXPECT_LT(tempo, 78 * 1.15) << seconds;
  }
}

TEST(Score, TheSameSeedGivesTheSamePieceAndAnotherAnother) {
  const Score first = *compose("warm", 9, 30), again = *compose("warm", 9, 30),
              other = *compose("warm", 10, 30);
  ASSERT_EQ(first.notes.size(), again.notes.size());
  for (std::size_t i = 0; i < first.notes.size(); ++i)
    EXPECT_EQ(first.notes[i].start_s, again.notes[i].start_s);
  const auto pitches = [](const Score& score) {
    std::vector<int> midi;
    for (const Note& note : score.notes) midi.push_back(note.midi);
    return midi;
  };
  EXPECT_NE(pitches(first), pitches(other));
}

TEST(Score, VoicesMoveLittleFromChordToChord) {
  const Key key{62, major};
  std::vector<int> before = voice_chord(key, {0, false, false}, {}, 62);
  for (const int degree : {4, 5, 3, 0, 2, 1}) {
    const std::vector<int> after = voice_chord(key, {degree, false, false}, before, 62);
    for (std::size_t i = 0; i < after.size(); ++i) EXPECT_LE(std::abs(after[i] - before[i]), 7) << degree;
    before = after;
  }
}

TEST(Score, AnUnknownMoodIsNone) {
  EXPECT_FALSE(compose("angry", 1, 10));
}

TEST(Band, PlaysExactlyAsLongAsAskedAndNeverOverItsCeiling) {
  for (const std::string_view mood : moods()) {
    std::size_t samples = 0;
    float peak = 0;
    const bool played = play(*compose(mood, 11, 7.25), [&](std::span<const float> stereo) {
      samples += stereo.size() / 2;
      for (const float sample : stereo) peak = std::max(peak, std::abs(sample));
      return true;
    });
    EXPECT_TRUE(played);
    EXPECT_EQ(samples, 348000U) << mood;
    EXPECT_LE(peak, 0.80F) << mood;
    EXPECT_GT(peak, 0.1F) << mood;
  }
}

TEST(Band, StopsWhenTheListenerLeaves) {
  int blocks = 0;
  EXPECT_FALSE(play(*compose("calm", 1, 60), [&](std::span<const float>) { return ++blocks < 3; }));
  EXPECT_EQ(blocks, 3);
}

TEST(Effects, AreFoundByWords) {
  EXPECT_EQ(effect_for("A soft WHOOSH between scenes"), "whoosh");
  EXPECT_EQ(effect_for("bubble pop"), "pop");
  EXPECT_EQ(effect_for("notification"), "ding");
  EXPECT_EQ(effect_for("sonido de éxito"), "chime");
  EXPECT_EQ(effect_for("laptop"), "whoosh") << "the pop in it is no word";
  EXPECT_EQ(effect_for("botón"), "click");
}

TEST(Effects, HaveTheLengthThatIsAskedForAndAreHeard) {
  for (const std::string_view effect : effects()) {
    for (const double seconds : {0.05, 0.4, 3.0}) {
      const std::vector<float> sound = make_effect(effect, seconds, 1);
      EXPECT_EQ(sound.size(), 2 * static_cast<std::size_t>(std::lround(seconds * 48000))) << effect;
      const float peak = std::abs(*std::ranges::max_element(sound, {}, [](float v) { return std::abs(v); }));
      EXPECT_NEAR(peak, 0.708, 0.01) << effect;
      EXPECT_LT(std::abs(sound.back()), 0.02) << effect << " ends with a click";
    }
  }
}

}  // namespace
}  // namespace reelspool::synth
