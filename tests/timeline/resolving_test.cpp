#include "worker/timeline/resolving.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "worker/timeline/cutting.hpp"

namespace reelspool {
namespace {

using ::testing::HasSubstr;

ShotRequest clip(double trim_s = 0, double speed = 1, std::optional<double> seconds = std::nullopt) {
  ShotRequest shot;
  shot.field = "shot";
  shot.shot.kind = Shot::Kind::clip;
  shot.shot.trim_s = trim_s;
  shot.shot.speed = speed;
  shot.seconds = seconds;
  return shot;
}
ShotRequest into(ShotRequest shot, double seconds) {
  shot.into = {"crossfade", 0};
  shot.into_s = seconds;
  return shot;
}
RenderRequest request(std::vector<ShotRequest> shots, std::vector<SoundRequest> sounds = {}) {
  RenderRequest request;
  request.shots = std::move(shots);
  request.sounds = std::move(sounds);
  return request;
}

TEST(Resolving, TakesLengthsFromTheFiles) {
  const auto timeline =
      resolve(request({clip(), clip(1, 2), clip(0, 1, 2.5)}), {{"a", 4, 4}, {"b", 5, 0}, {"c", 9, 9}}, {});
  ASSERT_TRUE(timeline);
  EXPECT_EQ(timeline->shots[0].frames, 120);
  EXPECT_EQ(timeline->shots[1].frames, 60) << "4 s that are left, twice as fast";
  EXPECT_EQ(timeline->shots[2].frames, 75);
  ASSERT_EQ(timeline->sounds.size(), 2u) << "b has none";
  EXPECT_EQ(timeline->sounds[1].at, 180 * 1600);
}

TEST(Resolving, FadesAClipsOwnSoundWithItsTransitions) {
  ShotRequest quiet = clip();
  quiet.volume = 0;
  const auto timeline = resolve(request({into(clip(), 1), into(clip(), 0.5), quiet}),
                                {{"a", 4, 4}, {"b", 4, 4}, {"c", 4, 4}}, {});
  ASSERT_TRUE(timeline);
  ASSERT_EQ(timeline->sounds.size(), 2u);
  EXPECT_DOUBLE_EQ(*timeline->sounds[0].fade_out_s, 1);
  EXPECT_DOUBLE_EQ(*timeline->sounds[1].fade_in_s, 1);
  EXPECT_DOUBLE_EQ(*timeline->sounds[1].fade_out_s, 0.5);
  EXPECT_EQ(timeline->sounds[1].at, 90 * 1600);
  EXPECT_EQ(frames_of(*timeline), 360 - 45);
}

TEST(Resolving, RefusesWhatDoesNotFit) {
  const auto complaint = [](const RenderRequest& request, std::vector<Medium> shots,
                            std::vector<Medium> sounds = {}) {
    const auto timeline = resolve(request, shots, sounds);
    return timeline ? std::string() : timeline.error().message;
  };
  EXPECT_THAT(complaint(request({clip(5)}), {{"a", 4, 0}}),
              HasSubstr("shot.trim: is 5 s, but the clip is over after 4 s"));
  EXPECT_THAT(complaint(request({into(clip(), 3), clip()}), {{"a", 4, 0}, {"b", 2, 0}}),
              HasSubstr("lasts 2 s, and its transitions would take 3 s"));
  EXPECT_THAT(complaint(request({into(clip(), 1.5), into(clip(), 1.5), clip()}),
                        {{"a", 4, 0}, {"b", 2, 0}, {"c", 4, 0}}),
              HasSubstr("make one of them shorter"));
  SoundRequest late;
  late.field = "sound";
  late.sound.at = 5 * 48000;
  EXPECT_THAT(complaint(request({clip()}, {late}), {{"a", 4, 0}}, {{"s", 0, 1}}),
              HasSubstr("sound.start: is after the end of the video, which lasts 4 s"));
  late.sound.at = 0;
  late.sound.from_s = 2;
  EXPECT_THAT(complaint(request({clip()}, {late}), {{"a", 4, 0}}, {{"s", 0, 1}}),
              HasSubstr("sound.trim: is 2 s"));
  EXPECT_THAT(complaint(request({clip(0, 1, 20000.), clip(0, 1, 20000.)}), {{"a", 4, 0}, {"a", 4, 0}}),
              HasSubstr("longer than 6 hours"));
}

}  // namespace
}  // namespace reelspool
