#include "plugins/local/words/voice.hpp"

#include <gtest/gtest.h>

namespace reelspool::words {
namespace {

const std::vector<InstalledVoice> installed{
    {"gmw/en", "English (Great Britain)", {"en-gb", "en"}, 2},
    {"gmw/en-US", "English (America)", {"en-us", "en"}, 2},
    {"gmw/en-GB-scotland", "English (Scotland)", {"en-gb-scotland", "en"}, 5},
    {"roa/es", "Spanish (Spain)", {"es"}, 5},
    {"roa/es-419", "Spanish (Latin America)", {"es-419", "es-mx", "es"}, 5},
    {"roa/pt", "Portuguese (Portugal)", {"pt", "pt-pt"}, 5},
    {"roa/pt-BR", "Portuguese (Brazil)", {"pt-br", "pt"}, 5},
    {"gmq/nb", "Norwegian", {"nb", "no"}, 5},
    {"sit/cmn", "Mandarin", {"cmn", "zh-cmn", "zh"}, 5},
    {"sit/yue", "Cantonese", {"yue", "zh-yue", "zh"}, 5},
    {"aav/vi-VN-x-south", "Vietnamese", {"vi-vn-x-south"}, 5}};
const std::vector<std::string> variants{"f2", "m3", "f3"};

std::string chosen(const std::string& language, const std::string& gender = "",
                   const std::string& voice = "") {
  const Result<Voice> found = choose_voice({language, gender, voice}, installed, variants);
  return found ? found->identifier : found.error().field + "!";
}

TEST(Voice, TheExactTagWinsAndARegionWithoutAVoiceGetsItsNeighbours) {
  EXPECT_EQ(chosen("es-ES"), "roa/es+m3");
  EXPECT_EQ(chosen("es-MX"), "roa/es-419+m3");
  EXPECT_EQ(chosen("es-AR"), "roa/es-419+m3");
  EXPECT_EQ(chosen("ES_419"), "roa/es-419+m3");
  EXPECT_EQ(chosen("en"), "gmw/en-US+m3");
  EXPECT_EQ(chosen("en-CA"), "gmw/en-US+m3");
  EXPECT_EQ(chosen("en-AU"), "gmw/en+m3");
  EXPECT_EQ(chosen("pt-PT"), "roa/pt+m3");
  EXPECT_EQ(chosen("pt"), "roa/pt-BR+m3");
  EXPECT_EQ(chosen("no"), "gmq/nb+m3");
  EXPECT_EQ(chosen("zh-CN"), "sit/cmn+m3");
  EXPECT_EQ(chosen("zh-HK"), "sit/yue+m3");
  EXPECT_EQ(chosen("vi"), "aav/vi-VN-x-south+m3");
}

TEST(Voice, GenderIsAVariant) {
  EXPECT_EQ(chosen("es-MX", "female"), "roa/es-419+f2");
  EXPECT_EQ(chosen("es-MX", "male"), "roa/es-419+m3");
}

TEST(Voice, NeverAnotherLanguageAndNeverAVariantThatIsNotThere) {
  EXPECT_EQ(chosen("xx"), "language!");
  EXPECT_EQ(chosen(""), "language!");
  EXPECT_EQ(chosen("en", "", "es-419"), "voice!");
  EXPECT_EQ(chosen("en", "", "en-gb+f99"), "voice!");
  EXPECT_EQ(chosen("en", "", "klingon"), "voice!");
}

TEST(Voice, AVoiceMayBeNamed) {
  EXPECT_EQ(chosen("en", "male", "en-gb-scotland+f3"), "gmw/en-GB-scotland+f3");
  EXPECT_EQ(chosen("es", "female", "es-419"), "roa/es-419+f2");
  EXPECT_EQ(chosen("es", "", "+f3"), "roa/es+f3");
}

}  // namespace
}  // namespace reelspool::words
