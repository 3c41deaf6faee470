#include <gtest/gtest.h>

#include <cmath>

#include "tests/support/media.hpp"

namespace reelspool::test {
namespace {

Ended mix(const Scratch& scratch, std::vector<std::string> options) {
  options.insert(options.begin(), {"--out", scratch / "mix.wav"});
  return script("mix", options);
}

/// Speech in its shape: 0.25 s of a tone, then a gap of 0.05 s, over and over, for `seconds`.
void make_speech(const Scratch& scratch, const char* name, const char* seconds, const char* more = "") {
  make("-f lavfi -i 'aevalsrc=0.3*sin(2*PI*900*t)*lt(mod(t\\,0.3)\\,0.25):d=" + std::string(seconds) + "' " +
           more,
       scratch / name);
}

TEST(Mix, IsExactlyAsLongAsAskedToTheSample) {
  Scratch scratch;
  make_speech(scratch, "long.wav", "3");
  make_speech(scratch, "short.wav", "0.5");
  make("-f lavfi -i sine=200:d=0.7 -b:a 96k", scratch / "music.mp3");
  for (const char* samples : {"1", "47999", "100003"}) {
    const Ended made = mix(scratch, {"--samples", samples, "--voice", scratch / "long.wav", "--at", "0.25",
                                     "--voice", scratch / "short.wav", "--music", scratch / "music.mp3"});
    ASSERT_EQ(made.status, 0) << made.complaint;
    EXPECT_EQ(decode_sound(scratch / "mix.wav").size() / 2, std::stoul(samples));
  }
  ASSERT_EQ(mix(scratch, {"--seconds", "1.5", "--voice", scratch / "short.wav"}).status, 0);
  EXPECT_EQ(decode_sound(scratch / "mix.wav").size() / 2, 72000);
}

TEST(Mix, MeetsTheLoudnessAndThePeakWithAnySource) {
  Scratch scratch;
  make_speech(scratch, "voice.wav", "4");
  make("-f lavfi -i sine=200:d=3,volume=-30dB -b:a 96k", scratch / "music.mp3");
  make("-f lavfi -i 'aevalsrc=0.02*sin(2*PI*300*t)+0.9*lt(mod(t\\,0.5)\\,0.001):d=4'",
       scratch / "clicks.wav");
  struct Case {
    std::vector<std::string> options;
    const char* normalization;
  };
  for (const Case& c : {Case{{"--voice", scratch / "voice.wav", "--music", scratch / "music.mp3"}, "linear"},
                        Case{{"--music", scratch / "music.mp3"}, "linear"},
                        Case{{"--voice", scratch / "clicks.wav"}, "limited"}}) {
    std::vector<std::string> options{"--seconds", "4"};
    options.insert(options.end(), c.options.begin(), c.options.end());
    const Ended made = mix(scratch, options);
    ASSERT_EQ(made.status, 0) << made.complaint;
    EXPECT_NE(made.output.find(c.normalization), std::string::npos) << made.output;
    // Measured again, by another filter than the script's.
    const Ended measured =
        run({"ffmpeg", "-nostdin", "-hide_banner", "-i", "file:" + (scratch / "mix.wav").string(), "-af",
             "ebur128=peak=true:framelog=verbose", "-f", "null", "-"});
    const std::string summary = measured.complaint.substr(measured.complaint.rfind("Summary:"));
    EXPECT_NEAR(std::stod(summary.substr(summary.find("I:") + 2)), -14, 0.5) << summary;
    EXPECT_LE(std::stod(summary.substr(summary.find("Peak:") + 5)), -1.4) << summary;
  }
}

// Feeding the measurement of silence, -inf, to a second pass fails.
TEST(Mix, LeavesSilenceSilent) {
  Scratch scratch;
  make("-f lavfi -i anullsrc=d=1", scratch / "nothing.wav");
  for (const std::vector<std::string>& sources :
       {std::vector<std::string>{},
        {"--voice", scratch / "nothing.wav", "--music", scratch / "nothing.wav"}}) {
    std::vector<std::string> options{"--seconds", "1"};
    options.insert(options.end(), sources.begin(), sources.end());
    const Ended made = mix(scratch, options);
    ASSERT_EQ(made.status, 0) << made.complaint;
    EXPECT_NE(made.output.find("\"integrated_lufs\": null"), std::string::npos) << made.output;
    const auto sound = decode_sound(scratch / "mix.wav");
    EXPECT_TRUE(sound == std::vector<float>(96000, 0.0F));
  }
}

TEST(Mix, PutsEachVoiceAtItsSample) {
  Scratch scratch;  // two clicks
  make("-f lavfi -i 'aevalsrc=0.8*lt(n\\,48):s=48000:d=0.5'", scratch / "click.wav");
  ASSERT_EQ(mix(scratch, {"--seconds", "2", "--voice", scratch / "click.wav", "--at", "0.1", "--voice",
                          scratch / "click.wav", "--at", "1.25"})
                .status,
            0);
  const auto sound = decode_sound(scratch / "mix.wav");
  // Where half of the click's height is passed: resampling rings a little before it.
  const auto first_after = [&](std::size_t from, std::size_t channel) {
    while (std::abs(sound.at(2 * from + channel)) < 0.3F) ++from;
    return static_cast<double>(from);
  };
  for (const std::size_t channel : {0U, 1U}) {
    EXPECT_NEAR(first_after(0, channel), 4800, 1);
    EXPECT_NEAR(first_after(30000, channel), 60000, 1);
  }
}

TEST(Mix, TakesAMonoFileWithoutAChannelLayout) {
  Scratch scratch;  // ffmpeg writes plain WAVE headers for s16 mono, without a channel mask
  make_speech(scratch, "mono.wav", "1", "-ac 1 -ar 22050 -c:a pcm_s16le");
  const Ended made = mix(scratch, {"--seconds", "1", "--voice", scratch / "mono.wav"});
  ASSERT_EQ(made.status, 0) << made.complaint;
  const auto sound = decode_sound(scratch / "mix.wav");
  for (std::size_t i = 0; i < sound.size(); i += 2) ASSERT_EQ(sound[i], sound[i + 1]) << i;
}

TEST(Mix, TheMusicGoesDownUnderSpeechAndComesBackWithinASecond) {
  Scratch scratch;
  make_speech(scratch, "voice.wav", "3");
  make("-f lavfi -i sine=150:d=1.3", scratch / "music.wav");  // repeated
  ASSERT_EQ(mix(scratch, {"--seconds", "9", "--voice", scratch / "voice.wav", "--at", "3", "--music",
                          scratch / "music.wav", "--fade-out", "1"})
                .status,
            0);
  // Only the music lies under 300 Hz.
  const auto music =
      decode_sound(scratch / "mix.wav", "lowpass=300:p=2,lowpass=300:p=2,lowpass=300:p=2,lowpass=300:p=2");
  const auto at = [&](double from, double to) {
    return level_db(music, static_cast<std::size_t>(from * 48000), static_cast<std::size_t>(to * 48000));
  };
  const double before = at(1, 2.9);
  EXPECT_GT(before, -40);
  EXPECT_NEAR(before - at(3.3, 5.9), 10, 2) << "12 dB at most, 8 at least";
  EXPECT_LT(before - at(3.3, 5.9), 12.5);
  EXPECT_NEAR(before - at(7.0, 7.8), 0, 1) << "back after one second";
  EXPECT_GT(before - at(8.9, 9), 10) << "faded out";
}

TEST(Mix, EffectsAreHeardBesideTheSpeech) {
  Scratch scratch;
  make_speech(scratch, "voice.wav", "2");
  make("-f lavfi -i sine=4000:d=0.5", scratch / "ding.wav");
  ASSERT_EQ(mix(scratch, {"--seconds", "2", "--voice", scratch / "voice.wav", "--effect",
                          scratch / "ding.wav", "--at", "1"})
                .status,
            0);
  const auto high = decode_sound(scratch / "mix.wav", "highpass=3000,highpass=3000");
  EXPECT_GT(level_db(high, 50000, 70000), level_db(high, 20000, 40000) + 12);
}

}  // namespace
}  // namespace reelspool::test
