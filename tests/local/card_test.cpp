#include "plugins/local/card/card.hpp"

#include <gtest/gtest.h>

#include <cstdio>
#include <set>
#include <sstream>

#include "plugins/local/card/drawing.hpp"
#include "plugins/local/card/palette.hpp"

namespace reelspool::local {
namespace {

CardRequest card_of(int number, std::uint64_t seed = 5) {
  CardRequest request;
  request.text = "Supermarket beans were roasted months ago, and you can taste it.";
  request.role = number == 5 ? "cta" : "";
  request.seed = request.style_seed = seed;
  request.scene = number;
  request.scenes = 5;
  return request;
}

/// Heights at which lines of type stand: their top and what they reach down to.
std::vector<std::pair<double, double>> lines_of_type(const Card& card) {
  std::vector<std::pair<double, double>> lines;
  std::istringstream layout(card.layout);
  for (std::string line; std::getline(layout, line);) {
    const std::size_t size = line.find("\\fs"), place = line.find("\\pos(");
    if (size == std::string::npos || line.find("\\p4") != std::string::npos) continue;
    double x = 0, y = 0, height = 0;
    EXPECT_EQ(std::sscanf(line.c_str() + place, "\\pos(%lf,%lf)\\fs%lf", &x, &y, &height), 3) << line;
    lines.emplace_back(y, y + height);
  }
  return lines;
}

TEST(Card, TheSameRequestGivesTheSameCardAndAnotherSeedAnother) {
  const Card first = design_card(card_of(2)), again = design_card(card_of(2)),
             other = design_card(card_of(2, 6));
  EXPECT_EQ(first.layout, again.layout);
  EXPECT_EQ(first.background, again.background);
  EXPECT_NE(first.layout, other.layout);
}

TEST(Card, ScenesOfOneVideoShareTheirColoursAndNotTheirPicture) {
  std::set<std::string> grounds, layouts;
  for (int number = 1; number <= 5; ++number) {
    const Card card = design_card(card_of(number));
    grounds.insert(card.background.substr(0, 7));
    layouts.insert(card.layout);
  }
  EXPECT_EQ(grounds.size(), 1U);
  EXPECT_EQ(layouts.size(), 5U);
}

TEST(Card, WordsStayInsideThePictureAndAboveTheCaptions) {
  for (std::uint64_t seed = 0; seed < 21; ++seed) {
    for (const auto& [width, height] : {std::pair(1350, 2400), std::pair(1600, 900), std::pair(1080, 1080)}) {
      CardRequest request = card_of(static_cast<int>(seed % 5) + 1, seed);
      request.width = width;
      request.height = height;
      const Card card = design_card(request);
      const auto lines = lines_of_type(card);
      EXPECT_FALSE(lines.empty());
      for (const auto& [top, bottom] : lines) {
        EXPECT_GE(top, 0) << width << "x" << height << " seed " << seed;
        EXPECT_LE(bottom, height * 0.81) << width << "x" << height << " seed " << seed;
      }
      EXPECT_LT(card.layout.size(), 200U * 1024) << "an answer of a plugin stays small";
    }
  }
}

TEST(Card, TextOfPeopleIsNeverACommand) {
  EXPECT_EQ(escape_ass("{\\an8}a\\Nb\nc"), "\\{\\\u2060an8\\}a\\\u2060Nb c");
}

TEST(Card, ABrandsColoursDecideThePalette) {
  const std::vector<std::string> colors{"#0055ff", "not a colour", "#ffcc00"};
  const Palette palette = brand_palette(colors, 1);
  EXPECT_GT(palette.tones[1].b, palette.tones[1].r) << "blue, as the first colour is";
  EXPECT_EQ(hex(palette.tones[3]), "#ffcc00");
  EXPECT_LT(luminance(palette.base), 0.02);
  EXPECT_EQ(hex(brand_palette(std::vector<std::string>{"red"}, 3).base), hex(house_palette(3).base));
}

TEST(Card, AccentsOfEveryPaletteStandOutFromTheGround) {
  for (std::uint64_t seed = 0; seed < 64; ++seed) {
    const Palette palette = house_palette(seed);
    EXPECT_GT((luminance(palette.accent) + 0.05) / (luminance(palette.tones[0]) + 0.05), 4.5) << seed;
    EXPECT_GT(1.05 / (luminance(palette.base) + 0.05), 12) << seed;
  }
}

TEST(Card, AnythingMakesACard) {
  for (const char* text : {"", "\xff\xff", "{}{}{}\\\\\\", "%s%n", "—", "😀", "\n\n\n", "a"}) {
    CardRequest request = card_of(1);
    request.text = text;
    EXPECT_FALSE(design_card(request).layout.empty());
  }
}

}  // namespace
}  // namespace reelspool::local
