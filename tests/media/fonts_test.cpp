#include "worker/media/fonts.hpp"

#include <gmock/gmock.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "tests/programs/harness.hpp"
#include "worker/media/writing_systems.hpp"

namespace reelspool {
namespace {

/// A machine that has the fonts of one folder only, or one file of it.
class FontsOf : public ::testing::Test {
 protected:
  Scratch scratch;
  void install(const std::filesystem::path& folder, const std::string& file = "*") {
    const auto configuration = scratch.path / "fonts.conf";
    std::ofstream(configuration)
        << "<?xml version=\"1.0\"?><!DOCTYPE fontconfig SYSTEM \"urn:fontconfig:fonts.dtd\">\n"
        << "<fontconfig><dir>" << folder.string() << "</dir><selectfont><rejectfont><glob>*</glob>"
        << "</rejectfont><acceptfont><glob>*/" << file << "</glob></acceptfont></selectfont>"
        << "<cachedir>" << (scratch.path / "cache").string() << "</cachedir></fontconfig>\n";
    ::setenv("FONTCONFIG_FILE", configuration.c_str(), 1);
  }
  void TearDown() override { ::unsetenv("FONTCONFIG_FILE"); }
};

TEST_F(FontsOf, DejaVuDrawAccentsGreekAndCyrillicButNoHan) {
  install("/usr/share/fonts/truetype/dejavu");
  const Fonts fonts = Fonts::load();
  EXPECT_TRUE(fonts.missing("¿Qué tal, señor? «Ελλάδα» Привет – 5 €").empty());
  const auto missing = fonts.missing("a你b好你");
  ASSERT_EQ(missing.size(), 2u);
  EXPECT_EQ(missing[0].text, "你");
  EXPECT_EQ(missing[0].character, U'你');
  EXPECT_EQ(missing[0].script, "Han");
  EXPECT_EQ(missing[0].package, "fonts-noto-cjk");
  EXPECT_EQ(missing[1].text, "好");
}

TEST_F(FontsOf, TheMessageNamesFieldCharacterScriptAndPackage) {
  install("/usr/share/fonts/truetype/dejavu");
  const Fonts fonts = Fonts::load();
  const auto checked = fonts.check("params.storyboard.scenes[1].spoken_text", "你");
  ASSERT_FALSE(checked);
  EXPECT_EQ(checked.error().cls, ErrorClass::invalid_request);
  EXPECT_EQ(checked.error().field, "params.storyboard.scenes[1].spoken_text");
  EXPECT_EQ(
      checked.error().message,
      "params.storyboard.scenes[1].spoken_text: no installed font has \"你\" (Han); install fonts-noto-cjk");
  const auto several = fonts.check("title", "हि 一二三四五六七");
  ASSERT_FALSE(several);
  EXPECT_THAT(several.error().message,
              ::testing::AllOf(::testing::HasSubstr("(Devanagari); install fonts-noto-core"),
                               ::testing::HasSubstr("\"五\" and 2 more (Han); install fonts-noto-cjk")));
  EXPECT_TRUE(fonts.check("title", "plain"));
}

TEST_F(FontsOf, WhatIsNotDrawnNeedsNoFont) {
  install("/usr/share/fonts/truetype/dejavu");
  const Fonts fonts = Fonts::load();
  EXPECT_TRUE(fonts.missing("a\tb\nc\r \u00a0\u3000\u200d\u200f\ufe0f\u2028\u00ad\ufeff\U000e0067").empty());
  EXPECT_TRUE(fonts.missing(std::string("broken \xff\xc3 utf-8\0", 16)).empty());
  EXPECT_TRUE(fonts.missing("").empty());
}

TEST_F(FontsOf, CombiningMarksAreDrawn) {
  install("/usr/share/fonts/truetype/dejavu");
  const Fonts fonts = Fonts::load();
  EXPECT_TRUE(fonts.missing("e\u0301").empty());
  EXPECT_FALSE(fonts.missing("\u0942").empty()) << "a Devanagari vowel sign";
}

TEST_F(FontsOf, ColouredBitmapsDoNotCount) {
  const std::filesystem::path font = "/usr/share/fonts/truetype/noto/NotoColorEmoji.ttf";
  if (!std::filesystem::exists(font)) GTEST_SKIP() << "needs fonts-noto-color-emoji";
  install(font.parent_path(), font.filename());
  const auto missing = Fonts::load().missing("😀");
  ASSERT_EQ(missing.size(), 1u) << "libass shows a box for it";
  EXPECT_EQ(missing[0].script, "emoji");
}

TEST_F(FontsOf, AMachineWithoutFontsDrawsNothing) {
  install(scratch.path / "nothing");
  EXPECT_EQ(Fonts::load().missing("ab").size(), 2u);
}

TEST_F(FontsOf, FontsThatABoxedScriptCannotReadDoNotCount) {
  const auto folder = scratch.path / "private";
  std::filesystem::create_directory(folder);
  std::filesystem::copy_file("/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf", folder / "DejaVuSans.ttf");
  install(folder);
  EXPECT_EQ(Fonts::load().missing("a").size(), 1u);
}

TEST(WritingSystems, AreKnownByTheirRanges) {
  EXPECT_EQ(writing_system_of(U'a').name, "Latin");
  EXPECT_EQ(writing_system_of(U'ق').name, "Arabic");
  EXPECT_EQ(writing_system_of(U'한').package, "fonts-noto-cjk");
  EXPECT_EQ(writing_system_of(U'😀').name, "emoji");
  EXPECT_EQ(writing_system_of(0x1E000).name, "a rare script") << "between two rows";
  EXPECT_EQ(writing_system_of(0x10FFFF).name, "private use");
}

}  // namespace
}  // namespace reelspool
