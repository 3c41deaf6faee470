#include <gtest/gtest.h>

#include "tests/support/media.hpp"

namespace reelspool::test {
namespace {

/// An ASS file of a 270x480 video that shows `text` in white, low in the middle, from 0.2 to 0.4 s.
std::string captions(const std::string& text) {
  return "[Script Info]\nScriptType: v4.00+\nPlayResX: 270\nPlayResY: 480\nWrapStyle: 0\n\n"
         "[V4+ Styles]\nFormat: Name, Fontname, Fontsize, PrimaryColour, SecondaryColour, OutlineColour, "
         "BackColour, Bold, Italic, "
         "Underline, StrikeOut, ScaleX, ScaleY, Spacing, Angle, BorderStyle, Outline, Shadow, Alignment, "
         "MarginL, MarginR, MarginV, "
         "Encoding\nStyle: Default,DejaVu "
         "Sans,40,&H00FFFFFF,&H00FFFFFF,&H00000000,&H00000000,1,0,0,0,100,100,0,0,1,2,0,2,10,10,60,1\n\n"
         "[Events]\nFormat: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text\n"
         "Dialogue: 0,0:00:00.20,0:00:00.40,Default,,0,0,0,," +
         text + "\n";
}

Ended piece(const Scratch& scratch, const std::vector<std::string>& more) {
  make("-f lavfi -i color=black:s=270x480,format=rgb24 -frames:v 1", scratch / "black.png");
  std::vector<std::string> options{"--out",    scratch / "piece.mp4",
                                   "--frames", "18",
                                   "--width",  "270",
                                   "--height", "480",
                                   "--preset", "ultrafast",
                                   "--still",  scratch / "black.png"};
  options.insert(options.end(), more.begin(), more.end());
  return script("piece", options);
}

int bright_pixels(const Pictures& pictures, int frame) {
  int bright = 0;
  for (int y = 340; y < 440; ++y)
    for (int x = 0; x < 270; ++x) bright += pictures.luma(frame, x, y) > 150;
  return bright;
}

TEST(Captions, AreThereWhenTheyAreSaidAndNotBeforeOrAfter) {
  Scratch scratch;
  write_file(scratch / "words, 'quoted' [1]: a.ass", captions("Words"));
  const Ended made = piece(scratch, {"--captions", scratch / "words, 'quoted' [1]: a.ass"});
  ASSERT_EQ(made.status, 0) << made.complaint;
  const Pictures pictures = decode(scratch / "piece.mp4", 270, 480);
  for (const int frame : {0, 5, 12, 17}) EXPECT_EQ(bright_pixels(pictures, frame), 0) << "frame " << frame;
  for (const int frame : {6, 9, 11}) EXPECT_GT(bright_pixels(pictures, frame), 500) << "frame " << frame;
}

TEST(Captions, InAScriptThatIsReadFromTheRightAreNoFailure) {
  Scratch scratch;
  write_file(scratch / "c.ass", captions("¿Qué tal? Привет"));
  EXPECT_EQ(piece(scratch, {"--captions", scratch / "c.ass"}).status, 0);
}

// libass draws an empty box and ffmpeg ends with 0.
TEST(Captions, WithALetterThatNoFontHasFailAndNameIt) {
  Scratch scratch;
  write_file(scratch / "c.ass", captions("a\U0001337F\U0010FFFDb"));
  const Ended refused = piece(scratch, {"--captions", scratch / "c.ass"});
  EXPECT_EQ(refused.status, 1);
  EXPECT_NE(refused.last_line().find("U+10FFFD"), std::string::npos) << refused.complaint;
  EXPECT_EQ(scratch.names(), (std::vector<std::string>{"black.png", "c.ass"}));
  const Ended warned = piece(scratch, {"--captions", scratch / "c.ass", "--missing-letters", "warn"});
  EXPECT_EQ(warned.status, 0) << warned.complaint;
  EXPECT_NE(warned.output.find("\"U+10FFFD\""), std::string::npos) << warned.output;
}

}  // namespace
}  // namespace reelspool::test
