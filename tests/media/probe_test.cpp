#include "worker/media/probe.hpp"

#include <gmock/gmock.h>

#include "tests/media/harness.hpp"

namespace reelspool {
namespace {

using Probing = MediaTest;

TEST_F(Probing, TellsWhatARealFileHolds) {
  script(
      "make",
      R"(exec ffmpeg -nostdin -v error -f lavfi -i testsrc2=s=320x180:r=30:d=1 -f lavfi -i sine=r=48000:d=1 \
  -c:v libx264 -pix_fmt yuv420p -colorspace bt709 -c:a aac -ac 2 -movflags +faststart "$2")");
  ScriptCall make = call("make");
  make.options = {{"out", ScriptCall::Output{"made.mp4"}}};
  const auto made = run_script(std::move(make));
  ASSERT_TRUE(made) << made.error().message;

  for (const std::filesystem::path& name : {std::filesystem::path("made.mp4"), work / "made.mp4"}) {
    const auto info = wait_for(probe(*scripts, name, work, stop));
    ASSERT_TRUE(info) << info.error().message;
    ASSERT_TRUE(info->video);
    EXPECT_EQ(info->video->codec, "h264");
    EXPECT_EQ(info->video->width, 320);
    EXPECT_EQ(info->video->height, 180);
    EXPECT_EQ(info->video->fps, 30);
    EXPECT_EQ(info->video->frames, 30);
    EXPECT_EQ(info->video->pix_fmt, "yuv420p");
    EXPECT_EQ(info->video->color_space, "bt709");
    ASSERT_TRUE(info->audio);
    EXPECT_EQ(info->audio->codec, "aac");
    EXPECT_EQ(info->audio->rate, 48000);
    EXPECT_EQ(info->audio->channels, 2);
    EXPECT_GE(info->audio->samples, 48000);
    EXPECT_TRUE(info->faststart);
  }
}

TEST_F(Probing, AFileThatIsNoMediaIsAMediaError) {
  std::ofstream(work / "made.mp4") << "rubbish";
  const auto info = wait_for(probe(*scripts, "made.mp4", work, stop));
  ASSERT_FALSE(info);
  EXPECT_EQ(info.error().cls, ErrorClass::media) << info.error().message;
}

TEST(MediaInfoText, WhatTheFileDoesNotSayIsEmpty) {
  const auto info =
      read_media_info(R"({"seconds": null, "video": {"codec": "h264", "profile": null}, "audio": null})");
  ASSERT_TRUE(info) << info.error().message;
  EXPECT_EQ(info->seconds, 0);
  EXPECT_EQ(info->video->codec, "h264");
  EXPECT_EQ(info->video->profile, "");
  EXPECT_FALSE(info->audio);
}

TEST(MediaInfoText, AnAnswerThatIsNoneIsAnError) {
  for (const char* text :
       {"", "[]", "3", "{", R"({"seconds": "long"})", R"({"video": 7})", R"({"audio": {"rate": "48k"}})"}) {
    const auto info = read_media_info(text);
    ASSERT_FALSE(info) << text;
    EXPECT_EQ(info.error().cls, ErrorClass::media);
    EXPECT_THAT(info.error().message, ::testing::StartsWith("probe: its answer is not understood: "));
  }
}

}  // namespace
}  // namespace reelspool
