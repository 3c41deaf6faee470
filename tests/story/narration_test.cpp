#include "worker/story/narration.hpp"

#include <gtest/gtest.h>

namespace reelspool {
namespace {

struct Case {
  const char* given;
  const char* expected;
};

TEST(Narration, LosesWhatIsNotSaid) {
  constexpr Case cases[] = {
      {"Buy it now!!!", "Buy it now!"},
      {"Really???", "Really?"},
      {"¡¡¡Ahora!!! ¿¿Sí??", "¡Ahora! ¿Sí?"},
      {"What?!", "What?!"},
      {"- Fast\n- Fresh\n- Yours", "Fast Fresh Yours"},
      {"• uno\n* dos\n– tres", "uno dos tres"},
      {"# Title\n\n> quoted", "Title quoted"},
      {"  two \t spaces\r\nand a line  ", "two spaces and a line"},
      {"[excited] Hello [laughs softly] there", "Hello there"},
      {"This is **bold**, *soft* and `code`.", "This is bold, soft and code."},
      {"__Init__ stays strong", "Init stays strong"},
  };
  for (const Case& c : cases) EXPECT_EQ(clean_narration(c.given), c.expected) << c.given;
}

TEST(Narration, KeepsWhatOnlyLooksLikeMarks) {
  for (const char* text :
       {"5 * 3 * 2 = 30", "snake_case_names", "It is -5 outside", "[2024] and [NASA]", "a* b*", "100 % sure",
        R"(C:\new\table {x} "quoted" 'too')", "½ cup, 20 °C", "well-known", "¿Qué? «Sí», dijo.",
        "3.5... maybe", "#1 in town", "مرحبا بالعالم", "你好，世界。"})
    EXPECT_EQ(clean_narration(text), text);
}

TEST(Narration, DropsControlCharactersAndKeepsJoiners) {
  EXPECT_EQ(clean_narration(std::string("a\0b\x07\xEF\xBB\xBF", 7)), "ab");
  EXPECT_EQ(clean_narration("می\xE2\x80\x8Cخواهم"), "می\xE2\x80\x8Cخواهم");
}

TEST(Narration, SurvivesBytesThatAreNoUtf8) {
  EXPECT_EQ(clean_narration("caf\xE9 ok"), "caf\xEF\xBF\xBD ok");
  EXPECT_EQ(clean_narration("\xF0\x9F"), "\xEF\xBF\xBD\xEF\xBF\xBD");
}

TEST(Narration, KnowsWhatCanBeSaid) {
  for (const char* text : {"a", "7", "ñ", "你", "ب", "कि", "😀 ok"}) EXPECT_TRUE(is_sayable(text)) << text;
  for (const char* text : {"", "...", R"("{}\%'")", "😀✨", "—", "¡¿", "  ", "。！"})
    EXPECT_FALSE(is_sayable(text)) << text;
}

TEST(Narration, TakesHostileTextInLinearTime) {
  std::string text;
  for (int i = 0; i < 60'000; ++i) text += "*a [b ";
  EXPECT_EQ(clean_narration(text).size(), text.size() - 1);  // the last space
}

}  // namespace
}  // namespace reelspool
