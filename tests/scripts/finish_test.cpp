#include <gtest/gtest.h>

#include "tests/support/media.hpp"

namespace reelspool::test {
namespace {

void make_piece(const Scratch& scratch, const std::string& name, int frames,
                const std::vector<std::string>& more = {}) {
  if (!std::filesystem::exists(scratch / "still.png"))
    make("-f lavfi -i testsrc2=s=128x128 -frames:v 1", scratch / "still.png");
  std::vector<std::string> options{
      "--out",    scratch / name, "--frames", std::to_string(frames), "--width", "128",
      "--height", "128",          "--still",  scratch / "still.png",  "--from",  "0.5,0.5,1",
      "--to",     "0.6,0.6,1.3"};
  options.insert(options.end(), more.begin(), more.end());
  const Ended made = script("piece", options);
  ASSERT_EQ(made.status, 0) << made.complaint;
}

void make_sound(const Scratch& scratch, const std::string& source, int frames) {
  make("-f lavfi -i '" + source + "' -af aformat=channel_layouts=stereo,apad,atrim=end_sample=" +
           std::to_string(frames * 1600) + " -ar 48000",
       scratch / "sound.wav");
}

Ended finish(const Scratch& scratch, const std::vector<std::string>& pieces, int frames) {
  std::vector<std::string> options{"--out",    scratch / "final.mp4", "--sound", scratch / "sound.wav",
                                   "--frames", std::to_string(frames)};
  for (const auto& piece : pieces) options.insert(options.end(), {"--piece", scratch / piece});
  return script("finish", options);
}

// Sixty clips joined by copy, sound and all, decode to 1.5 s more sound than the container says, with a gap
// at every join.
TEST(Finish, ManyPiecesAreAsLongAsTheirFramesWithNoGapInTheSound) {
  Scratch scratch;
  std::vector<std::string> pieces;
  for (int i = 0; i < 40; ++i) {
    pieces.push_back("it's piece " + std::to_string(i % 4) + ".mp4");
    if (i < 4) make_piece(scratch, pieces.back(), 7);
  }
  make_sound(scratch, "sine=440:d=20", 280);
  const Ended made = finish(scratch, pieces, 280);
  ASSERT_EQ(made.status, 0) << made.complaint;
  EXPECT_EQ(decode(scratch / "final.mp4", 128, 128).count(), 280);
  const auto sound = decode_sound(scratch / "final.mp4");
  EXPECT_NEAR(static_cast<double>(sound.size()) / 2, 280 * 1600, 1600);
  for (std::size_t start = 2400; start + 2400 < 280 * 1600; start += 480)
    ASSERT_GT(level_db(sound, start, start + 480), -25) << "a gap at sample " << start;
}

TEST(Finish, PiecesOfOneAndTwoFramesJoinToo) {
  Scratch scratch;
  make_piece(scratch, "1.mp4", 1);
  make_piece(scratch, "2.mp4", 2);
  make_piece(scratch, "33.mp4", 33);
  make_sound(scratch, "sine=440:d=3", 40);
  const Ended made = finish(scratch, {"1.mp4", "2.mp4", "33.mp4", "1.mp4", "1.mp4", "2.mp4"}, 40);
  ASSERT_EQ(made.status, 0) << made.complaint;
  EXPECT_EQ(decode(scratch / "final.mp4", 128, 128).count(), 40);
}

TEST(Finish, TheVideoPlaysWhileItLoadsAndKeepsItsColours) {
  Scratch scratch;
  make_piece(scratch, "a.mp4", 10);
  make_sound(scratch, "sine=440:d=3", 10);
  const Ended made = finish(scratch, {"a.mp4"}, 10);
  ASSERT_EQ(made.status, 0) << made.complaint;
  const std::string bytes = read_file(scratch / "final.mp4");
  EXPECT_LT(bytes.find("moov"), bytes.find("mdat"));
  for (const char* fact : {"\"faststart\": true", "\"color_space\": \"bt709\"", "\"color_range\": \"tv\"",
                           "\"start\": 0.000000", "\"codec\": \"aac\", \"rate\": 48000"})
    EXPECT_NE(made.output.find(fact), std::string::npos) << fact << " is not in " << made.output;
}

TEST(Finish, WhatDecodesDoesNotPeakAboveTheLimitEvenWhenAacAddsToIt) {
  Scratch scratch;
  make_piece(scratch, "a.mp4", 60);
  make_sound(scratch, "anoisesrc=a=0.85:d=2:c=white:seed=1", 60);
  const Ended made = finish(scratch, {"a.mp4"}, 60);
  ASSERT_EQ(made.status, 0) << made.complaint;
  const double peak = number_in(script("loudness", {"--in", scratch / "final.mp4"}).output, "true_peak_dbtp");
  EXPECT_LE(peak, -0.95);
  EXPECT_GT(peak, -3);
}

TEST(Finish, RefusesWhatDoesNotFitAndLeavesNothingBehind) {
  Scratch scratch;
  make_piece(scratch, "a.mp4", 10);
  make_piece(scratch, "other.mp4", 10, {"--preset", "ultrafast"});
  make_sound(scratch, "sine=440:d=3", 20);
  const auto before = scratch.names();
  struct Case {
    std::vector<std::string> pieces;
    int frames;
    const char* reason;
  };
  for (const Case& c :
       {Case{{"a.mp4", "other.mp4"}, 20, "was not encoded with the settings of the first piece"},
        Case{{"a.mp4", "a.mp4"}, 21, "the pieces have 20 frames together, not 21"},
        Case{{"a.mp4"}, 10, "the sound is 0.6"}}) {
    const Ended made = finish(scratch, c.pieces, c.frames);
    EXPECT_EQ(made.status, 1);
    EXPECT_NE(made.last_line().find(c.reason), std::string::npos) << made.complaint;
    EXPECT_EQ(scratch.names(), before);
  }
}

TEST(Finish, ADamagedPieceIsRefused) {
  Scratch scratch;
  make_piece(scratch, "a.mp4", 30);
  make_sound(scratch, "sine=440:d=3", 30);
  write_file(scratch / "cut.mp4", read_file(scratch / "a.mp4").substr(0, 3000));
  EXPECT_EQ(finish(scratch, {"cut.mp4"}, 30).status, 1);
}

}  // namespace
}  // namespace reelspool::test
