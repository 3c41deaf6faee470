#include <gmock/gmock.h>

#include "tests/window/harness.hpp"

// Every rule of "Wishes" in DESIGN 3, through the file as a front end writes it.

namespace reelspool::testing_window {
namespace {

using testing::HasSubstr;
using testing::Not;

class Wishes : public WindowTest {
 protected:
  void SetUp() override { open(); }
  bool can_be_claimed(std::string_view id) {
    const Result<std::optional<Claimed>> claimed = store_->claim_job(id);
    return claimed && *claimed;
  }
};

TEST_F(Wishes, AnEntryWithoutRevAndAnUnusedIdIsSubmitted) {
  put(R"({"jobs":[{"id":"a","type":"clip","status":"pending","params":{"prompt":"x"}}]})");
  EXPECT_EQ(status("a"), "pending");
  EXPECT_EQ(entry("a")["progress"], 0);
  EXPECT_TRUE(entry("a")["rev"].is_number());
  EXPECT_TRUE(can_be_claimed("a"));
}

TEST_F(Wishes, TheStatusOfASubmitMayBeAbsentOrAnotherWordForPending) {
  put(R"([{"id":"a","type":"clip"},{"id":"b","type":"clip","status":"queued"},{"jobId":"c","type":"clip","status":"delayed"}])");
  for (const char* id : {"a", "b", "c"}) EXPECT_EQ(status(id), "pending") << id;
}

TEST_F(Wishes, EndedEntriesNobodyKnowsAreHistoryAndNeverRun) {
  put(R"([{"id":"a","status":"completed","videoUrl":"/old.mp4"},{"id":"b","status":"failed","error":"e"},{"id":"c","status":"canceled"}])");
  EXPECT_EQ(status("a"), "done");
  EXPECT_EQ(entry("a")["videoUrl"], "/old.mp4");
  EXPECT_EQ(status("b"), "failed");
  EXPECT_EQ(entry("b")["error"], "e");
  EXPECT_EQ(status("c"), "cancelled");
  for (const char* id : {"a", "b", "c"}) EXPECT_FALSE(can_be_claimed(id)) << id;
}

TEST_F(Wishes, ARunningEntryNobodyKnowsIsTakenUp) {
  put(R"([{"id":"a","type":"clip","status":"processing"}])");
  EXPECT_EQ(status("a"), "pending");
  EXPECT_TRUE(can_be_claimed("a"));
}

TEST_F(Wishes, AKnownIdWithTheBodyWeKnowIsIgnored) {
  const char* file = R"([{"id":"a","type":"clip","params":{"n":1.10}}])";
  put(file);
  end("a", Ending::Kind::done);
  put(file);
  EXPECT_EQ(status("a"), "done");
  EXPECT_EQ(files_in(data_ / "inbox/rejected", "a"), 0U);
}

TEST_F(Wishes, AKnownIdWithAnotherBodyIsReportedOnceAndKeptAside) {
  put(R"([{"id":"a","type":"clip","params":{"n":1}}])");
  const char* other = R"([{"id":"a","type":"clip","params":{"n":2}}])";
  put(other);
  const std::string told = notices();
  EXPECT_THAT(told, HasSubstr("a"));
  put(other);
  EXPECT_EQ(notices(), told);
  EXPECT_EQ(files_in(data_ / "inbox/rejected", "a-"), 2U) << "the entry and its reason";
  EXPECT_EQ(entry("a")["params"]["n"], 1);
}

TEST_F(Wishes, OfTwoNewEntriesWithOneIdTheFirstIsTaken) {
  put(R"([{"id":"a","type":"clip","params":{"n":1}},{"id":"a","type":"clip","params":{"n":2}}])");
  EXPECT_EQ(shown()["jobs"].size(), 1U);
  EXPECT_EQ(entry("a")["params"]["n"], 1);
  EXPECT_EQ(files_in(data_ / "inbox/rejected", "a-"), 2U);
}

TEST_F(Wishes, CancelRequestedCancelsAPendingJob) {
  put(R"([{"id":"a","type":"clip"}])");
  change("a", "cancelRequested", true);
  EXPECT_EQ(status("a"), "cancelled");
}

TEST_F(Wishes, CancelRequestedReachesTheWorkerOfARunningJob) {
  put(R"([{"id":"a","type":"clip"}])");
  const Claim mine = claim("a");
  flush();
  change("a", "cancelRequested", true);
  EXPECT_EQ(status("a"), "running");
  const Result<Job> job = store_->find("a");
  ASSERT_TRUE(job) << job.error().message;
  EXPECT_TRUE(job->cancel_requested);
}

TEST_F(Wishes, CancelRequestedFromBeforeARetryIsNotBelieved) {
  put(R"([{"id":"a","type":"clip"}])");
  Json old = shown();
  old["jobs"][0]["cancelRequested"] = true;
  change("a", "cancelRequested", true);
  ASSERT_EQ(status("a"), "cancelled");
  change("a", "status", "pending");
  ASSERT_EQ(status("a"), "pending");
  put(old.dump());
  EXPECT_EQ(status("a"), "pending");
}

TEST_F(Wishes, PendingOnAnEndedJobAtItsRevIsARetry) {
  put(R"([{"id":"a","type":"clip"}])");
  end("a", Ending::Kind::failed, R"({"error":"no"})");
  ASSERT_EQ(status("a"), "failed");
  change("a", "status", "pending");
  EXPECT_EQ(status("a"), "pending");
  EXPECT_TRUE(can_be_claimed("a"));
}

TEST_F(Wishes, PendingFromAnOldCopyIsNoRetry) {
  put(R"([{"id":"a","type":"clip"}])");
  const std::string old = contents(jobs_file());
  end("a", Ending::Kind::failed);
  put(old);
  EXPECT_EQ(status("a"), "failed");
}

TEST_F(Wishes, PendingOnADoneJobIsNoRetry) {
  put(R"([{"id":"a","type":"clip"}])");
  end("a", Ending::Kind::done);
  change("a", "status", "pending");
  EXPECT_EQ(status("a"), "done");
}

TEST_F(Wishes, RemoveRequestedRemovesAnEndedJobAtItsRev) {
  put(R"([{"id":"a","type":"clip"},{"id":"b","type":"clip"}])");
  end("a", Ending::Kind::done);
  const std::string before = contents(jobs_file());
  change("a", "removeRequested", true);
  EXPECT_EQ(status("a"), "absent");
  EXPECT_FALSE(fs::exists(data_ / "jobs/a/status.json"));
  put(before);
  EXPECT_EQ(status("a"), "absent") << "an old copy of the file brings nothing back";
}

TEST_F(Wishes, RemoveRequestedOfAJobThatHasNotEndedIsNotGranted) {
  put(R"([{"id":"a","type":"clip"}])");
  change("a", "removeRequested", true);
  EXPECT_EQ(status("a"), "pending");
}

TEST_F(Wishes, TheFirstEntryOfARemovedJobNeverRunsAgain) {
  const char* file = R"([{"id":"a","type":"clip","params":{"n":1}}])";
  put(file);
  end("a", Ending::Kind::done);
  change("a", "removeRequested", true);
  put(file);
  EXPECT_EQ(status("a"), "absent");
}

TEST_F(Wishes, AbsenceMeansNothing) {
  put(R"([{"id":"a","type":"clip"}])");
  put(R"([{"id":"b","type":"clip"}])");
  EXPECT_EQ(status("a"), "pending");
  put("[]");
  EXPECT_EQ(shown()["jobs"].size(), 2U);
  fs::remove(jobs_file());
  flush();
  EXPECT_EQ(shown()["jobs"].size(), 2U);
}

TEST_F(Wishes, StateIsNeverBelieved) {
  put(R"([{"id":"a","type":"clip"}])");
  change("a", "status", "done");
  EXPECT_EQ(status("a"), "pending");
  change("a", "progress", 99);
  EXPECT_EQ(entry("a")["progress"], 0);
  change("a", "videoUrl", "/fake.mp4");
  EXPECT_TRUE(entry("a")["videoUrl"].is_null());
}

TEST_F(Wishes, UnknownFieldsGoBackByteForByte) {
  const std::string odd =
      R"("z":1.10,"big":12345678901234567890123,"nested":{"b" : [ 1,  2 ],"a":"\u00e9\/"},"a":1e2)";
  put(R"({"jobs":[{"id":"a",)" + odd + R"(,"type":"clip"}]})");
  EXPECT_THAT(contents(jobs_file()), HasSubstr(odd));
  end("a", Ending::Kind::done, R"({"videoUrl":"/a.mp4"})");
  EXPECT_THAT(contents(jobs_file()), HasSubstr(odd));
  close();
  open();
  EXPECT_THAT(contents(jobs_file()), HasSubstr(odd));
}

TEST_F(Wishes, FieldsBesideTheJobsGoBackAndOutliveTheWorker) {
  put(R"({"app":{"v": 1.10},"jobs":[]})");
  EXPECT_THAT(contents(jobs_file()), HasSubstr(R"("app":{"v": 1.10})"));
  close();
  open();
  EXPECT_THAT(contents(jobs_file()), HasSubstr(R"("app":{"v": 1.10})"));
}

TEST_F(Wishes, ABadEntryFailsAloneAndShowsWhy) {
  put("{\"jobs\":[{\"id\":\"a\",\"type\":\"clip\"},{\"id\":\"bad\",\"n\":,},{\"id\":\"b\",\"type\":\"clip\"}]"
      "}");
  EXPECT_EQ(status("a"), "pending");
  EXPECT_EQ(status("b"), "pending");
  EXPECT_EQ(status("bad"), "failed");
  EXPECT_THAT(entry("bad")["error"].get<std::string>(), HasSubstr("jobs[1] (line 1): not valid JSON"));
  EXPECT_EQ(files_in(data_ / "inbox/rejected", "bad-"), 2U);
  EXPECT_THAT(notices(), HasSubstr("inbox/rejected"));
}

TEST_F(Wishes, AnEntryWithoutAnIdIsSetAside) {
  put(R"([{"type":"clip"},{"id":"a","type":"clip"}])");
  EXPECT_EQ(shown()["jobs"].size(), 1U);
  EXPECT_EQ(files_in(data_ / "inbox/rejected", "entry-"), 2U);
}

TEST_F(Wishes, AnObjectKeyedByIdIsRead) {
  put(R"({"a":{"type":"clip","params":{"n":1.10}},"b":{"type":"clip"}})");
  EXPECT_EQ(status("a"), "pending");
  EXPECT_THAT(contents(jobs_file()), HasSubstr(R"("params":{"n":1.10})"));
  EXPECT_EQ(status("b"), "pending");
}

}  // namespace
}  // namespace reelspool::testing_window
