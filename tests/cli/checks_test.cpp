#include "worker/cli/checks.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <map>

#include "worker/programs/programs.hpp"

namespace reelspool {
namespace {

Settings with_sandbox(const std::string& value) {
  Settings::Sources sources;
  sources.flags = {{"SANDBOX", value}};
  return *Settings::load(sources);
}

// SANDBOX=if_possible took the box away from every program, also where the kernel has one.
TEST(TheSandbox, IsUsedWhereverTheKernelHasOne) {
  EXPECT_TRUE(runs_boxed(with_sandbox("required")));
  EXPECT_EQ(runs_boxed(with_sandbox("if_possible")), landlock_version() > 0);
}

std::vector<Finding> bad_findings(std::map<std::string, std::string> flags) {
  flags["DATA_DIR"] = std::filesystem::temp_directory_path();
  Settings::Sources sources;
  sources.flags = {flags.begin(), flags.end()};
  std::vector<Finding> found = check_quickly(*Settings::load(sources));
  std::erase_if(found, [&](const Finding& finding) {
    return flags.count(finding.subject) == 0 || finding.subject == "DATA_DIR";
  });
  return found;
}

// A watermark that was not there failed the first job for good, as its user's mistake; doctor had said that all was well.
TEST(TheStart, NamesEveryFileAndFolderOfASettingThatIsNotThere) {
  const auto found = bad_findings({{"WATERMARK_IMAGE", "/nope.png"},
                                   {"SCRIPTS_DIR", "/nope"},
                                   {"PLUGINS_DIR", "/nope"},
                                   {"MEDIA_FOLDERS", "/usr:/nope:/nowhere"}});
  ASSERT_EQ(found.size(), 5U);
  EXPECT_EQ(found[0].what, "there is no file /nope.png");
  EXPECT_EQ(found[0].level, Finding::Level::unusable);
  EXPECT_EQ(found[1].level, Finding::Level::unusable);
  EXPECT_EQ(found[4].what, "there is no folder /nowhere");
  EXPECT_TRUE(
      bad_findings({{"WATERMARK_IMAGE", "none"}, {"SCRIPTS_DIR", "/usr"}, {"MEDIA_FOLDERS", ""}}).empty());
}

}  // namespace
}  // namespace reelspool
