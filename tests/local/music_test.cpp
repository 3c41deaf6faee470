#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <complex>
#include <numeric>

#include "plugins/local/synth/band.hpp"
#include "plugins/local/synth/score.hpp"
#include "tests/local/tools.hpp"

namespace reelspool::test {
namespace {

/// How much of the sound from 260 Hz to 2 kHz is at each of the twelve notes, over all octaves; the sum is 1.
/// Goertzel's filters, one for each quarter tone: what is between two notes counts for neither.
std::array<double, 12> notes_heard(const std::vector<float>& sound) {
  constexpr std::size_t window = 16384;
  std::array<double, 12> heard{};
  for (std::size_t at = 0; 2 * (at + window) < sound.size(); at += window) {
    for (int midi = 60; midi < 96; ++midi) {
      const double turn = 2 * M_PI * 440 * std::exp2((midi - 69) / 12.0) / 48000;
      double before = 0, last = 0;
      for (std::size_t i = 0; i < window; ++i) {
        const double bell = 0.5 - 0.5 * std::cos(2 * M_PI * static_cast<double>(i) / window);
        const double next =
            bell * static_cast<double>(sound[2 * (at + i)]) + 2 * std::cos(turn) * last - before;
        before = last;
        last = next;
      }
      heard[static_cast<std::size_t>(midi % 12)] +=
          last * last + before * before - 2 * std::cos(turn) * last * before;
    }
  }
  const double all = std::accumulate(heard.begin(), heard.end(), 0.0);
  for (double& note : heard) note /= all;
  return heard;
}

TEST(Music, IsHeardInItsKey) {
  for (const std::string_view mood : synth::moods()) {
    const synth::Score score = *synth::compose(mood, 21, 12);
    std::vector<float> sound;
    ASSERT_TRUE(synth::play(score, [&](std::span<const float> stereo) {
      sound.insert(sound.end(), stereo.begin(), stereo.end());
      return true;
    }));
    const auto heard = notes_heard(sound);
    double outside = 0;
    for (int note = 0; note < 12; ++note)
      outside += score.key.contains(note) ? 0 : heard[static_cast<std::size_t>(note)];
    EXPECT_LT(outside, 0.05) << mood;
  }
}

TEST(Music, IsExactlyAsLongAsAskedAtALevelLoudnessWithoutClippingOrHoles) {
  for (const char* mood : {"upbeat", "calm", "dramatic"}) {
    SCOPED_TRACE(mood);
    const Scratch scratch;
    const Ended ended = local_script(
        "music", {"--out", scratch / "music.wav", "--seconds", "12.5", "--mood", mood, "--seed", "4"});
    ASSERT_EQ(ended.status, 0) << ended.complaint;
    EXPECT_EQ(scratch.names(), std::vector<std::string>{"music.wav"});
    const std::vector<float> sound = decode_sound(scratch / "music.wav");
    EXPECT_EQ(sound.size(), 2U * 600000);
    const Ended measured = script("loudness", {"--in", scratch / "music.wav"});
    EXPECT_NEAR(number_in(measured.output, "integrated_lufs"), -18, 0.6) << measured.output;
    EXPECT_LE(number_in(measured.output, "true_peak_dbtp"), -1.4) << measured.output;
    // Something sounds in every half second but the first and the last two.
    for (std::size_t at = 24000; at + 24000 <= 600000 - 48000; at += 24000) {
      EXPECT_GT(level_db(sound, at, at + 24000), -50) << static_cast<double>(at) / 48000 << " s";
    }
    EXPECT_LT(level_db(sound, 600000 - 480, 600000), -50) << "it ends in silence";
  }
}

TEST(Music, TheTwoSidesDifferAndNeitherIsLouder) {
  const Scratch scratch;
  ASSERT_EQ(
      local_script("music", {"--out", scratch / "music.wav", "--seconds", "8", "--mood", "corporate"}).status,
      0);
  const std::vector<float> sound = decode_sound(scratch / "music.wav");
  double left = 0, right = 0, apart = 0;
  for (std::size_t i = 0; i + 1 < sound.size(); i += 2) {
    left += sound[i] * sound[i];
    right += sound[i + 1] * sound[i + 1];
    apart += (sound[i] - sound[i + 1]) * (sound[i] - sound[i + 1]);
  }
  EXPECT_NEAR(10 * std::log10(left / right), 0, 1.5);
  EXPECT_GT(10 * std::log10(apart / (left + right)), -25) << "it is stereo";
}

TEST(Music, WrongOptionsAreRefusedByName) {
  const Scratch scratch;
  const std::string out = scratch / "x.wav";
  EXPECT_NE(local_script("music", {"--out", out, "--seconds", "0"}).last_line().find("--seconds"),
            std::string::npos);
  EXPECT_NE(
      local_script("music", {"--out", out, "--seconds", "5", "--mood", "angry"}).last_line().find("--mood"),
      std::string::npos);
  EXPECT_EQ(local_script("effect", {"--out", out}).status, 2);
  EXPECT_TRUE(scratch.names().empty());
}

TEST(Effect, IsFoundInTheTextAndAsLongAsAsked) {
  const Scratch scratch;
  write_file(scratch / "t.txt", "un \"pop\" suave; $(id)");
  const Ended ended = local_script(
      "effect", {"--out", scratch / "e.wav", "--text-file", scratch / "t.txt", "--seconds", "0.5"});
  ASSERT_EQ(ended.status, 0) << ended.complaint;
  EXPECT_NE(ended.output.find("\"pop\""), std::string::npos) << ended.output;
  EXPECT_EQ(decode_sound(scratch / "e.wav").size(), 2U * 24000);
}

}  // namespace
}  // namespace reelspool::test
