#include "worker/pipeline/step_times.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmath>
#include <filesystem>
#include <fstream>

namespace reelspool {
namespace {

class StepTimesTest : public testing::Test {
 protected:
  StepTimesTest()
      : file_(std::filesystem::temp_directory_path() / ("step-times-" + std::to_string(getpid()))) {}
  ~StepTimesTest() override { std::filesystem::remove(file_); }
  StepTimes kept(const std::string& text) {
    std::ofstream(file_) << text;
    return StepTimes::read(file_);
  }
  const std::filesystem::path file_;
};

TEST_F(StepTimesTest, BeginWithFirstValuesAndLearn) {
  StepTimes times;
  EXPECT_EQ(times.expected_s("scene-3/keyframe"), 20);
  EXPECT_EQ(times.expected_s("no such step"), 0);
  times.took("scene-1/keyframe", 4);
  times.took("scene-2/keyframe", 6);
  EXPECT_EQ(times.expected_s("scene-9/keyframe"), 5);
  for (int i = 0; i < 100; ++i) times.took("scene-1/keyframe", 1);
  EXPECT_NEAR(times.expected_s("keyframe"), 1, 0.01);
}

TEST_F(StepTimesTest, AreTheSameAfterARestart) {
  StepTimes times;
  times.took("scene-1/piece", 2.5);
  times.took("mix", 1.25);
  const StepTimes again = kept(times.text());
  EXPECT_EQ(again.expected_s("scene-4/piece"), 2.5);
  EXPECT_EQ(again.text(), times.text());
}

TEST_F(StepTimesTest, BelieveNothingAbsurd) {
  std::filesystem::remove(file_);
  EXPECT_EQ(StepTimes::read(file_).expected_s("speech"), 10);
  for (const char* text : {"", "[]", "{", R"({"speech":3})", R"({"speech":{"seconds":-1,"steps":3}})",
                           R"({"speech":{"seconds":1e300,"steps":3}})",
                           R"({"speech":{"seconds":"1","steps":3}})", R"({"speech":{"seconds":1,"steps":0}})",
                           R"({"speech":{"seconds":1}})", R"({"hologram":{"seconds":1,"steps":1}})"})
    EXPECT_EQ(kept(text).text(), "{}") << text;
  StepTimes times;
  times.took("speech", -1);
  times.took("speech", std::nan(""));
  EXPECT_EQ(times.expected_s("speech"), 10);
}

TEST_F(StepTimesTest, ReadNoPipeAndNothingHuge) {
  ASSERT_EQ(mkfifo(file_.c_str(), 0600), 0);
  EXPECT_EQ(StepTimes::read(file_).text(), "{}");
  std::filesystem::remove(file_);
  EXPECT_EQ(kept(std::string(70'000, ' ') + R"({"speech":{"seconds":1,"steps":1}})").text(), "{}");
}

}  // namespace
}  // namespace reelspool
