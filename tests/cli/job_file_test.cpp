#include "worker/cli/job_file.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "jobstore/job.hpp"
#include "jobstore/json.hpp"

namespace reelspool {
namespace {

class JobFileTest : public testing::Test {
 protected:
  JobFileTest() {
    folder_ = std::filesystem::temp_directory_path() / ("job-file-test-" + std::to_string(getpid()));
    std::filesystem::create_directories(folder_);
  }
  ~JobFileTest() override { std::filesystem::remove_all(folder_); }

  std::string file_with(std::string_view text, const std::string& name = "ad.json") {
    std::ofstream(folder_ / name) << text;
    return (folder_ / name).string();
  }
  std::string complaint(const std::string& file) {
    auto text = read_job_file(file);
    return text ? "" : text.error().message;
  }

  std::filesystem::path folder_;
};

TEST_F(JobFileTest, AJobWithAnIdIsLeftAsItIs) {
  const std::string text = R"({"id": "x-1", "type": "storyboard",  "n": 1.10})";
  EXPECT_EQ(*read_job_file(file_with(text)), text);
}

TEST_F(JobFileTest, AJobWithoutAnIdGetsOneThatBeginsWithTheFilesName) {
  const auto text = read_job_file(file_with(R"({"type": "storyboard", "n": 1.10})"));
  ASSERT_TRUE(text) << text.error().message;
  const auto job = parse_json(*text);
  const std::string id = (*job)["id"];
  EXPECT_TRUE(is_job_id(id)) << id;
  EXPECT_TRUE(id.starts_with("ad-")) << id;
  EXPECT_NE(text->find("1.10"), std::string::npos) << "the rest of the text stays as it came";
}

TEST_F(JobFileTest, AnOddFileNameStillMakesAValidId) {
  for (const char* name : {"...json", "ñandú y más.json", "-.json",
                           "a very long name that goes on and on and on and on for ever and ever.json"}) {
    const auto text = read_job_file(file_with("{}", name));
    ASSERT_TRUE(text) << name;
    EXPECT_TRUE(is_job_id((*parse_json(*text))["id"].get<std::string>())) << *text;
  }
}

TEST_F(JobFileTest, ComplaintsNameTheFileAndThePlace) {
  EXPECT_NE(complaint("/nowhere/x.json").find("/nowhere/x.json: cannot be opened"), std::string::npos);
  EXPECT_NE(complaint(folder_.string()).find("is a folder"), std::string::npos);
  EXPECT_NE(complaint(file_with("{\"a\": }")).find("ad.json: not valid JSON: "), std::string::npos);
  EXPECT_NE(complaint(file_with("[1]")).find("expected one job"), std::string::npos);
  EXPECT_NE(complaint(file_with(std::string(100, '['))).find("ad.json: "), std::string::npos);
}

}  // namespace
}  // namespace reelspool
