// What pieces are made of: colours, stills and clips, whole or in part, and two blended.

#include <gtest/gtest.h>

#include <cmath>
#include <fstream>

#include "tests/support/media.hpp"

namespace reelspool::test {
namespace {

using Options = std::vector<std::string>;

/// A piece of 160x90, nearly lossless; decoded.
Pictures decoded_piece(const Scratch& scratch, int frames, const Options& more,
                       const char* name = "piece.mp4") {
  Options options{"--out",    scratch / name, "--frames", std::to_string(frames),
                  "--width",  "160",          "--height", "90",
                  "--preset", "ultrafast",    "--crf",    "4"};
  options.insert(options.end(), more.begin(), more.end());
  const Ended made = script("piece", options);
  EXPECT_EQ(made.status, 0) << made.complaint;
  return made.status == 0 ? decode(scratch / name, 160, 90) : Pictures();
}

void expect_colour(const Pixel& got, const Pixel& want, int levels, const std::string& where) {
  EXPECT_LE(std::abs(got.red - want.red), levels)
      << where << ": " << got.red << " " << got.green << " " << got.blue;
  EXPECT_LE(std::abs(got.green - want.green), levels)
      << where << ": " << got.red << " " << got.green << " " << got.blue;
  EXPECT_LE(std::abs(got.blue - want.blue), levels)
      << where << ": " << got.red << " " << got.green << " " << got.blue;
}

constexpr Pixel pure_red{255, 0, 0}, pure_blue{0, 0, 255}, sea{0x33, 0x66, 0x99};

/// How far two pictures' pixels are apart on the average.
double difference(const Pictures& a, int frame_a, const Pictures& b, int frame_b) {
  double sum = 0;
  for (int y = 0; y < a.height; y += 3)
    for (int x = 0; x < a.width; x += 3) sum += std::abs(a.luma(frame_a, x, y) - b.luma(frame_b, x, y));
  return sum / ((a.width / 3 + 1) * (a.height / 3 + 1));
}

TEST(Source, AColourIsThatColour) {
  Scratch scratch;
  expect_colour(decoded_piece(scratch, 2, {"--color", "#336699"}).at(1, 80, 45), sea, 4, "sea");
  expect_colour(decoded_piece(scratch, 1, {"--color", "#ff0000"}).at(0, 5, 5), pure_red, 4, "red");
}

// A piece that begins in the middle of an item shows what the whole item shows there.
TEST(Source, APartIsWhatTheWholeShowsThere) {
  Scratch scratch;
  make("-f lavfi -i testsrc2=s=301x203 -frames:v 1", scratch / "still.png");
  make("-f lavfi -i testsrc2=s=320x180:r=25:d=1.5 -c:v libx264 -qp 10 -pix_fmt yuv420p",
       scratch / "clip.mp4");
  make(
      "-f lavfi -i testsrc2=s=90x160:r=30:d=2 -vf select='not(eq(mod(n\\,7)\\,3))' -vsync vfr -c:v libx264 "
      "-qp 10 -pix_fmt yuv420p",
      scratch / "vfr.mkv");
  make("-f lavfi -i testsrc2=s=180x320:r=30:d=2 -c:v libx264 -qp 10 -pix_fmt yuv420p", scratch / "flat.mp4");
  turn(scratch / "flat.mp4", scratch / "turned.mp4", 90);
  for (const Options& source :
       {Options{"--still", scratch / "still.png", "--from", "0.4,0.5,1", "--to", "0.6,0.5,1.3"},
        Options{"--still", scratch / "still.png", "--fit", "blur"}, Options{"--clip", scratch / "clip.mp4"},
        Options{"--clip", scratch / "clip.mp4", "--trim", "0.3", "--speed", "1.5"},
        Options{"--clip", scratch / "clip.mp4", "--length", "loop"},
        Options{"--clip", scratch / "clip.mp4", "--length", "stretch"},
        Options{"--clip", scratch / "vfr.mkv", "--fit", "contain", "--background", "#336699"},
        Options{"--clip", scratch / "turned.mp4", "--crop", "0.1,0.1,0.5,0.8"}}) {
    const Pictures whole = decoded_piece(scratch, 60, source, "whole.mp4");
    Options part = source;
    part.insert(part.end(), {"--of", "60", "--skip", "37"});
    const Pictures seen = decoded_piece(scratch, 20, part);
    ASSERT_EQ(whole.count(), 60);
    ASSERT_EQ(seen.count(), 20);
    for (const int frame : {0, 7, 19})
      EXPECT_LT(difference(seen, frame, whole, 37 + frame), 1.5)
          << source[1] << " " << source.back() << " frame " << frame;
  }
}

TEST(Source, ATrimmedAndFasterClipShowsTheRightFrame) {
  Scratch scratch;  // each frame is four levels brighter than the one before
  make(
      "-f lavfi -i color=black:s=160x90:r=30:d=2,format=gray,geq=lum='4*N' -c:v libx264 -qp 0 -pix_fmt "
      "yuv420p",
      scratch / "ramp.mp4");
  const auto expect_ramp = [&](const Options& more, double first, double step) {
    Options options{"--clip", scratch / "ramp.mp4"};
    options.insert(options.end(), more.begin(), more.end());
    const Pictures seen = decoded_piece(scratch, 15, options);
    for (int frame = 0; frame < seen.count(); ++frame)
      EXPECT_NEAR(seen.luma(frame, 80, 45) / 4, std::floor(first + step * frame + 1e-9), 1.1)
          << more[0] << " " << frame;
  };
  expect_ramp({"--trim", "0.5"}, 15, 1);
  expect_ramp({"--speed", "2"}, 0, 2);
  expect_ramp({"--trim", "0.4", "--speed", "0.5"}, 12, 0.5);
}

TEST(Source, FillsTheFrameAsAskedFor) {
  Scratch scratch;  // 90x90, left half red, right half blue
  make("-f lavfi -i color=red:s=90x90,format=rgb24,drawbox=c=blue:t=fill:x=45:w=45 -frames:v 1",
       scratch / "halves.png");
  make(
      "-f lavfi -i color=red:s=90x90:r=30:d=0.2,format=rgb24,drawbox=c=blue:t=fill:x=45:w=45 -vf "
      "scale=out_color_matrix=bt601 -pix_fmt yuv420p -c:v libx264 -qp 4",
      scratch / "halves.mp4");
  for (const Options& source :
       {Options{"--still", scratch / "halves.png"}, Options{"--clip", scratch / "halves.mp4"}}) {
    const auto with = [&](const Options& more) {
      Options options = source;
      options.insert(options.end(), more.begin(), more.end());
      return decoded_piece(scratch, 2, options);
    };
    const Pictures cover = with({});
    expect_colour(cover.at(1, 4, 45), pure_red, 12, source[0] + " cover left");
    expect_colour(cover.at(1, 155, 45), pure_blue, 12, source[0] + " cover right");
    const Pictures contain = with({"--fit", "contain", "--background", "#336699"});
    expect_colour(contain.at(1, 10, 45), sea, 5, source[0] + " contain beside");
    expect_colour(contain.at(1, 45, 45), pure_red, 12, source[0] + " contain left");
    expect_colour(contain.at(1, 115, 45), pure_blue, 12, source[0] + " contain right");
    const Pictures blur = with({"--fit", "blur"});
    expect_colour(blur.at(1, 45, 45), pure_red, 12, source[0] + " blur left");
    EXPECT_GT(blur.at(1, 5, 45).red, 150) << "the copy behind it is red there too";
    expect_colour(with({"--crop", "0.5,0,0.5,1"}).at(1, 30, 45), pure_blue, 12, source[0] + " crop");
  }
  make("-f lavfi -i color=red@0.0:s=90x90,format=rgba -frames:v 1", scratch / "clear.png");
  expect_colour(
      decoded_piece(scratch, 1, {"--still", scratch / "clear.png", "--background", "#336699"}).at(0, 80, 45),
      sea, 4, "behind what is clear");
}

TEST(Transition, BeginsWithTheFirstAndEndsWithTheSecond) {
  Scratch scratch;
  struct Case {
    const char* kind;
    int x, y;           ///< a place ...
    bool first_longer;  ///< ... where the first one is seen longer
  };
  for (const Case& c :
       {Case{"wipe-left", 5, 45, true}, Case{"wipe-right", 5, 45, false}, Case{"wipe-up", 80, 5, true},
        Case{"wipe-down", 80, 5, false}, Case{"slide-left", 5, 45, true}, Case{"slide-right", 5, 45, false},
        Case{"slide-up", 80, 5, true}, Case{"slide-down", 80, 5, false}}) {
    const Pictures seen =
        decoded_piece(scratch, 16, {"--color", "#ff0000", "--color", "#0000ff", "--transition", c.kind});
    ASSERT_EQ(seen.count(), 16) << c.kind;
    expect_colour(seen.at(0, 80, 45), pure_red, 8, c.kind);
    expect_colour(seen.at(8, c.x, c.y), c.first_longer ? red : pure_blue, 8,
                  std::string(c.kind) + " in the middle");
    EXPECT_GT(seen.at(15, 80, 45).blue, 180) << c.kind;
  }
  const Pictures blend =
      decoded_piece(scratch, 16, {"--color", "#ff0000", "--color", "#0000ff", "--transition", "crossfade"});
  expect_colour(blend.at(0, 80, 45), pure_red, 8, "crossfade");
  EXPECT_NEAR(blend.at(8, 80, 45).red, 127, 25);
  EXPECT_NEAR(blend.at(8, 80, 45).blue, 127, 25);
  const Pictures black =
      decoded_piece(scratch, 16, {"--color", "#ff0000", "--color", "#0000ff", "--transition", "fade"});
  EXPECT_LT(black.luma(8, 80, 45), 20) << "through black";
}

TEST(Transition, OfOneFrameIsAFrame) {
  Scratch scratch;
  EXPECT_EQ(
      decoded_piece(scratch, 1, {"--color", "#ff0000", "--color", "#0000ff", "--transition", "crossfade"})
          .count(),
      1);
}

TEST(Source, FadesFromAndToBlack) {
  Scratch scratch;
  const Pictures seen =
      decoded_piece(scratch, 30, {"--color", "#ffffff", "--fade-in", "10", "--fade-out", "5"});
  EXPECT_LT(seen.luma(0, 80, 45), 8);
  EXPECT_GT(seen.luma(12, 80, 45), 245);
  EXPECT_GT(seen.luma(24, 80, 45), 200);
  EXPECT_LT(seen.luma(29, 80, 45), 70);
}

// Files that are none, or not what they say: a clear line, and nothing is made.
TEST(Source, RefusesHostileFiles) {
  Scratch scratch;
  make("-f lavfi -i testsrc2=s=64x64:d=1 -c:v libx264 -f mpegts", scratch / "secret.ts");
  write_file(scratch / "playlist.mp4", "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n" +
                                           (scratch / "secret.ts").string() + "\n#EXT-X-ENDLIST\n");
  write_file(scratch / "list.mp4", "ffconcat version 1.0\nfile '" + (scratch / "secret.ts").string() + "'\n");
  write_file(scratch / "empty.mp4", "");
  make("-f lavfi -i testsrc2=s=64x64:d=1 -c:v libx264", scratch / "whole.mp4");
  write_file(scratch / "torn.mp4", read_file(scratch / "whole.mp4").substr(0, 4000));
  for (const char* name : {"playlist.mp4", "list.mp4", "empty.mp4", "torn.mp4"}) {
    const Ended refused = script("piece", {"--out", scratch / "piece.mp4", "--frames", "5", "--width", "64",
                                           "--height", "64", "--clip", scratch / name});
    EXPECT_EQ(refused.status, 1) << name;
    EXPECT_TRUE(refused.last_line().starts_with("piece: ffmpeg: ")) << refused.complaint;
    EXPECT_NE(script("probe", {"--in", scratch / name}).status, 0) << name;
    EXPECT_FALSE(std::filesystem::exists(scratch / "piece.mp4")) << name;
  }
  // A picture of 60 000 x 60 000 in 100 bytes: the size is all that is read of it.
  std::string huge("\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\xea\x60\0\0\xea\x60\x08\x02\0\0\0", 29);
  huge += std::string("\xd6\x9a\x0b\xd6\0\0\0\x10IDAT", 12) + std::string(20, '\0');
  write_file(scratch / "huge.png", huge);
  const Ended refused = script("piece", {"--out", scratch / "piece.mp4", "--frames", "5", "--width", "64",
                                         "--height", "64", "--still", scratch / "huge.png"});
  EXPECT_EQ(refused.status, 1);
  EXPECT_FALSE(std::filesystem::exists(scratch / "piece.mp4"));
}

TEST(Copy, IsMadeOfWhatNeedsNoEncoding) {
  Scratch scratch;
  make("-f lavfi -i testsrc2=s=160x90:r=30:d=1 -c:v libx264 -pix_fmt yuv420p -bf 2", scratch / "good.mp4");
  const auto copied = [&](const char* name, const char* fps = "30") {
    return script("copy", {"--in", scratch / name, "--out", scratch / "copy.mp4", "--fps", fps, "--width",
                           "160", "--height", "90"});
  };
  EXPECT_EQ(number_in(copied("good.mp4").output, "frames"), 30);
  EXPECT_EQ(decode(scratch / "copy.mp4", 160, 90).bytes, decode(scratch / "good.mp4", 160, 90).bytes);
  struct Case {
    const char* made;
    const char* reason;
  };
  for (const Case& c :
       {Case{"-f lavfi -i testsrc2=s=162x90:r=30:d=1 -c:v libx264 -pix_fmt yuv420p", "the width is 162"},
        Case{"-f lavfi -i testsrc2=s=160x90:r=30:d=1 -c:v libx264 -pix_fmt yuv444p",
             "the pixel format is yuv444p"},
        Case{"-f lavfi -i testsrc2=s=160x90:r=30:d=1,setsar=4/3 -c:v libx264 -pix_fmt yuv420p",
             "the shape of the pixels is 4:3"},
        Case{"-f lavfi -i testsrc2=s=160x90:r=25:d=1 -c:v libx264 -pix_fmt yuv420p",
             "its frames are not 30 a second"},
        Case{"-f lavfi -i testsrc2=s=160x90:r=30:d=1 -c:v mpeg4 -pix_fmt yuv420p", "the codec is mpeg4"}}) {
    make(c.made, scratch / "other.mp4");
    const Ended refused = copied("other.mp4");
    EXPECT_EQ(refused.status, 0) << refused.complaint;
    EXPECT_NE(refused.output.find(c.reason), std::string::npos) << refused.output;
  }
  turn(scratch / "good.mp4", scratch / "turned.mp4", 180);
  EXPECT_NE(copied("turned.mp4").output.find("the rotation is"), std::string::npos);
}

TEST(Check, SaysWhatIsWrongWithAVideo) {
  Scratch scratch;
  const auto verdict = [&](const std::string& made, const char* name = "video.mp4") {
    make(made, scratch / name);
    const Ended checked = script("check", {"--in", scratch / name});
    EXPECT_EQ(checked.status, 0) << checked.complaint;
    return checked.output;
  };
  const std::string good = verdict(
      "-f lavfi -i testsrc2=s=160x90:r=30:d=1 -f lavfi -i sine=300:d=1 -c:v libx264 -pix_fmt yuv420p "
      "-movflags +faststart");
  EXPECT_NE(good.find("\"good\": true"), std::string::npos) << good;
  EXPECT_NE(verdict("-f lavfi -i testsrc2=s=160x90:r=30:d=1 -f lavfi -i sine=300:d=2 -c:v libx264 -pix_fmt "
                    "yuv420p -movflags +faststart")
                .find("the picture is 1 s long and the sound 2"),
            std::string::npos);
  EXPECT_NE(verdict("-f lavfi -i testsrc2=s=160x90:r=30:d=1 -c:v libx264 -pix_fmt yuv420p")
                .find("its index is at its end"),
            std::string::npos);
  EXPECT_NE(
      verdict("-f lavfi -i testsrc2=s=160x90:r=30:d=1 -c:v libx264 -pix_fmt yuv444p -movflags +faststart")
          .find("yuv444p does not play"),
      std::string::npos);
  EXPECT_NE(
      verdict("-f lavfi -i color=black:s=160x90:r=30:d=1 -c:v libx264 -pix_fmt yuv420p -movflags +faststart")
          .find("black from beginning to end"),
      std::string::npos);
  EXPECT_NE(verdict("-f lavfi -i sine=300:d=1", "sound.wav").find("it has no picture"), std::string::npos);
}

}  // namespace
}  // namespace reelspool::test
