// Where in the mix a file's sound lies, and how loud it is beside the others.

#include <gtest/gtest.h>

#include <cmath>

#include "tests/support/media.hpp"

namespace reelspool::test {
namespace {

std::vector<float> mixed(const Scratch& scratch, std::vector<std::string> options) {
  options.insert(options.begin(), {"--out", scratch / "mix.wav"});
  const Ended made = script("mix", options);
  EXPECT_EQ(made.status, 0) << made.complaint;
  return made.status == 0 ? decode_sound(scratch / "mix.wav") : std::vector<float>();
}

/// The first sample that is loud; -1: none is.
std::int64_t first_loud(const std::vector<float>& sound, float level = 0.02F) {
  for (std::size_t i = 0; i < sound.size() / 2; ++i)
    if (std::abs(sound[2 * i]) > level) return static_cast<std::int64_t>(i);
  return -1;
}

double loudness(const std::vector<float>& sound, double from_s, double to_s) {
  return level_db(sound, static_cast<std::size_t>(from_s * 48000), static_cast<std::size_t>(to_s * 48000));
}

TEST(Sound, LiesWhereItIsPut) {
  Scratch scratch;  // a tone from 0.5 s on
  make("-f lavfi -i aevalsrc='0.3*sin(2*PI*1000*t)*between(t\\,0.5\\,1.5)':s=48000:d=2",
       scratch / "tone.wav");
  const auto begins = [&](std::vector<std::string> options) {
    options.insert(options.begin(), {"--seconds", "8"});
    return first_loud(mixed(scratch, std::move(options)));
  };
  const std::string tone = scratch / "tone.wav";
  EXPECT_NEAR(begins({"--voice", tone}), 24000, 16);
  EXPECT_NEAR(begins({"--voice", tone, "--at-samples", "12345"}), 36345, 16);
  EXPECT_NEAR(begins({"--voice", tone, "--from", "0.3", "--at", "1"}), 48000 + 9600, 16);
  EXPECT_NEAR(begins({"--own", tone, "--at", "0.25"}), 36000, 16);
  for (const double speed : {0.25, 0.5, 2.0, 4.0})
    EXPECT_NEAR(begins({"--voice", tone, "--speed", std::to_string(speed)}), 24000 / speed, 1000)
        << speed << ", more than a frame's sound is 1600";
}

TEST(Sound, EndsWhenItIsToldTo) {
  Scratch scratch;
  make("-f lavfi -i sine=500:d=4", scratch / "tone.wav");
  const auto sound = mixed(scratch, {"--seconds", "4", "--voice", scratch / "tone.wav", "--for", "1.5"});
  EXPECT_GT(loudness(sound, 1.2, 1.4), -30);
  EXPECT_LT(loudness(sound, 1.6, 3), -80);
  const auto faded = mixed(
      scratch, {"--seconds", "4", "--voice", scratch / "tone.wav", "--fade-in", "1", "--fade-out", "1"});
  EXPECT_LT(loudness(faded, 0, 0.1), loudness(faded, 1.5, 2.5) - 15);
  EXPECT_LT(loudness(faded, 3.9, 4), loudness(faded, 1.5, 2.5) - 15);
}

TEST(Sound, OfSeveralMusicCuesIsEachWhereItBelongs) {
  Scratch scratch;
  make("-f lavfi -i sine=500:d=1", scratch / "music.mp3");
  const auto sound =
      mixed(scratch, {"--seconds", "6", "--music", scratch / "music.mp3", "--for", "2", "--fade-out", "0.1",
                      "--music", scratch / "music.mp3", "--at", "4", "--fade-in", "0"});
  EXPECT_GT(loudness(sound, 0.6, 1.8), -30) << "repeated";
  EXPECT_LT(loudness(sound, 2.1, 3.9), -70);
  EXPECT_GT(loudness(sound, 4.1, 5), -30);
}

// Two clips that cross fade are together as loud as each of them.
TEST(Sound, OfClipsKeepsItsPowerInACrossfade) {
  Scratch scratch;
  make("-f lavfi -i anoisesrc=d=4:c=white:a=0.3:seed=1", scratch / "one.wav");
  make("-f lavfi -i anoisesrc=d=4:c=white:a=0.3:seed=2", scratch / "two.wav");
  const auto sound =
      mixed(scratch, {"--seconds", "7", "--own", scratch / "one.wav", "--for", "4", "--fade-out", "1",
                      "--own", scratch / "two.wav", "--at", "3", "--for", "4", "--fade-in", "1"});
  for (double at = 3; at < 4; at += 0.2)
    EXPECT_NEAR(loudness(sound, at, at + 0.2), loudness(sound, 1, 2), 1) << at;
}

// The clip's own sound is heard, goes down while somebody speaks over it, and comes back.
TEST(Sound, OfAClipGoesDownUnderAVoice) {
  Scratch scratch;
  make("-f lavfi -i sine=150:d=9", scratch / "clip.wav");
  make("-f lavfi -i 'aevalsrc=0.3*sin(2*PI*1500*t)*lt(mod(t\\,0.3)\\,0.25):d=3'", scratch / "voice.wav");
  ASSERT_EQ(mixed(scratch, {"--seconds", "9", "--own", scratch / "clip.wav", "--voice", scratch / "voice.wav",
                            "--at", "3"})
                .size(),
            2U * 9 * 48000);
  const auto low = decode_sound(scratch / "mix.wav", "lowpass=f=300,lowpass=f=300");
  EXPECT_LT(loudness(low, 4, 5.8), loudness(low, 1, 2.5) - 6);
  EXPECT_NEAR(loudness(low, 7, 8.5), loudness(low, 1, 2.5), 1);
}

TEST(Sound, OfAnyLayoutAndRateIsTaken) {
  Scratch scratch;
  make("-f lavfi -i sine=500:r=22050:d=1 -ac 1", scratch / "mono.wav");
  make("-f lavfi -i sine=500:r=96000:d=1 -ac 6", scratch / "surround.flac");
  make("-f lavfi -i sine=500:r=8000:d=1 -ac 2", scratch / "phone.wav");
  for (const char* name : {"mono.wav", "surround.flac", "phone.wav"})
    EXPECT_GT(loudness(mixed(scratch, {"--seconds", "1", "--voice", scratch / name}), 0.2, 0.8), -25) << name;
  make("-f lavfi -i testsrc2=s=64x64:d=1 -c:v libx264", scratch / "mute.mp4");
  const Ended refused =
      script("mix", {"--out", scratch / "none.wav", "--seconds", "1", "--own", scratch / "mute.mp4"});
  EXPECT_EQ(refused.status, 1);
  EXPECT_NE(refused.last_line().find("mix: ffmpeg: "), std::string::npos) << refused.complaint;
}

}  // namespace
}  // namespace reelspool::test
