#include "worker/config/settings.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>
#include <set>

namespace reelspool {
namespace {

class SettingsTest : public testing::Test {
 protected:
  SettingsTest() {
    directory_ = std::filesystem::temp_directory_path() / ("settings-test-" + std::to_string(getpid()));
    std::filesystem::create_directories(directory_);
    sources_.directory = directory_;
  }
  ~SettingsTest() override { std::filesystem::remove_all(directory_); }

  void write(const char* name, std::string_view text) { std::ofstream(directory_ / name) << text; }
  /// The complaint about the present sources; empty when there is none.
  std::string complaint() {
    auto settings = Settings::load(sources_);
    return settings ? "" : settings.error().message;
  }
  Settings load() {
    auto settings = Settings::load(sources_);
    EXPECT_TRUE(settings) << settings.error().message;
    return settings ? *settings : Settings();
  }

  std::filesystem::path directory_;
  Settings::Sources sources_;
};

TEST_F(SettingsTest, StrongerSourcesWin) {
  write(".env", "MAX_ATTEMPTS=4\nMUSIC_DB=-20\nDUCK_DB=7\nMAX_SCENES=9\n");
  write(".env.local", "MAX_ATTEMPTS=5\nMUSIC_DB=-21\nDUCK_DB=8\n");
  sources_.environment = {{"MAX_ATTEMPTS", "6"}, {"MUSIC_DB", "-22"}};
  sources_.flags = {{"MAX_ATTEMPTS", "7"}};
  const Settings settings = load();
  EXPECT_EQ(settings.integer("MAX_ATTEMPTS"), 7);
  EXPECT_EQ(settings.number("MUSIC_DB"), -22);
  EXPECT_EQ(settings.number("DUCK_DB"), 8);
  EXPECT_EQ(settings.integer("MAX_SCENES"), 9);
  EXPECT_EQ(settings.integer("MAX_CONCURRENT_SPEECH"), 3);
}

TEST_F(SettingsTest, TellWhereEachValueCameFrom) {
  write(".env", "MAX_SCENES=9\n");
  sources_.flags = {{"DUCK_DB", "3"}};
  std::map<std::string, std::string> source;
  for (const auto& effective : load().effective())
    source[std::string(effective.setting->name)] = effective.source;
  EXPECT_EQ(source["MAX_SCENES"], ".env");
  EXPECT_EQ(source["DUCK_DB"], "flag");
  EXPECT_EQ(source["MAX_ATTEMPTS"], "default");
}

TEST_F(SettingsTest, AllBadValuesAreNamedAtOnceWithTheirSource) {
  write(".env", "MAX_ATTEMPTS=many\nWATERMARK_PLACE=middle\n");
  sources_.environment = {{"LOUDNESS_LUFS", "3"}, {"ENABLE_TTS", "perhaps"}};
  const std::string text = complaint();
  EXPECT_NE(text.find("MAX_ATTEMPTS (.env): \"many\" must be a number"), std::string::npos) << text;
  EXPECT_NE(text.find("WATERMARK_PLACE (.env): \"middle\" must be one of centre|"), std::string::npos)
      << text;
  EXPECT_NE(text.find("LOUDNESS_LUFS (environment): \"3\" must be from -40 to -8"), std::string::npos)
      << text;
  EXPECT_NE(text.find("ENABLE_TTS (environment): \"perhaps\" must be true or false"), std::string::npos)
      << text;
}

// MIN_FREE_DISK_MB said "from 0 to 1e+08".
TEST_F(SettingsTest, BoundsAreToldAsPlainNumbers) {
  sources_.environment = {{"MIN_FREE_DISK_MB", "-1"}, {"WATERMARK_WIDTH", "2"}};
  const std::string text = complaint();
  EXPECT_NE(text.find("\"-1\" must be from 0 to 100000000"), std::string::npos) << text;
  EXPECT_NE(text.find("\"2\" must be from 0.01 to 1"), std::string::npos) << text;
}

TEST_F(SettingsTest, AMisspeltNameIsRefusedAndTheRightOneNamed) {
  write(".env", "MAX_ATEMPTS=4\n");
  EXPECT_NE(complaint().find("MAX_ATEMPTS (.env): no such setting; did you mean MAX_ATTEMPTS?"),
            std::string::npos)
      << complaint();
}

TEST_F(SettingsTest, AShortNameIsAMisspellingByOneLetterAlone) {
  write(".env", "MUSIC_DIR=/srv/music\nDATA_DIR2=x\nMETA_DIR=y\n");
  EXPECT_EQ(complaint(), "DATA_DIR2 (.env): no such setting; did you mean DATA_DIR?");
  write(".env", "LOG_LEVLE=warn\n");
  EXPECT_EQ(complaint(), "LOG_LEVLE (.env): no such setting; did you mean LOG_LEVEL?");
}

TEST_F(SettingsTest, OtherProgramsNamesAreLeftAloneAndReadableByPlugins) {
  write(".env", "NEXT_PUBLIC_URL=\"http://x\" # theirs\nexport FAL_KEY='a b'\n");
  EXPECT_EQ(load().raw("NEXT_PUBLIC_URL"), "http://x");
  EXPECT_EQ(load().raw("FAL_KEY"), "a b");
}

TEST_F(SettingsTest, AnUnknownFlagIsRefused) {
  sources_.flags = {{"FROBNICATE", "1"}};
  EXPECT_NE(complaint().find("FROBNICATE (flag): no such setting"), std::string::npos);
}

TEST_F(SettingsTest, AnAliasSetsTheSettingItStandsFor) {
  sources_.environment = {{"JOB_DELAY_MS", "700"}};
  EXPECT_EQ(load().duration("POLL_INTERVAL_MS"), std::chrono::milliseconds(700));
}

TEST_F(SettingsTest, DurationsTakeUnits) {
  sources_.flags = {{"JOB_TIMEOUT", "90s"}, {"RETRY_DELAY_MS", "250"}};
  const Settings settings = load();
  EXPECT_EQ(settings.duration("JOB_TIMEOUT"), std::chrono::seconds(90));
  EXPECT_EQ(settings.duration("RETRY_DELAY_MS"), std::chrono::milliseconds(250));
}

TEST_F(SettingsTest, ABrokenFileIsNamedWithTheLine) {
  write(".env", "MAX_SCENES=9\nthis is no assignment\n");
  EXPECT_NE(complaint().find(".env: line 2: expected NAME=value"), std::string::npos) << complaint();
  write(".env", "X=\"open\n");
  EXPECT_NE(complaint().find("line 1: the value of X has no closing quote"), std::string::npos)
      << complaint();
}

TEST_F(SettingsTest, TheTablesOwnDefaultsAreValidAndItsNamesUnique) {
  std::set<std::string_view> names;
  for (const Setting& setting : settings_table()) {
    EXPECT_TRUE(names.insert(setting.name).second) << setting.name;
    sources_.environment = {{std::string(setting.name), std::string(setting.standard)}};
    EXPECT_EQ(complaint(), "") << setting.name;
    EXPECT_FALSE(setting.meaning.empty()) << setting.name;
  }
}

}  // namespace
}  // namespace reelspool
