#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>

#include "plugins/local/card/card.hpp"
#include "tests/local/tools.hpp"

namespace reelspool::test {
namespace {

const char* const blank =
    "[Script Info]\nScriptType: v4.00+\nPlayResX: 64\nPlayResY: 96\n\n[V4+ Styles]\nFormat: Name, Fontname, "
    "Fontsize, "
    "PrimaryColour, SecondaryColour, OutlineColour, BackColour, Bold, Italic, Underline, StrikeOut, ScaleX, "
    "ScaleY, Spacing, "
    "Angle, BorderStyle, Outline, Shadow, Alignment, MarginL, MarginR, MarginV, Encoding\n"
    "Style: Card,Inter "
    "Display,20,&H00FFFFFF,&H00FFFFFF,&H00000000,&H00000000,0,0,0,0,100,100,0,0,1,0,0,7,0,0,0,-1\n\n"
    "[Events]\nFormat: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text\n";

Ended draw(const Scratch& scratch, const std::string& layout, const std::string& background,
           std::vector<std::string> more) {
  write_file(scratch / "card.ass", layout);
  more.insert(more.end(),
              {"--layout", scratch / "card.ass", "--background", background, "--out", scratch / "card.png"});
  return local_script("card", more);
}

/// Under a name that does not end in .png, ffmpeg takes a picture for what it is; by that ending it would take the "%d" in the
/// scratch folder's name for a pattern.
Pictures drawn(const Scratch& scratch, int width, int height) {
  std::filesystem::copy_file(scratch / "card.png", scratch / "picture");
  return decode(scratch / "picture", width, height);
}

/// How far the blue part stays the same down the middle.
int longest_run(const Pictures& picture) {
  int run = 0, longest = 0;
  for (int y = 1; y < picture.height; ++y) {
    const int x = picture.width / 2;
    run = picture.at(0, x, y).blue == picture.at(0, x, y - 1).blue ? run + 1 : 0;
    longest = std::max(longest, run);
  }
  return longest;
}

TEST(CardScript, ColoursComeOutAsTheyWereAskedFor) {
  const Scratch scratch;
  const std::string square = std::string(blank) +
                             "Dialogue: 0,0:00:00.00,1:00:00.00,Card,,0,0,0,,{\\pos(0,0)\\p1\\1c&H0000FF&}m "
                             "0 48 l 64 48 64 96 0 96\n";
  const Ended ended = draw(scratch, square, "#2040c0", {"--width", "64", "--height", "96", "--grain", "0"});
  ASSERT_EQ(ended.status, 0) << ended.complaint;
  const Pictures picture = drawn(scratch, 64, 96);
  const Pixel ground = picture.at(0, 32, 40), red = picture.at(0, 32, 90);
  EXPECT_NEAR(ground.red, 0x20, 6);  // the corners darken a little
  EXPECT_NEAR(ground.green, 0x40, 6);
  EXPECT_NEAR(ground.blue, 0xc0, 8);
  EXPECT_NEAR(red.red, 255, 1);
  EXPECT_NEAR(red.green, 0, 1);
  EXPECT_NEAR(red.blue, 0, 1);
}

TEST(CardScript, GradientsDoNotBandAndTheSameCallGivesTheSameBytes) {
  const Scratch one, two;
  const std::string light = "#101020;0.5,0.2,0.9,1.5,#304080";
  ASSERT_EQ(draw(one, blank, light, {"--width", "270", "--height", "480"}).status, 0);
  ASSERT_EQ(draw(two, blank, light, {"--width", "270", "--height", "480"}).status, 0);
  EXPECT_EQ(read_file(one / "card.png"), read_file(two / "card.png"));
  // Down the middle the blue part falls over some sixty steps of 8 bits. Grain breaks every step up.
  EXPECT_LT(longest_run(drawn(one, 270, 480)), 16);
  const Scratch plain;
  ASSERT_EQ(draw(plain, blank, light, {"--width", "270", "--height", "480", "--grain", "0"}).status, 0);
  EXPECT_GT(longest_run(drawn(plain, 270, 480)), 20) << "without it there are bands";
}

TEST(CardScript, ADesignedCardIsDrawnInEverySizeWithTheDarkestPartWhereCaptionsStand) {
  for (const auto& [width, height] : {std::pair(432, 768), std::pair(512, 288), std::pair(360, 360)}) {
    SCOPED_TRACE(std::to_string(width) + "x" + std::to_string(height));
    local::CardRequest request;
    request.width = width;
    request.height = height;
    request.text = "¿Listo para {cambiar} tu \\N mañana?";
    request.seed = request.style_seed = 3;
    request.scene = 1;
    request.scenes = 5;
    const local::Card card = local::design_card(request);
    const Scratch scratch;
    const Ended ended = draw(scratch, card.layout, card.background,
                             {"--width", std::to_string(width), "--height", std::to_string(height), "--shade",
                              std::to_string(card.shade)});
    ASSERT_EQ(ended.status, 0) << ended.complaint;
    EXPECT_NE(ended.output.find("\"missingLetters\": []"), std::string::npos) << ended.output;
    const Pictures picture = drawn(scratch, width, height);
    ASSERT_EQ(picture.count(), 1);
    int white = 0;
    for (int y = 0; y < height * 8 / 10; ++y) {
      for (int x = 0; x < width; ++x) {
        const Pixel pixel = picture.at(0, x, y);
        white += pixel.red > 245 && pixel.green > 245 && pixel.blue > 245;
      }
    }
    EXPECT_GT(white, width * height / 400) << "the headline is there";
  }
}

TEST(CardScript, LettersThatNoFontHasAreNamed) {
  const Scratch scratch;
  const std::string letter =
      std::string(blank) + "Dialogue: 0,0:00:00.00,1:00:00.00,Card,,0,0,0,,\U000E7F00\U0010FFFD\n";
  const Ended ended = draw(scratch, letter, "#102030", {"--width", "64", "--height", "96"});
  ASSERT_EQ(ended.status, 0) << ended.complaint;
  EXPECT_NE(ended.output.find("U+10FFFD"), std::string::npos) << ended.output;
}

TEST(CardScript, ABackgroundThatIsNoneIsRefused) {
  const Scratch scratch;
  for (const char* bad : {"red", "#12345", "#123456;1,2,3,#ffffff", "#123456;0.5,0.5,0,1,#ffffff",
                          "#123456;0.5,0.5,1,1,white", "#123456:r=0", "#123456;0.5,0.5,0.5,1,#fffff';x"}) {
    const Ended ended = draw(scratch, blank, bad, {"--width", "64", "--height", "96"});
    EXPECT_EQ(ended.status, 2) << bad;
    EXPECT_NE(ended.last_line().find("--background"), std::string::npos) << ended.complaint;
  }
  EXPECT_EQ(scratch.names(), std::vector<std::string>{"card.ass"});
}

}  // namespace
}  // namespace reelspool::test
