#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "tests/support/media.hpp"

namespace reelspool::test {
namespace {

using Options = std::vector<std::string>;

/// A piece of 270x480 made fast; `more` are further options.
Ended piece(const Scratch& scratch, int frames, const Options& more) {
  Options options{"--out",    scratch / "piece.mp4",
                  "--frames", std::to_string(frames),
                  "--width",  "270",
                  "--height", "480",
                  "--preset", "ultrafast",
                  "--crf",    "10"};
  options.insert(options.end(), more.begin(), more.end());
  return script("piece", options);
}

testing::AssertionResult is_near(const Pixel& got, const Pixel& want, int levels) {
  if (std::abs(got.red - want.red) <= levels && std::abs(got.green - want.green) <= levels &&
      std::abs(got.blue - want.blue) <= levels)
    return testing::AssertionSuccess();
  return testing::AssertionFailure() << "(" << got.red << ", " << got.green << ", " << got.blue
                                     << ") instead of (" << want.red << ", " << want.green << ", "
                                     << want.blue << ")";
}

constexpr Pixel red{255, 0, 0}, blue{0, 0, 255};

TEST(Piece, AStillBecomesExactlyTheAskedFrames) {
  Scratch scratch;
  make("-f lavfi -i testsrc2=s=301x403 -frames:v 1", scratch / "still.png");
  for (const int frames : {1, 2, 31}) {
    for (const Options& move : {Options{}, Options{"--from", "0.5,0.5,1", "--to", "0.3,0.6,1.4"}}) {
      Options options{"--still", scratch / "still.png"};
      options.insert(options.end(), move.begin(), move.end());
      const Ended made = piece(scratch, frames, options);
      ASSERT_EQ(made.status, 0) << made.complaint;
      EXPECT_EQ(decode(scratch / "piece.mp4", 270, 480).count(), frames);
      EXPECT_EQ(number_in(made.output, "frames"), frames);
    }
  }
}

TEST(Piece, AClipOfAnotherRateBecomesExactlyTheAskedFramesHoweverItIsFitted) {
  Scratch scratch;
  make("-f lavfi -i testsrc2=s=322x242:r=25:d=1 -c:v libx264 -preset ultrafast", scratch / "clip.mp4");
  for (const char* fit : {"hold", "loop", "stretch"}) {
    for (const int frames : {1, 12, 30, 47}) {
      const Ended made = piece(scratch, frames, {"--clip", scratch / "clip.mp4", "--length", fit});
      ASSERT_EQ(made.status, 0) << fit << made.complaint;
      EXPECT_EQ(decode(scratch / "piece.mp4", 270, 480).count(), frames) << fit;
    }
  }
}

TEST(Piece, AClipThatIsTooShortHoldsLoopsOrIsSlowedDown) {
  Scratch scratch;  // black, then white from the middle on
  make(
      "-f lavfi -i color=black:s=270x480:r=30:d=1 -vf 'drawbox=c=white:t=fill:enable=gte(n\\,15)' -c:v "
      "libx264",
      scratch / "clip.mp4");
  const auto brightness = [&](const char* fit, int frame) {
    EXPECT_EQ(piece(scratch, 60, {"--clip", scratch / "clip.mp4", "--length", fit}).status, 0);
    return decode(scratch / "piece.mp4", 270, 480).luma(frame, 100, 100);
  };
  EXPECT_GT(brightness("hold", 35), 200);
  EXPECT_LT(brightness("loop", 35), 50);
  EXPECT_LT(brightness("stretch", 25), 50);
  EXPECT_GT(brightness("stretch", 35), 200);
}

TEST(Piece, ARedCardStaysRedWhateverFormatItHas) {
  Scratch scratch;
  make("-f lavfi -i color=red:s=320x240,format=rgb24 -frames:v 1", scratch / "rgb.png");
  make("-f lavfi -i color=red:s=321x243,format=rgb48be -frames:v 1", scratch / "deep.png");
  make("-f lavfi -i color=red:s=320x600,format=rgb24 -frames:v 1 -q:v 1", scratch / "full range.jpg");
  make("-f lavfi -i color=red:s=320x240,format=rgb24 -frames:v 1",
       scratch / "picture%03d.png");                                          // no sequence
  std::filesystem::copy(scratch / "full range.jpg", scratch / "a jpeg.png");  // by content, not by name
  for (const char* name : {"rgb.png", "deep.png", "full range.jpg", "picture%03d.png", "a jpeg.png"}) {
    const Ended made =
        piece(scratch, 2, {"--still", scratch / name, "--from", "0.5,0.5,1", "--to", "0.5,0.5,1.2"});
    ASSERT_EQ(made.status, 0) << name << made.complaint;
    EXPECT_TRUE(is_near(decode(scratch / "piece.mp4", 270, 480).at(1, 135, 240), red, 4)) << name;
  }
}

TEST(Piece, ATransparentStillLiesOverBlack) {
  Scratch scratch;
  make("-f lavfi -i color=red@0.5:s=320x240,format=rgba -frames:v 1", scratch / "half.png");
  ASSERT_EQ(piece(scratch, 1, {"--still", scratch / "half.png"}).status, 0);
  EXPECT_TRUE(is_near(decode(scratch / "piece.mp4", 270, 480).at(0, 135, 240), {127, 0, 0}, 5));
}

// ffmpeg takes untagged video for BT.601; players and its makers take it for BT.709 when it is HD.
TEST(Piece, AnUntaggedClipIsReadByItsSize) {
  Scratch scratch;
  make(
      "-f lavfi -i color=red:s=1280x720:d=0.2,format=rgb24 -vf scale=out_color_matrix=bt709,format=yuv420p "
      "-c:v libx264",
      scratch / "hd.mp4");
  make(
      "-f lavfi -i color=red:s=320x240:d=0.2,format=rgb24 -vf scale=out_color_matrix=bt601,format=yuv420p "
      "-c:v libx264",
      scratch / "sd.mp4");
  for (const char* name : {"hd.mp4", "sd.mp4"}) {
    ASSERT_EQ(piece(scratch, 2, {"--clip", scratch / name}).status, 0) << name;
    EXPECT_TRUE(is_near(decode(scratch / "piece.mp4", 270, 480).at(1, 135, 240), red, 4)) << name;
  }
}

TEST(Piece, IsTaggedAndShapedForBrowsersAndForJoining) {
  Scratch scratch;
  make("-f lavfi -i testsrc2=s=300x400,format=rgb24 -frames:v 1", scratch / "still.png");
  ASSERT_EQ(piece(scratch, 5, {"--still", scratch / "still.png", "--preset", "veryfast"}).status, 0);
  const std::string facts = script("probe", {"--in", scratch / "piece.mp4"}).output;
  for (
      const char* fact :
      {R"("codec": "h264", "profile": "High")",
       R"("width": 270, "height": 480, "rotation": 0, "sample_aspect_ratio": "1:1", "fps": 30,)",
       R"("start": 0.000000, "time_base": "1/90000", "pix_fmt": "yuv420p")",
       R"("color_range": "tv", "color_space": "bt709", "color_transfer": "bt709", "color_primaries": "bt709")",
       R"("audio": null)"})
    EXPECT_NE(facts.find(fact), std::string::npos) << fact << " is not in " << facts;
}

TEST(Piece, AnamorphicPicturesKeepTheirShape) {
  Scratch
      scratch;  // pixels twice as wide as high: the white box of 40x80 pixels is a square of 80x80 to the eye
  make(
      "-f lavfi -i 'color=black:s=160x320:r=30:d=0.1,drawbox=x=60:y=120:w=40:h=80:c=white:t=fill,setsar=2' "
      "-c:v libx264 -crf 5",
      scratch / "clip.mp4");
  ASSERT_EQ(piece(scratch, 1, {"--clip", scratch / "clip.mp4"}).status, 0);
  const Pictures made = decode(scratch / "piece.mp4", 270, 480);
  int wide = 0, high = 0;
  for (int x = 0; x < 270; ++x) wide += made.luma(0, x, 240) > 128;
  for (int y = 0; y < 480; ++y) high += made.luma(0, 135, y) > 128;
  EXPECT_GT(wide, 100);
  EXPECT_NEAR(wide, high, 3);
}

TEST(Piece, ARotatedClipStandsUpright) {
  Scratch scratch;  // red on the left, blue on the right; to be turned by a quarter
  make(
      "-f lavfi -i 'color=red:s=480x270:r=30:d=0.1,drawbox=x=240:w=240:h=270:c=blue:t=fill' -c:v libx264 "
      "-crf 5",
      scratch / "flat.mp4");
  turn(scratch / "flat.mp4", scratch / "turned.mp4", 270);
  ASSERT_NE(number_in(script("probe", {"--in", scratch / "turned.mp4"}).output, "rotation"), 0);
  ASSERT_EQ(piece(scratch, 1, {"--clip", scratch / "turned.mp4"}).status, 0);
  const Pictures made = decode(scratch / "piece.mp4", 270, 480);
  EXPECT_TRUE(is_near(made.at(0, 135, 60), red, 8));
  EXPECT_TRUE(is_near(made.at(0, 135, 420), blue, 8));
}

/// A JPEG with an EXIF orientation: the segment goes right after the first marker.
std::string oriented(const std::string& jpeg, char orientation) {
  const std::string exif = std::string("Exif\0\0MM\0\x2a\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0", 25) +
                           orientation + std::string("\0\0\0\0\0\0", 6);
  const auto size = exif.size() + 2;
  return jpeg.substr(0, 2) + "\xff\xe1" + static_cast<char>(size >> 8) + static_cast<char>(size & 0xff) +
         exif + jpeg.substr(2);
}

TEST(Piece, AStillIsTurnedAsItsExifSays) {
  Scratch scratch;
  make(
      "-f lavfi -i 'color=red:s=480x270,format=rgb24,drawbox=x=240:w=240:h=270:c=blue:t=fill' -frames:v 1 "
      "-q:v 1",
      scratch / "flat.jpg");
  write_file(scratch / "turned.jpg",
             oriented(read_file(scratch / "flat.jpg"), 6));  // 6: turn clockwise by a quarter
  const Ended made = piece(scratch, 1, {"--still", scratch / "turned.jpg"});
  ASSERT_EQ(made.status, 0) << made.complaint;
  const Pictures pictures = decode(scratch / "piece.mp4", 270, 480);
  EXPECT_TRUE(is_near(pictures.at(0, 135, 60), red, 8));
  EXPECT_TRUE(is_near(pictures.at(0, 135, 420), blue, 8));
}

// zoompan on a canvas of twice the size errs by 0.36 px RMS; the eye sees steps from about 0.2 px on.
TEST(Piece, AMoveIsSmooth) {
  Scratch scratch;
  make(
      "-f lavfi -i nullsrc=s=1080x1920,format=gray,geq=lum='200*exp(-((X-300.3)^2+(Y-500.7)^2)/18)' "
      "-frames:v 1",
      scratch / "dot.png");
  constexpr int frames = 60;
  const Ended made =
      script("piece", {"--out", scratch / "piece.mp4", "--frames", std::to_string(frames), "--width", "1080",
                       "--height", "1920", "--preset", "ultrafast", "--crf", "4", "--still",
                       scratch / "dot.png", "--from", "0.5,0.5,1", "--to", "0.42,0.42,1.2"});
  ASSERT_EQ(made.status, 0) << made.complaint;
  // Around the dot's path only: it ends at (286, 542) from (300, 501).
  const Pictures pictures = decode(scratch / "piece.mp4", 160, 160, "crop=160:160:210:440");
  ASSERT_EQ(pictures.count(), frames);
  double squares = 0, worst = 0;
  for (int n = 0; n < frames; ++n) {
    const double t = n / (frames - 1.0), zoom = 1 + 0.2 * t, centre = 0.5 - 0.08 * t;
    const double x = ((300.3 + 0.5) / 1080 - (centre - 0.5 / zoom)) * zoom * 1080 - 0.5 - 210;
    const double y = ((500.7 + 0.5) / 1920 - (centre - 0.5 / zoom)) * zoom * 1920 - 0.5 - 440;
    double mass = 0, at_x = 0, at_y = 0;
    for (int row = 0; row < 160; ++row)
      for (int column = 0; column < 160; ++column) {
        const double light = std::max(0.0, pictures.luma(n, column, row) - 6);
        mass += light;
        at_x += light * column;
        at_y += light * row;
      }
    const double off_x = at_x / mass - x, off_y = at_y / mass - y;
    squares += off_x * off_x + off_y * off_y;
    worst = std::max({worst, std::abs(off_x), std::abs(off_y)});
  }
  EXPECT_LT(std::sqrt(squares / (2 * frames)), 0.15);
  EXPECT_LT(worst, 0.4);
}

TEST(Piece, AWindowReachesTheEdgesOfAWidePictureAndNoFurther) {
  Scratch scratch;  // a red, a green and a blue third
  make(
      "-f lavfi -i "
      "'color=lime:s=1200x400,format=rgb24,drawbox=w=400:h=400:c=red:t=fill,drawbox=x=800:w=400:h=400:c=blue:"
      "t=fill' -frames:v 1",
      scratch / "wide.png");
  ASSERT_EQ(
      piece(scratch, 3, {"--still", scratch / "wide.png", "--from", "0,0.5,1", "--to", "1,0.5,1"}).status, 0);
  const Pictures made = decode(scratch / "piece.mp4", 270, 480);
  EXPECT_TRUE(is_near(made.at(0, 4, 240), red, 6));
  EXPECT_TRUE(is_near(made.at(1, 135, 240), {0, 255, 0}, 6));
  EXPECT_TRUE(is_near(made.at(2, 265, 240), blue, 6));
}

TEST(Piece, AWatermarkIsBlendedAsItsOpacitySays) {
  Scratch scratch;
  make("-f lavfi -i color=black:s=270x480,format=rgb24 -frames:v 1", scratch / "black.png");
  make("-f lavfi -i color=white:s=100x50,format=rgba -frames:v 1", scratch / "mark.png");
  struct Place {
    const char* name;
    int x, y;
  };
  for (const Place& place :
       {Place{"centre", 135, 240}, Place{"top-left", 30, 20}, Place{"bottom-right", 240, 460}}) {
    const Ended made =
        piece(scratch, 4,
              {"--still", scratch / "black.png", "--watermark", scratch / "mark.png", "--watermark-width",
               "0.2", "--watermark-opacity", "0.3", "--watermark-place", place.name});
    ASSERT_EQ(made.status, 0) << made.complaint;
    const Pictures pictures = decode(scratch / "piece.mp4", 270, 480);
    ASSERT_EQ(pictures.count(), 4);
    EXPECT_NEAR(pictures.luma(0, place.x, place.y), 0.3 * 255, 4) << place.name;
    EXPECT_NEAR(pictures.luma(3, place.x, place.y), 0.3 * 255, 4) << place.name << ", to the last frame";
    EXPECT_LT(pictures.luma(3, 100, 150), 4) << place.name;
    int wide = 0;
    for (int x = 0; x < 270; ++x) wide += pictures.luma(0, x, place.y) > 38;
    EXPECT_NEAR(wide, 54, 2) << place.name;
  }
}

}  // namespace
}  // namespace reelspool::test
