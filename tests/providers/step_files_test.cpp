#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "tests/providers/house.hpp"
#include "worker/providers/step_files.hpp"

namespace reelspool {
namespace {

using ::testing::HasSubstr;

class AStepsFiles : public ::testing::Test {
 protected:
  AStepsFiles() {
    testing::write(scratch.path() / "secret", "outside");
    testing::write(folder / "picture.png", "inside");
  }
  testing::Scratch scratch;
  testing::fs::path folder = scratch.path() / "step";
  StepFiles files{folder};
};

TEST_F(AStepsFiles, AreReadAndWrittenByTheirPlainNames) {
  EXPECT_TRUE(files.check_readable("picture.png", true));
  ASSERT_TRUE(files.write("words_1.ass", "text"));
  EXPECT_EQ(testing::read(folder / "words_1.ass"), "text");
  ASSERT_TRUE(files.write("words_1.ass", "new"));
  EXPECT_EQ(testing::read(folder / "words_1.ass"), "new");
}

// A picture that a request brings is a hard link to the job's own; a plugin that gave a text its name wrote over both.
TEST_F(AStepsFiles, AreWrittenWithoutTouchingTheirOtherNames) {
  testing::fs::create_hard_link(folder / "picture.png", scratch.path() / "clip_0_image.png");
  ASSERT_TRUE(files.write("picture.png", "overwritten"));
  EXPECT_EQ(testing::read(folder / "picture.png"), "overwritten");
  EXPECT_EQ(testing::read(scratch.path() / "clip_0_image.png"), "inside");
}

TEST_F(AStepsFiles, HaveNoNameThatLeadsOutOrHides) {
  for (const std::string& name :
       {std::string("../secret"), std::string("/etc/passwd"), std::string(".."), std::string("."),
        std::string(".hidden"), std::string("a/b"), std::string("-rf"), std::string(""),
        std::string("a\0b", 3), std::string("a\nb"), std::string("caf\xC3\xA9"), std::string(101, 'a')}) {
    auto result = files.write(name, "x");
    ASSERT_FALSE(result) << name;
    EXPECT_EQ(result.error().cls, ErrorClass::plugin_crashed);
    EXPECT_FALSE(files.check_readable(name, false)) << name;
    EXPECT_FALSE(files.check_writable(name)) << name;
  }
  EXPECT_EQ(testing::read(scratch.path() / "secret"), "outside");
}

TEST_F(AStepsFiles, AreNeverLinks) {
  testing::fs::create_symlink("../secret", folder / "out.png");
  testing::fs::create_symlink("picture.png", folder / "near.png");
  testing::fs::create_symlink("/nowhere", folder / "nowhere.png");
  for (const char* name : {"out.png", "near.png", "nowhere.png"}) {
    auto result = files.check_readable(name, true);
    ASSERT_FALSE(result) << name;
    EXPECT_THAT(result.error().message, HasSubstr("is a link"));
    EXPECT_FALSE(files.write(name, "overwritten")) << name;
    EXPECT_FALSE(files.check_writable(name)) << name;
  }
  EXPECT_EQ(testing::read(scratch.path() / "secret"), "outside");
}

TEST_F(AStepsFiles, AreRegularFiles) {
  testing::fs::create_directory(folder / "folder");
  ASSERT_EQ(mkfifo((folder / "pipe").c_str(), 0600), 0);
  for (const char* name : {"folder", "pipe"}) {
    auto result = files.check_readable(name, false);
    ASSERT_FALSE(result) << name;
    EXPECT_THAT(result.error().message, HasSubstr("is no regular file"));
  }
}

TEST_F(AStepsFiles, AreThereAndNotEmptyWhenTheyAreResults) {
  testing::write(folder / "empty.png", "");
  EXPECT_TRUE(files.check_readable("empty.png", false));
  EXPECT_THAT(files.check_readable("empty.png", true).error().message, HasSubstr("is empty"));
  EXPECT_THAT(files.check_readable("missing.png", true).error().message, HasSubstr("is not there"));
}

}  // namespace
}  // namespace reelspool
