#include "jobstore/window/publisher.hpp"

#include <gmock/gmock.h>

#include <atomic>

#include "tests/window/harness.hpp"

namespace reelspool::testing_window {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

/// Lets chosen calls fail, in every thread, once it is armed; or does something just before the next exchange.
class FailingFiles : public Files {
 public:
  void fail(Call call, int errno_value) {
    call_ = call;
    nth_ = -1;
    errno_ = errno_value;
  }
  void fail_nth(int nth, int errno_value) {
    fired_ = false;
    nth_ = nth;
    errno_ = errno_value;
  }
  void heal() { errno_ = 0; }
  bool fired() const { return fired_; }
  void before_next_exchange(std::function<void()> act) { act_ = std::move(act); }

 protected:
  int disturb(Call call) override {
    if (call == Call::exchange && act_) std::exchange(act_, nullptr)();
    if (errno_ == 0) return 0;
    const bool hit = nth_ >= 0 ? nth_-- == 0 : call == call_;
    if (!hit) return 0;
    fired_ = true;
    return errno_;
  }

 private:
  std::function<void()> act_;  // set before the flush that uses it
  std::atomic<Call> call_ = Call::open;
  std::atomic<int> nth_ = -1, errno_ = 0;
  std::atomic<bool> fired_ = false;
};

class PublisherTest : public WindowTest {
 protected:
  ~PublisherTest() override { close(); }
  std::vector<std::string> leftovers() const {
    std::vector<std::string> names;
    for (const auto& file : fs::directory_iterator(data_))
      if (file.path().filename().string().starts_with(".jobs.json.")) names.push_back(file.path().filename());
    return names;
  }
  FailingFiles files_;
};

TEST_F(PublisherTest, MakesTheFileWhereThereIsNone) {
  open();
  const Json file = shown();
  EXPECT_EQ(file["version"], 1);
  EXPECT_TRUE(file["jobs"].empty());
  EXPECT_TRUE(parse_time(file["publishedAt"].get<std::string>()));
}

TEST_F(PublisherTest, RevisionsGrowAcrossRestartsAndForeignFiles) {
  write_in_place(jobs_file(), R"({"revision":70,"jobs":[{"id":"a","type":"clip"}]})");
  open();
  const auto first = shown()["revision"].get<int>();
  EXPECT_GT(first, 70);
  put(R"({"revision":3,"jobs":[{"id":"b","type":"clip"}]})");
  const auto second = shown()["revision"].get<int>();
  EXPECT_GT(second, first);
  close();
  open();
  put("[]");
  EXPECT_GT(shown()["revision"].get<int>(), second);
}

TEST_F(PublisherTest, ShowsWhatTheStoreDoesByItself) {
  open();
  const Result<Submitted> submitted = store_->submit(R"({"id":"a","type":"clip"})");
  ASSERT_TRUE(submitted) << submitted.error().message;
  EXPECT_TRUE(wait_for(data_, [&] { return status("a") == "pending"; }));
  const Claim mine = claim("a");
  EXPECT_TRUE(wait_for(data_, [&] { return status("a") == "running"; }));
  ASSERT_TRUE(store_->progress(mine, {41.5, "rendering", 2, 5, "scene 2"}));
  EXPECT_TRUE(wait_for(data_, [&] { return entry("a")["progress"] == 41.5; }));
}

TEST_F(PublisherTest, TakesInByItselfWhatAFrontEndWrites) {
  open();
  write_beside(jobs_file(), R"([{"id":"a","type":"clip"}])");
  EXPECT_TRUE(wait_for(data_, [&] { return entry("a").contains("rev"); }));
}

TEST_F(PublisherTest, TakesInWhatIsWrittenInPlace) {
  open();
  for (int i = 0; i < 20; ++i) {
    const std::string id = "job-" + std::to_string(i);
    write_in_place(jobs_file(), R"([{"id":")" + id + R"(","type":"clip"}])");
    flush();
    EXPECT_EQ(status(id), "pending");
  }
  EXPECT_EQ(shown()["jobs"].size(), 20U);
}

TEST_F(PublisherTest, WaitsForAWriterInPlaceThatIsNotDone) {
  open();
  const std::string whole = R"([{"id":"a","type":"clip"}])";
  {
    std::ofstream writer(jobs_file(), std::ios::binary | std::ios::trunc);
    writer << whole.substr(0, 10) << std::flush;
    flush();
    EXPECT_EQ(contents(jobs_file()), whole.substr(0, 10)) << "taken from under its writer";
    writer << whole.substr(10);
  }
  flush();
  EXPECT_EQ(status("a"), "pending");
  EXPECT_EQ(files_in(data_, "jobs.json.broken"), 0U);
}

TEST_F(PublisherTest, AFileThatIsNoJsonIsSetAsideUnderADateAndTheJobsShownAgain) {
  options_.publisher.broken_patience = std::chrono::milliseconds(1);
  open();
  put(R"([{"id":"a","type":"clip"}])");
  write_beside(jobs_file(), "{\"jobs\":[\n{\"id\":\"b\"");
  ASSERT_TRUE(wait_for(data_, [&] { return files_in(data_, "jobs.json.broken-") == 1; }));
  flush();
  for (const auto& file : fs::directory_iterator(data_)) {
    if (!file.path().filename().string().starts_with("jobs.json.broken-")) continue;
    EXPECT_EQ(contents(file.path()), "{\"jobs\":[\n{\"id\":\"b\"");
  }
  EXPECT_EQ(status("a"), "pending");
  EXPECT_THAT(notices(), HasSubstr("jobs.json: line 2: "));
}

TEST_F(PublisherTest, AnEmptyFileIsWaitedForAndNotKept) {
  options_.publisher.broken_patience = std::chrono::milliseconds(1);
  write_in_place(jobs_file(), "");
  open();
  EXPECT_TRUE(wait_for(data_, [&] { return contents(jobs_file()).starts_with("{\"version\""); }));
  flush();
  EXPECT_EQ(files_in(data_, "jobs.json.broken-"), 0U);
}

TEST_F(PublisherTest, AFileOverTheLimitIsSetAsideUnread) {
  options_.publisher.broken_patience = std::chrono::milliseconds(1);
  options_.publisher.largest_file_bytes = 1000;
  open();
  write_beside(jobs_file(), R"([{"id":"a","type":"clip"}])" + std::string(1000, ' '));
  ASSERT_TRUE(wait_for(data_, [&] { return files_in(data_, "jobs.json.broken-") == 1; }));
  flush();
  EXPECT_EQ(status("a"), "absent");
}

TEST_F(PublisherTest, WhatAKilledPublisherLeftIsTakenIn) {
  write_in_place(data_ / ".jobs.json.1.x", R"([{"id":"left","type":"clip"}])");
  write_in_place(data_ / ".jobs.json.2.x", "no json");
  write_in_place(data_ / ".jobs.json.3.new", R"([{"id":"half)");
  write_in_place(jobs_file(), R"([{"id":"a","type":"clip"}])");
  open();
  EXPECT_EQ(status("left"), "pending");
  EXPECT_EQ(status("a"), "pending");
  EXPECT_THAT(leftovers(), testing::IsEmpty());
  EXPECT_EQ(files_in(data_, "jobs.json.broken-"), 1U);
}

TEST_F(PublisherTest, LeavesNothingBehind) {
  open();
  for (int i = 0; i < 50; ++i) put(R"([{"id":"job-)" + std::to_string(i) + R"(","type":"clip"}])");
  EXPECT_EQ(shown()["jobs"].size(), 50U);
  EXPECT_THAT(leftovers(), testing::IsEmpty());
  EXPECT_FALSE(fs::exists(data_ / "jobs.json.lock"));
}

TEST_F(PublisherTest, KeepsTheModeOfTheFile) {
  write_in_place(jobs_file(), "[]");
  fs::permissions(jobs_file(), fs::perms(0664));
  open();
  put(R"([{"id":"a","type":"clip"}])");
  struct stat status {};
  ASSERT_EQ(stat(jobs_file().c_str(), &status), 0);
  // write_beside() made a new file; that one's mode counts.
  const mode_t expected = status.st_mode & 0777U;
  fs::permissions(jobs_file(), fs::perms(0660));
  write_in_place(jobs_file(), R"([{"id":"b","type":"clip"}])");
  flush();
  ASSERT_EQ(stat(jobs_file().c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0660U) << "was " << expected;
}

TEST_F(PublisherTest, ASymbolicLinkIsNotReplaced) {
  write_in_place(data_ / "elsewhere.json", "[]");
  fs::create_symlink("elsewhere.json", jobs_file());
  const std::unique_ptr<FileJobStore> store = store_of();
  ASSERT_NE(store, nullptr);
  const Result<bool> published = publish_once(*store, options_);
  ASSERT_FALSE(published);
  EXPECT_THAT(published.error().message, HasSubstr("jobs.json is a symbolic link"));
  EXPECT_TRUE(fs::is_symlink(jobs_file()));
}

TEST_F(PublisherTest, ADirectoryInItsPlaceIsReported) {
  fs::create_directory(jobs_file());
  const std::unique_ptr<FileJobStore> store = store_of();
  ASSERT_NE(store, nullptr);
  const Result<bool> published = publish_once(*store, options_);
  ASSERT_FALSE(published);
  EXPECT_THAT(published.error().message, HasSubstr("no regular file"));
}

TEST_F(PublisherTest, PublishOnceServesAClientWhenNoWorkerLives) {
  write_in_place(jobs_file(), R"([{"id":"a","type":"clip"}])");
  const std::unique_ptr<FileJobStore> store = store_of();
  ASSERT_NE(store, nullptr);
  const Result<bool> published = publish_once(*store, options_);
  ASSERT_TRUE(published) << published.error().message;
  EXPECT_TRUE(*published);
  EXPECT_EQ(status("a"), "pending");
  EXPECT_TRUE(entry("a").contains("rev"));
}

TEST_F(PublisherTest, PublishOnceLeavesItToALivingWorker) {
  open();
  const std::unique_ptr<FileJobStore> store = store_of();
  ASSERT_NE(store, nullptr);
  const Result<bool> published = publish_once(*store, options_);
  ASSERT_TRUE(published) << published.error().message;
  EXPECT_FALSE(*published);
}

TEST_F(PublisherTest, AFileRenamedInAfterTheLastLookIsTakenIn) {
  open(&files_);
  files_.before_next_exchange([&] { write_beside(jobs_file(), R"([{"id":"late","type":"clip"}])"); });
  put(R"([{"id":"a","type":"clip"}])");
  EXPECT_EQ(status("late"), "pending");
  EXPECT_EQ(status("a"), "pending");
  EXPECT_THAT(leftovers(), testing::IsEmpty());
}

TEST_F(PublisherTest, AWriterInPlaceWhoseFileIsExchangedAwayIsWaitedForAndTakenIn) {
  open(&files_);
  std::ofstream writer;
  files_.before_next_exchange([&] {
    writer.open(jobs_file(), std::ios::binary | std::ios::trunc);
    writer << R"([{"id":"slow",)" << std::flush;
  });
  put(R"([{"id":"a","type":"clip"}])");
  EXPECT_EQ(status("a"), "pending") << "readers need not wait for the writer";
  EXPECT_EQ(leftovers().size(), 1U);
  writer << R"("type":"clip"}])";
  writer.close();
  EXPECT_TRUE(wait_for(data_, [&] { return status("slow") == "pending"; }));
  flush();
  EXPECT_THAT(leftovers(), testing::IsEmpty());
  EXPECT_EQ(files_in(data_, "jobs.json.broken"), 0U);
}

TEST_F(PublisherTest, AMountedSingleFileGetsAnErrorThatSaysWhatToDo) {
  open(&files_);
  files_.fail(Files::Call::exchange, EBUSY);
  ASSERT_TRUE(store_->submit(R"({"id":"a","type":"clip"})"));
  const Result<> done = window_->flush();
  ASSERT_FALSE(done);
  EXPECT_THAT(done.error().message, HasSubstr("mount the directory that holds it instead"));
  files_.heal();
  flush();
  EXPECT_EQ(status("a"), "pending");
}

TEST_F(PublisherTest, WhereFilesCannotBeExchangedTheyAreRenamedAndThatIsTold) {
  open(&files_);
  files_.fail(Files::Call::exchange, EINVAL);
  put(R"([{"id":"a","type":"clip"}])");
  EXPECT_EQ(status("a"), "pending");
  EXPECT_THAT(notices(), HasSubstr("cannot exchange files"));
}

TEST_F(PublisherTest, AnySingleFailureLeavesAWholeFileAndTheNextPublishIsRight) {
  open(&files_);
  put(R"([{"id":"first","type":"clip"}])");
  for (int nth = 0;; ++nth) {
    SCOPED_TRACE("failing file call " + std::to_string(nth));
    const std::string id = "job-" + std::to_string(nth);
    write_beside(data_ / "inbox" / (id + ".json"), R"({"type":"clip"})");
    flush();  // in the journal and shown: what follows is the window's work alone
    files_.fail_nth(nth, ENOSPC);
    write_beside(jobs_file(), "[]");
    static_cast<void>(window_->flush());
    const bool fired = files_.fired();
    files_.heal();
    const std::string text = contents(jobs_file());
    EXPECT_TRUE(parse_json(text)) << text;
    flush();
    EXPECT_EQ(status(id), "pending");
    EXPECT_EQ(status("first"), "pending");
    EXPECT_THAT(leftovers(), testing::IsEmpty());
    if (!fired || HasFailure()) break;
    ASSERT_LT(nth, 200);
  }
}

}  // namespace
}  // namespace reelspool::testing_window
