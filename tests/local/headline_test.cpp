#include "plugins/local/card/headline.hpp"

#include <gtest/gtest.h>

#include <string>
#include <utility>

#include "plugins/local/card/letters.hpp"

namespace reelspool::local {
namespace {

std::string shown(const Headline& headline) {
  std::string text;
  for (const std::string& word : headline.words) text += (text.empty() || !headline.spaced ? "" : " ") + word;
  return text;
}

std::string headline_of(std::string_view text) {
  return shown(choose_headline("", text));
}

TEST(Headline, IsAPhraseThatStandsAlone) {
  EXPECT_EQ(headline_of("Your coffee deserves better than a stale, dusty bag."),
            "Your coffee deserves better");
  EXPECT_EQ(headline_of("Meet BrewBox: fresh beans roasted this week, at your door."),
            "Fresh beans roasted this week");
  EXPECT_EQ(headline_of("Try your first box free. Order today!"), "Try your first box free");
  EXPECT_EQ(headline_of("Hecha a mano en Oaxaca, con ingredientes que sí puedes pronunciar."),
            "Hecha a mano en Oaxaca");
  EXPECT_EQ(headline_of("¡No te lo pierdas! Pide hoy y recibe envío gratis."),
            "Pide hoy y recibe envío gratis");
}

TEST(Headline, AnOpeningMarkIsNotLeftWithoutItsClosingOne) {
  EXPECT_EQ(headline_of("¿Cansado de perder el tiempo en la cocina de tu casa?"),
            "Cansado de perder el tiempo");
  EXPECT_EQ(headline_of("¿Cansado de cocinar?"), "¿Cansado de cocinar?");
}

TEST(Headline, ATitleIsTakenAsItIs) {
  EXPECT_EQ(shown(choose_headline("so, what?  ok.", "Other words entirely")), "so, what? ok.");
}

TEST(Headline, EmojiAreLeftOutAndNothingAtAllIsNoHeadline) {
  EXPECT_EQ(headline_of("😀 Fresh 🚀 bread"), "Fresh bread");
  EXPECT_TRUE(choose_headline("", "— 😀 ...").words.empty());
  EXPECT_TRUE(choose_headline("", "").words.empty());
  EXPECT_TRUE(choose_headline("", "\xff\xfe\x80").words.empty());
}

TEST(Headline, ScriptsWithoutSpacesAreCutAtTheirFirstClause) {
  const Headline headline = choose_headline("", "你好，世界。今天我们来看看。");
  EXPECT_FALSE(headline.spaced);
  EXPECT_EQ(shown(headline), "你好世界");
  EXPECT_TRUE(choose_headline("", "مرحبا بالعالم").right_to_left);
}

TEST(Headline, LinesFitTheBox) {
  for (const char* text :
       {"A", "Extraordinarily uncharacteristically", "one two three four five six", "MMMMMMMMMMMM WWWWWWW"}) {
    SCOPED_TRACE(text);
    const Headline headline = choose_headline(text, "");
    const HeadlineLayout layout = lay_out(headline, 900, 500, 160, 1.03, 0);
    EXPECT_LE(layout.em_px, 160);
    for (const auto& line : layout.lines) {
      std::string words;
      for (const std::size_t word : line) words += (words.empty() ? "" : " ") + headline.words[word];
      EXPECT_LE(letters::width_em(words) * layout.em_px, 901) << words;
    }
    EXPECT_LE(layout.em_px * 1.03 * static_cast<double>(layout.lines.size()), 501);
  }
}

}  // namespace
}  // namespace reelspool::local
