#include "jobstore/window/status_files.hpp"

#include <gmock/gmock.h>

#include "tests/window/harness.hpp"

namespace reelspool::testing_window {
namespace {

class StatusFilesTest : public WindowTest {
 protected:
  Json status_of(const std::string& id) {
    const Result<Json> json = parse_json(contents(data_ / "jobs" / id / "status.json"));
    return json ? *json : Json();
  }
};

TEST_F(StatusFilesTest, ShowsAJobFromItsSubmitToItsEnd) {
  open();
  put(R"([{"id":"a","type":"clip","params":{"secret":"long"}}])");
  EXPECT_EQ(status_of("a")["status"], "pending");
  EXPECT_FALSE(status_of("a").contains("params"));
  const Claim mine = claim("a");
  ASSERT_TRUE(store_->progress(mine, {50, "rendering", 1, 2, "half"}));
  flush();
  EXPECT_EQ(status_of("a")["status"], "running");
  EXPECT_EQ(status_of("a")["progress"], 50);
  EXPECT_EQ(status_of("a")["stage"], "rendering");
  ASSERT_TRUE(store_->finish(mine, {Ending::Kind::done, R"({"videoUrl":"/v.mp4"})", std::nullopt}));
  EXPECT_TRUE(wait_for(data_ / "jobs/a", [&] { return status_of("a")["status"] == "done"; }));
  EXPECT_EQ(status_of("a")["videoUrl"], "/v.mp4");
  EXPECT_EQ(status_of("a")["progress"], 100);
}

TEST_F(StatusFilesTest, TheLastValueIsAlwaysWritten) {
  open();
  put(R"([{"id":"a","type":"clip"}])");
  const Claim mine = claim("a");
  for (int percent = 1; percent <= 90; ++percent)
    ASSERT_TRUE(store_->progress(mine, {static_cast<double>(percent), "rendering", 1, 2, ""}));
  EXPECT_TRUE(wait_for(data_ / "jobs/a", [&] { return status_of("a")["progress"] == 90; }));
}

TEST_F(StatusFilesTest, IsReplacedNoMoreThanTwiceASecond) {
  window::Moment at{};
  open();
  put(R"([{"id":"a","type":"clip"}])");
  close();
  const std::unique_ptr<FileJobStore> store = store_of();
  ASSERT_NE(store, nullptr);
  Result<Job> job = store->find("a");
  ASSERT_TRUE(job) << job.error().message;
  window::StatusFiles files(*store);
  int replaced = 0;
  ino_t last = 0;
  for (int i = 0; i <= 100; ++i, at += std::chrono::milliseconds(100)) {  // ten seconds by this clock
    job->progress = i;
    files.note(*job, false);
    ASSERT_TRUE(files.write_due(at));
    struct stat status {};
    ASSERT_EQ(stat((data_ / "jobs/a/status.json").c_str(), &status), 0);
    replaced += std::exchange(last, status.st_ino) != status.st_ino;
  }
  EXPECT_LE(replaced, 21);
  ASSERT_TRUE(files.deadline());
  ASSERT_TRUE(files.write_due(*files.deadline()));
  EXPECT_EQ(status_of("a")["progress"], 100);
  ASSERT_TRUE(files.write_due(*files.deadline()));
  EXPECT_FALSE(files.deadline()) << "it sleeps when nothing is left to write";
}

TEST_F(StatusFilesTest, StaysUnder4KiBWhateverAJobHolds) {
  Job job;
  job.id = "a";
  job.message = std::string(100'000, 'm');
  job.fields = R"({"error":")" + std::string(50'000, 'e') + R"(","big":")" + std::string(50'000, 'b') +
               R"(","videoUrl":"/v.mp4","list":[")" + std::string(3000, '1') + "\"]}";
  const std::string text = window::status_text(job);
  EXPECT_LT(text.size(), 4096U);
  const Result<Json> json = parse_json(text);
  ASSERT_TRUE(json) << json.error().message;
  EXPECT_EQ((*json)["videoUrl"], "/v.mp4");
  EXPECT_THAT((*json)["error"].get<std::string>(), testing::StartsWith("eeee"));
  EXPECT_FALSE(json->contains("big"));
}

TEST_F(StatusFilesTest, CutsTextBetweenCharacters) {
  Job job;
  job.id = "a";
  for (int i = 0; i < 400; ++i) job.message += "\xC3\xB1";
  const Result<Json> json = parse_json(window::status_text(job));
  EXPECT_TRUE(json) << json.error().message;
}

TEST_F(StatusFilesTest, WhatAKilledPublisherDidNotWriteIsWrittenAtTheNextStart) {
  open();
  put(R"([{"id":"a","type":"clip"}])");
  close();
  {
    const std::unique_ptr<FileJobStore> store = store_of();
    ASSERT_NE(store, nullptr);
    ASSERT_TRUE(store->cancel("a"));
  }
  ASSERT_EQ(status_of("a")["status"], "pending");
  open();
  EXPECT_EQ(status_of("a")["status"], "cancelled");
}

// A cancel and a retry within one millisecond left the file of the cancel: it looked current at the next start.
TEST_F(StatusFilesTest, AtTheNextStartVersionsOfOneMillisecondAreToldApart) {
  const std::unique_ptr<FileJobStore> store = store_of();
  ASSERT_NE(store, nullptr);
  Job job;
  job.id = "a";
  job.rev = 1;
  job.token = 1;  // it ran
  window::StatusFiles before(*store);
  before.note(job, true);
  ASSERT_TRUE(before.write_due({}));
  job.rev = 2;
  job.message = "anew";
  window::StatusFiles after(*store);
  after.note(job, true);
  ASSERT_TRUE(after.write_due({}));
  EXPECT_EQ(status_of("a")["message"], "anew");
}

// It was written as pending after it had been cancelled.
TEST_F(StatusFilesTest, AJobThatEndsBeforeItsFileWasWrittenIsShownAsItEnded) {
  const std::unique_ptr<FileJobStore> store = store_of();
  ASSERT_NE(store, nullptr);
  Job job;
  job.id = "a";
  window::StatusFiles files(*store);
  files.note(job, true);
  job.status = Status::cancelled;
  files.note(job, false);
  ASSERT_TRUE(files.write_due({}));
  EXPECT_EQ(status_of("a")["status"], "cancelled");
}

// A worker that was stopped after an import made a folder for each of 100 000 jobs first.
TEST_F(StatusFilesTest, AStopDoesNotWaitForTheFilesOfAllThatWaits) {
  constexpr int many = 600;
  const std::unique_ptr<FileJobStore> store = store_of();
  ASSERT_NE(store, nullptr);
  window::StatusFiles files(*store);
  std::vector<std::string> texts;
  for (int i = 0; i < many; ++i) texts.push_back(R"({"type":"clip","id":"w)" + std::to_string(i) + R"("})");
  ASSERT_TRUE(store->take_in({texts.begin(), texts.end()}));
  const auto note_all = [&](window::StatusFiles& noted, bool at_start) {
    for (int i = 0; i < many; ++i) noted.note(*store->find("w" + std::to_string(i)), at_start);
  };
  const auto written = [&] {
    int count = 0;
    for (int i = 0; i < many; ++i)
      count += fs::exists(data_ / "jobs" / ("w" + std::to_string(i)) / "status.json");
    return count;
  };
  note_all(files, false);
  Job runs;
  runs.id = "runs";
  runs.token = 1;
  runs.progress = 40;
  files.note(runs, false);
  ASSERT_TRUE(files.write_due({}, true));
  EXPECT_EQ(status_of("runs")["progress"], 40) << "of those that run nothing is left out";
  EXPECT_GT(written(), 0);
  EXPECT_LT(written(), many);

  window::StatusFiles next(*store);
  note_all(next, true);
  window::Moment at{};
  for (; next.deadline(); at = std::max(at, next.deadline().value_or(at))) ASSERT_TRUE(next.write_due(at));
  EXPECT_EQ(written(), many) << "the next start finds what is missing";
}

TEST_F(StatusFilesTest, HistoryGetsNoFolder) {
  open();
  put(R"([{"id":"old","status":"done","videoUrl":"/old.mp4"}])");
  EXPECT_EQ(status("old"), "done");
  EXPECT_FALSE(fs::exists(data_ / "jobs/old"));
}

}  // namespace
}  // namespace reelspool::testing_window
