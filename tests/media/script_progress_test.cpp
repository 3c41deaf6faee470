#include "worker/media/script_progress.hpp"

#include <gtest/gtest.h>

namespace reelspool {
namespace {

TEST(ScriptProgress, IsTheTimeDoneOfTheTotal) {
  ScriptProgress progress;
  EXPECT_FALSE(progress.fraction());
  progress.take("total_us=4000000");
  EXPECT_FALSE(progress.fraction());
  progress.take("out_time_us=1000000");
  EXPECT_DOUBLE_EQ(*progress.fraction(), 0.25);
}

TEST(ScriptProgress, ReadsFfmpegsMillisecondsAsTheMicrosecondsTheyAre) {
  ScriptProgress progress;
  progress.take("total_us=4000000");
  progress.take("out_time_ms=1000000");
  EXPECT_DOUBLE_EQ(*progress.fraction(), 0.25);
}

TEST(ScriptProgress, NeverGoesBackAndNeverReachesTheEnd) {
  ScriptProgress progress;
  progress.take("total_us=1000");
  progress.take("out_time_us=500");
  progress.take("out_time_us=-200");
  EXPECT_DOUBLE_EQ(*progress.fraction(), 0.5);
  progress.take("out_time_us=9000");
  EXPECT_DOUBLE_EQ(*progress.fraction(), 0.99);
  progress.take("progress=end");
  EXPECT_DOUBLE_EQ(*progress.fraction(), 0.99);
}

TEST(ScriptProgress, SurvivesWhatIsNoFigure) {
  ScriptProgress progress;
  for (const char* line : {"", "=", "total_us=", "total_us=0", "out_time_us=5", "out_time_us=N/A",
                           "total_us=99999999999999999999", "noise", "total_us=-5", "out_time_us=1"})
    progress.take(line);
  EXPECT_FALSE(progress.fraction());
}

TEST(ScriptProgress, OnlyWhatChangedShowsThatSomethingMoved) {
  ScriptProgress progress;
  EXPECT_TRUE(progress.take("out_time_us=1"));
  EXPECT_FALSE(progress.take("out_time_us=1"));
  EXPECT_TRUE(progress.take("total_size=  48"));
  EXPECT_FALSE(progress.take("speed=1.1x"));
  EXPECT_FALSE(progress.take("speed=1.2x")) << "the speed falls while nothing happens";
  EXPECT_FALSE(progress.take("progress=continue"));
  EXPECT_TRUE(progress.take("out_time_us=2"));
}

}  // namespace
}  // namespace reelspool
