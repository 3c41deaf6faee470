#include <gtest/gtest.h>

#include "worker/story/colour.hpp"
#include "worker/story/frame.hpp"
#include "worker/story/language.hpp"
#include "worker/story/modes.hpp"
#include "worker/story/plans.hpp"
#include "worker/story/scene_length.hpp"
#include "worker/story/unicode.hpp"

namespace reelspool {
namespace {

TEST(SceneLength, IsWholeFramesThatHoldTheNarration) {
  EXPECT_EQ(scene_frames(4.0, std::nullopt), 135);           // 0.15 + 4.0 + 0.35 s
  EXPECT_EQ(scene_frames(4.001, std::nullopt), 136);         // up, so that no word is lost
  EXPECT_EQ(scene_frames(1.0, std::nullopt), 90);            // at least 3 s
  EXPECT_EQ(scene_frames(std::nullopt, std::nullopt), 120);  // 4 s where nothing is said
}

TEST(SceneLength, IsTheOneAskedForUnlessTheNarrationNeedsMore) {
  EXPECT_EQ(scene_frames(4.0, 8.0), 240);
  EXPECT_EQ(scene_frames(4.0, 2.0), 135);
  EXPECT_EQ(scene_frames(1.0, 2.0), 60);  // a given length may be under 3 s
  EXPECT_EQ(scene_frames(std::nullopt, 0.5), 15);
}

TEST(SceneLength, AddsUpToWholeSamples) {
  EXPECT_EQ(135 * samples_per_frame, 216'000);
  EXPECT_DOUBLE_EQ(frames_to_seconds(135), 4.5);
}

TEST(Modes, AreOneTable) {
  EXPECT_EQ(find_audio_mode("tts"), find_audio_mode("voiceover"));
  EXPECT_EQ(find_audio_mode("karaoke"), nullptr);
  EXPECT_EQ(find_audio_mode(""), nullptr);
  EXPECT_EQ(known_audio_modes(), "voiceover, music_only, raw or hybrid");
  EXPECT_TRUE(is_narrated(*find_audio_mode("voiceover"), false));
  EXPECT_FALSE(is_narrated(*find_audio_mode("hybrid"), false));
  EXPECT_TRUE(is_narrated(*find_audio_mode("hybrid"), true));
  EXPECT_FALSE(is_narrated(*find_audio_mode("music_only"), true));
}

TEST(Plans, ArePaidByNameTrimmedAndInLowerCase) {
  for (const char* plan : {"pro", " Growth ", "ENTERPRISE", "starter\n"})
    EXPECT_TRUE(is_paid_plan(plan)) << plan;
  for (const char* plan : {"free", "", "  ", "prohibited", "trial"}) EXPECT_FALSE(is_paid_plan(plan)) << plan;
}

TEST(Language, TagsAreReadInAnySpelling) {
  EXPECT_EQ(language_tag("es-MX"), "es-MX");
  EXPECT_EQ(language_tag("ES_mx"), "es-MX");
  EXPECT_EQ(language_tag("zh-hant-TW"), "zh-Hant-TW");
  EXPECT_EQ(language_tag("en"), "en");
  EXPECT_EQ(language_tag("es-419"), "es-419");
  for (const char* bad : {"", "e", "english please", "es-", "-es", "es--MX", "12", "es-MX-toolongpart"})
    EXPECT_FALSE(language_tag(bad)) << bad;
  EXPECT_EQ(base_language("es-MX"), "es");
}

TEST(Language, GendersAreReadInTheWordsOfFrontEnds) {
  EXPECT_EQ(voice_gender("Hombre"), "male");
  EXPECT_EQ(voice_gender("Mujer"), "female");
  EXPECT_EQ(voice_gender("FEMALE"), "female");
  EXPECT_FALSE(voice_gender("robot"));
}

TEST(FrameSize, ComesFromRatioAndResolution) {
  const auto vertical = frame_of("9:16", "1080p");
  ASSERT_TRUE(vertical);
  EXPECT_EQ(vertical->width, 1080);
  EXPECT_EQ(vertical->height, 1920);
  EXPECT_EQ(frame_of("16:9", "720p")->width, 1280);
  EXPECT_EQ(frame_of("4:5", "1080p")->height, 1350);
  EXPECT_EQ(frame_of("9:16", "480p")->height % 2, 0);
  EXPECT_FALSE(frame_of("3:2", "1080p"));
  EXPECT_FALSE(frame_of("9:16", "1080"));
}

TEST(Colours, AreHex) {
  EXPECT_EQ(to_hex(*parse_colour("#FC0")), "#ffcc00");
  EXPECT_EQ(to_hex(*parse_colour("#12aBcD")), "#12abcd");
  for (const char* bad : {"", "#", "red", "#12345", "#gggggg", "#+12345"})
    EXPECT_FALSE(parse_colour(bad)) << bad;
}

TEST(Unicode, CountsColumnsAndCharacters) {
  EXPECT_EQ(columns("cafe\u0301"), 4u);
  EXPECT_EQ(columns("你好"), 4u);
  EXPECT_EQ(count_characters("añ你😀"), 4u);
  EXPECT_EQ(to_utf8(to_code_points("añ你😀")), "añ你😀");
}

TEST(Unicode, LeavesCharactersOut) {
  EXPECT_EQ(without_characters("Buy ✨ now 🎉", "✨🎉"), "Buy now");
  EXPECT_EQ(without_characters("✨", "✨"), "");
  EXPECT_EQ(without_characters("as it is", ""), "as it is");
}

}  // namespace
}  // namespace reelspool
