#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "jobstore/entry.hpp"
#include "jobstore/job.hpp"
#include "jobstore/json.hpp"

namespace reelspool {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

Job job_of(const std::string& body) {
  Job job;
  job.body = body;
  job.id = read_entry(body)->id;
  job.stage = "waiting";
  job.rev = 1;
  job.created_at = job.updated_at = *parse_time("2026-11-22T16:00:00Z");
  return job;
}

Json published(const Job& job) {
  const std::string text = published_entry(job);
  Result<Json> json = parse_json(text);
  EXPECT_TRUE(json) << text;
  return json ? *json : Json();
}

TEST(PublishedEntry, KeepsEveryByteThatIsNotOurs) {
  const std::string body =
      "{\n  \"id\" : \"ad-7\",\t\"type\":\"clip\",\n"
      "  \"params\": {\"n\": 1.10, \"big\": 12345678901234567890, \"s\":\"\\u00e9\\/\"},\n"
      "  \"mine\": [ 1 , 2 ]\n}";
  const std::string text = published_entry(job_of(body));
  EXPECT_THAT(text, StartsWith(body.substr(0, body.size() - 2)));
  EXPECT_THAT(text, testing::EndsWith("\n}"));
  const Json json = published(job_of(body));
  EXPECT_EQ(json["status"], "pending");
  EXPECT_EQ(json["stage"], "waiting");
  EXPECT_EQ(json["progress"], 0);
  EXPECT_EQ(json["rev"], 1);
  EXPECT_EQ(json["createdAt"], "2026-11-22T16:00:00.000Z");
  EXPECT_TRUE(json.contains("videoUrl") && json["videoUrl"].is_null());
  EXPECT_TRUE(json.contains("error") && json["error"].is_null());
}

TEST(PublishedEntry, ReplacesInPlaceWhatTheWorkerOwns) {
  Job job = job_of(R"({"status": "queued", "id":"a","progress": 3 ,"type":"clip","videoUrl":"stale","x":1})");
  job.status = Status::running;
  job.progress = 45.5;
  const std::string text = published_entry(job);
  EXPECT_THAT(
      text,
      StartsWith(R"({"status": "running", "id":"a","progress": 45.5 ,"type":"clip","videoUrl":null,"x":1,)"));
}

// {"id": null} was given an id and published without one; at the next look at the file it was set aside as no job.
TEST(PublishedEntry, GivesItsIdToAnEntryThatCameWithNone) {
  Job job = job_of(R"({"id": null, "type": "clip", "priority": null})");
  job.id = "job-7";
  EXPECT_THAT(published_entry(job), StartsWith(R"({"id": "job-7", "type": "clip", "priority": 0)"));
}

TEST(PublishedEntry, KeepsAliasesAsTheyCameAndAddsOurWord) {
  const std::string body = R"({"jobId":"a","type":"clip","data":{"p":1}})";
  const std::string text = published_entry(job_of(body));
  EXPECT_THAT(text, StartsWith(R"({"jobId":"a","type":"clip","data":{"p":1},"id":"a")"));
  EXPECT_THAT(text, Not(HasSubstr("\"params\"")));
}

TEST(PublishedEntry, KeepsTheFrontEndsOwnSettings) {
  Job job = job_of(
      R"({"id":"a","type":"clip","priority":5,"createdAt":1700000000000,"runAt":"2026-11-22T17:00:00+01:00"})");
  job.priority = 5;
  job.run_at = parse_time("2026-11-22T16:00:00Z");
  EXPECT_THAT(published_entry(job), StartsWith(job.body.substr(0, job.body.size() - 1)));
  job.run_at = parse_time("2026-11-22T18:00:00Z");  // the wait of a retry
  EXPECT_EQ(published(job)["runAt"], "2026-11-22T18:00:00.000Z");
}

TEST(PublishedEntry, OfHistoryTellsItsOwnStory) {
  Job job = job_of(R"({"id":"a","status":"completed","videoUrl":"u","finishedAt":"then","message":"m"})");
  job.status = Status::done;
  job.progress = 100;
  const Json json = published(job);
  EXPECT_EQ(json["status"], "done");
  EXPECT_EQ(json["videoUrl"], "u");
  EXPECT_EQ(json["finishedAt"], "then");
  EXPECT_EQ(json["message"], "m");
}

TEST(PublishedEntry, ShowsTheWorkersFields) {
  Job job = job_of(R"({"id":"a","type":"clip","error":"old"})");
  job.status = Status::failed;
  job.fields = R"({"error":"new","errorInfo":{"class":"media"},"cost":1.10})";
  const std::string text = published_entry(job);
  EXPECT_THAT(text, StartsWith(R"({"id":"a","type":"clip","error":"new",)"));
  EXPECT_THAT(text, HasSubstr(R"("errorInfo":{"class":"media"},"cost":1.10)"));
}

TEST(PublishedEntry, ReadAgainIsTheSameBody) {
  Job job = job_of(R"({"id":"a","type":"clip","params":{"x":1}})");
  const auto hash = read_entry(job.body)->body_hash;
  job.body = R"({"id":"a","type":"clip","params":{"x":1}})";
  // createdAt, priority and maxAttempts are added to what is published; they come back with a rev, though, and
  // with a rev bodies are not compared.
  EXPECT_TRUE(read_entry(published_entry(job))->rev);
  EXPECT_EQ(hash, read_entry(job.body)->body_hash);
}

TEST(JobId, IsANameOfAFolder) {
  EXPECT_TRUE(is_job_id("a") && is_job_id("A.b_c-9") && is_job_id(std::string(64, 'x')));
  EXPECT_FALSE(is_job_id("") || is_job_id(".a") || is_job_id("a/b") || is_job_id(std::string(65, 'x')) ||
               is_job_id("\xc3\xa9"));
}

TEST(Status, IsReadInManyWordsAndWrittenInFive) {
  EXPECT_EQ(status_from("processing"), Status::running);
  EXPECT_EQ(status_from("canceled"), Status::cancelled);
  EXPECT_EQ(status_from("succeeded"), Status::done);
  EXPECT_FALSE(status_from("Pending"));
  for (const Status status :
       {Status::pending, Status::running, Status::done, Status::failed, Status::cancelled})
    EXPECT_EQ(status_from(to_string(status)), status);
}

}  // namespace
}  // namespace reelspool
