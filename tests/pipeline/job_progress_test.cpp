#include "worker/pipeline/job_progress.hpp"

#include <gtest/gtest.h>

#include <set>

#include "worker/pipeline/making.hpp"

namespace reelspool {
namespace {

std::vector<std::string> steps_of(int scenes) {
  std::vector<std::string> keys = {"check", "music", "mix", "finish", "thumbnail", "assets"};
  for (int scene = 1; scene <= scenes; ++scene)
    for (const char* step : {"speech", "keyframe", "clip", "piece"}) keys.push_back(scene_key(scene, step));
  return keys;
}

TEST(JobProgress, GrowsTo99AndLeavesTheRestToDone) {
  std::vector<Progress> shown;
  StepTimes times;
  JobProgress progress(3, steps_of(3), times, [&](const Progress& now) { shown.push_back(now); });
  for (const std::string& key : steps_of(3)) progress.moved(key, 1);
  EXPECT_DOUBLE_EQ(progress.percent(), 99);
  for (std::size_t i = 1; i < shown.size(); ++i) EXPECT_GE(shown[i].percent, shown[i - 1].percent);
  EXPECT_EQ(shown.front().stage, "preparing");
  EXPECT_EQ(shown.front().scenes, 3);
}

TEST(JobProgress, NeverGoesBack) {
  std::vector<Progress> shown;
  StepTimes times;
  JobProgress progress(1, steps_of(1), times, [&](const Progress& now) { shown.push_back(now); });
  progress.moved("scene-1/piece", 0.8);
  const double before = progress.percent();
  progress.moved("scene-1/piece", 0.1);  // a script that is run again begins anew
  EXPECT_DOUBLE_EQ(progress.percent(), before);
  progress.moved("scene-1/piece", -5);
  progress.moved("scene-1/piece", 50);
  EXPECT_LE(progress.percent(), 99);
  EXPECT_LE(progress.scene_percent(1), 100);
}

TEST(JobProgress, TellsStageSceneAndWhatIsDone) {
  Progress last;
  StepTimes times;
  JobProgress progress(5, steps_of(5), times, [&](const Progress& now) { last = now; });
  progress.moved("scene-2/piece", 0.5);
  EXPECT_EQ(last.stage, "merging");
  EXPECT_EQ(last.scene, 2);
  EXPECT_EQ(last.message, "Scene 2 of 5: encoding picture and captions");
  progress.moved("mix", 0.5);
  EXPECT_EQ(last.stage, "rendering");
  EXPECT_EQ(last.scene, 0);
  EXPECT_EQ(last.message, "Mixing the sound");
}

TEST(JobProgress, KnowsEachScenesShare) {
  StepTimes times;
  JobProgress progress(12, steps_of(12), times, nullptr);
  for (const char* step : {"speech", "keyframe", "clip", "piece"}) progress.moved(scene_key(1, step), 1);
  EXPECT_DOUBLE_EQ(progress.scene_percent(1), 100);
  EXPECT_DOUBLE_EQ(progress.scene_percent(2), 0);
  EXPECT_DOUBLE_EQ(progress.scene_percent(12), 0);  // "scene-1/" is no prefix of scene 12's keys
}

TEST(JobProgress, SpeaksOnlyTheStagesOfTheJobFile) {
  const std::set<std::string> stages = {"waiting",
                                        "charging",
                                        "preparing",
                                        "planning",
                                        "classifying",
                                        "generating_audio",
                                        "generating_keyframe",
                                        "generating_video",
                                        "lip_syncing",
                                        "merging",
                                        "generating_music",
                                        "rendering",
                                        "concatenating",
                                        "finishing",
                                        "uploading"};
  for (const std::string& key : steps_of(1))
    EXPECT_TRUE(stages.contains(std::string(look_of(key).stage))) << key;
  EXPECT_EQ(look_of("plan").stage, "planning");
  EXPECT_EQ(look_of("unheard-of").stage, "preparing");
}

/// The steps of one scene and its video usually take 65.1 s in all, until this machine has shown what they take.
TEST(JobProgress, EstimatesByFirstValuesAndThenByWhatItMeasured) {
  StepTimes times;
  JobProgress::Moment now{};
  Progress last;
  JobProgress progress(
      1, steps_of(1), times, [&](const Progress& shown) { last = shown; }, [&] { return now; });
  EXPECT_EQ(last.eta_seconds, 66);

  // Nine seconds' worth of steps in three: three times the usual pace, of which the first ten seconds are not believed.
  now += std::chrono::seconds(3);
  progress.took("scene-1/speech", std::chrono::seconds(3));
  progress.moved("scene-1/speech", 1);
  EXPECT_EQ(last.eta_seconds, 56);  // 55.1 s of usual time at (3 + 10) / (3 + 10)
  EXPECT_DOUBLE_EQ(times.expected_s("scene-7/speech"), 3);

  now += std::chrono::seconds(2);
  progress.took("scene-1/keyframe", std::chrono::seconds(2));
  progress.moved("scene-1/keyframe", 1);
  progress.moved("scene-1/piece", 0.5);
  EXPECT_LT(*last.eta_seconds, 30);
  for (const std::string& key : steps_of(1)) progress.moved(key, 1);
  EXPECT_EQ(progress.eta_seconds(), 0);
}

TEST(JobProgress, RememberedStepsMakeTheRestShorterAndThePaceNoFaster) {
  StepTimes times;
  JobProgress::Moment now{};
  JobProgress progress(1, steps_of(1), times, nullptr, [&] { return now; });
  progress.moved("scene-1/keyframe", 1);
  EXPECT_EQ(progress.eta_seconds(), 46);  // 45.1 s
  now += std::chrono::seconds(10);        // in which nothing was made: half the usual pace
  EXPECT_EQ(progress.eta_seconds(), 91);
}

}  // namespace
}  // namespace reelspool
