// How a job comes to be: what of an entry is read, kept and refused, and what a second submit gets (J8, J16, J17).
#include "tests/jobstore/conformance/conformance.hpp"

namespace reelspool::conformance {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

TEST_P(JobStoreConformance, ANewJobIsPendingWithNothingDoneYet) {
  const std::string text = entry_text("a");
  const Submitted submitted = must(store_->submit(text));
  EXPECT_TRUE(submitted.is_new);
  const Job& job = submitted.job;
  EXPECT_EQ(job.id, "a");
  EXPECT_EQ(job.type, "storyboard");
  EXPECT_EQ(job.body, text);
  EXPECT_EQ(job.params, R"({"n":1.10})");
  EXPECT_EQ(job.status, Status::pending);
  EXPECT_EQ(job.stage, "waiting");
  EXPECT_EQ(job.rev, 1U);
  EXPECT_EQ(job.priority, 0);
  EXPECT_EQ(job.attempt, 0);
  EXPECT_EQ(job.max_attempts, StoreMaker::max_attempts);
  EXPECT_EQ(job.interruptions, 0);
  EXPECT_EQ(job.worker, "");
  EXPECT_EQ(job.progress, 0);
  EXPECT_EQ(job.fields, "{}");
  EXPECT_FALSE(job.cancel_requested);
  EXPECT_EQ(job.created_at, maker_->now());
  EXPECT_EQ(job.updated_at, maker_->now());
  EXPECT_FALSE(job.started_at || job.finished_at || job.run_at);
  EXPECT_EQ(published_entry(find("a")), published_entry(job));
}

TEST_P(JobStoreConformance, WhatAnEntrySaysOfItselfIsKept) {
  submit("before");
  submit("a",
         R"("priority":-3,"maxAttempts":7,"createdAt":"2026-01-02T03:04:05+01:00","runAt":4000000000000,)"
         R"("dependsOn":"before")");
  const Job job = find("a");
  EXPECT_EQ(job.priority, -3);
  EXPECT_EQ(job.max_attempts, 7);
  EXPECT_EQ(format_time(job.created_at), "2026-01-02T02:04:05.000Z");
  ASSERT_TRUE(job.run_at);
  EXPECT_EQ(job.run_at->time_since_epoch().count(), 4'000'000'000'000);
}

TEST_P(JobStoreConformance, TheTextOfAnEntryIsKeptByteForByte) {
  const std::string text =
      "{ \"id\" : \"a\",\r\n\t\"type\":\"clip\", \"mine\":[1.10, 9007199254740993,\n1e2],"
      "\"\\u0078\":\"\\u00e9 \xC3\xA9\",\"params\":{\"deep\" : {\"n\":1.0}} }";
  must(store_->submit("\n " + text + "  \n"));
  EXPECT_EQ(find("a").body, text);
  EXPECT_EQ(find("a").params, R"({"deep" : {"n":1.0}})");
  end("a", Ending::Kind::done);
  reopen();
  EXPECT_EQ(find("a").body, text);
  EXPECT_THAT(published_entry(find("a")), HasSubstr("\"mine\":[1.10, 9007199254740993,\n1e2]"));
}

TEST_P(JobStoreConformance, OtherNamesAreReadAsOurs) {
  must(store_->submit(R"({"jobId":"a","type":"clip","data":{"x":1},"run_at":"2099-01-01T00:00:00Z",)"
                      R"("max_attempts":2})"));
  must(store_->submit(R"({"job_id":17,"type":"clip","payload":{"y":2},"depends_on":["a"]})"));
  EXPECT_EQ(find("a").params, R"({"x":1})");
  EXPECT_EQ(find("a").max_attempts, 2);
  EXPECT_TRUE(find("a").run_at);
  EXPECT_EQ(find("17").params, R"({"y":2})");
}

TEST_P(JobStoreConformance, AnEntryWithoutAnIdGetsOne) {
  const Submitted one = must(store_->submit(R"({"type":"clip"})"));
  const Submitted two = must(store_->submit(R"({"type":"clip"})"));
  EXPECT_TRUE(one.is_new && two.is_new);
  EXPECT_NE(one.job.id, two.job.id);
  EXPECT_THAT(one.job.id, StartsWith("job-"));
  EXPECT_TRUE(is_job_id(one.job.id));
  EXPECT_THAT(published_entry(one.job), HasSubstr("\"id\":\"" + one.job.id + '"'));
  EXPECT_EQ(find(two.job.id).body, R"({"type":"clip"})");
}

TEST_P(JobStoreConformance, OneThatHasEndedElsewhereIsHistoryAndNeverRuns) {
  const std::pair<const char*, Status> words[] = {
      {"done", Status::done},     {"completed", Status::done},      {"succeeded", Status::done},
      {"failed", Status::failed}, {"cancelled", Status::cancelled}, {"canceled", Status::cancelled}};
  for (const auto& [word, status] : words) {
    submit(word, R"("videoUrl":"u","status":")" + std::string(word) + '"');
    EXPECT_EQ(find(word).status, status) << word;
    EXPECT_EQ(find(word).token, 0U);
    EXPECT_THAT(published_entry(find(word)), HasSubstr(R"("videoUrl":"u")")) << "it tells its own story";
  }
  EXPECT_EQ(claimed_id(), "none");
}

TEST_P(JobStoreConformance, OneThatWaitsOrRunsElsewhereIsTakenUp) {
  for (const char* word : {"pending", "queued", "waiting", "delayed", "running", "processing", "active"}) {
    submit(word, R"("status":")" + std::string(word) + '"');
    EXPECT_EQ(find(word).status, Status::pending) << word;
    EXPECT_EQ(claimed_id(), word);
  }
}

TEST_P(JobStoreConformance, OneThatIsToBeCancelledNeverRuns) {
  submit("a", R"("cancelRequested":true)");
  EXPECT_EQ(find("a").status, Status::cancelled);
  EXPECT_EQ(claimed_id(), "none");
}

TEST_P(JobStoreConformance, ASecondSubmitReturnsTheFirstJob) {
  submit("a", R"("priority":4)");
  const Claimed held = claim();
  const Submitted again = must(store_->submit(entry_text("a", R"("priority":4)")));
  EXPECT_FALSE(again.is_new);
  EXPECT_EQ(again.job.status, Status::running);
  const Submitted other_body = must(store_->submit(entry_text("a", R"("priority":9)")));
  EXPECT_FALSE(other_body.is_new);
  EXPECT_EQ(other_body.job.priority, 4) << "the first one stands";
  finish(held.claim, Ending::Kind::done);
  EXPECT_EQ(must(store_->submit(entry_text("a"))).job.status, Status::done);
  EXPECT_EQ(ids({}).size(), 1U);
}

TEST_P(JobStoreConformance, AnIdempotencyKeyStandsForOneJob) {
  submit("a", R"("idempotencyKey":"k")");
  const Submitted by_key = must(store_->submit(entry_text("b", R"("idempotencyKey":"k")")));
  EXPECT_FALSE(by_key.is_new);
  EXPECT_EQ(by_key.job.id, "a");
  const Submitted nameless =
      must(store_->submit(R"({"idempotencyKey":"k","params":{"n":1.1},"type":"storyboard"})"));
  EXPECT_FALSE(nameless.is_new) << "the same but for order, white space and 1.10 for 1.1";
  EXPECT_EQ(nameless.job.id, "a");
  EXPECT_EQ(why_not(store_->submit(entry_text("b", R"("idempotencyKey":"k","priority":1)"))),
            "invalid_request/id_taken/idempotencyKey");
  EXPECT_TRUE(must(store_->submit(entry_text("b", R"("idempotencyKey":"k2")"))).is_new);
  reopen();
  EXPECT_FALSE(must(store_->submit(entry_text("c", R"("idempotencyKey":"k")"))).is_new);
}

TEST_P(JobStoreConformance, ABodyIsKnownHoweverAnotherProgramWritesIt) {
  must(store_->submit(R"({"id":"a","type":"clip","idempotencyKey":"k","params":{"n":1,"text":"Zoë/"}})"));
  const std::string anew =
      R"({"idempotencyKey":"\u006b", "params":{"text":"Zo\u00eb\/", "n":1.0}, "type":"clip")";
  EXPECT_FALSE(must(store_->submit(anew + R"(,"id":"a"})")).is_new);
  EXPECT_EQ(must(store_->submit(anew + "}")).job.id, "a") << "by its key";
  EXPECT_EQ(why_not(store_->submit(R"({"type":"clip","idempotencyKey":"k","params":{"n":2,"text":"Zoë/"}})")),
            "invalid_request/id_taken/idempotencyKey");
}

TEST_P(JobStoreConformance, AKeyAndAnIdAreKnownAlsoAfterTheJobWasRemoved) {
  const std::string first = entry_text("a", R"("idempotencyKey":"k")");
  must(store_->submit(first));
  must(store_->cancel("a"));
  EXPECT_GOOD(store_->remove("a", false));
  const auto check = [&] {
    EXPECT_EQ(why_not(store_->submit(first)), "invalid_request/id_taken/id");
    EXPECT_EQ(why_not(store_->submit(entry_text("a"))), "invalid_request/id_taken/id");
    EXPECT_EQ(why_not(store_->submit(entry_text("b", R"("idempotencyKey":"k")"))),
              "invalid_request/id_taken/idempotencyKey");
  };
  check();
  reopen();
  check();
  maker_->advance(std::chrono::days(89));
  check();
  maker_->advance(std::chrono::days(2));
  EXPECT_TRUE(must(store_->submit(entry_text("b", R"("idempotencyKey":"k")"))).is_new);
  EXPECT_TRUE(must(store_->submit(entry_text("a"))).is_new);
}

TEST_P(JobStoreConformance, TheKeyOfAJobLongRemovedIsFreeAlsoWhenItsIdIsInUseAgain) {
  // The key led to the job that has the id now, and so to a refusal: "came with another job and a different body".
  submit("a", R"("status":"done","idempotencyKey":"k")");
  EXPECT_GOOD(store_->remove("a", false));
  maker_->advance(std::chrono::days(91));
  submit("a", R"("priority":1)");
  EXPECT_TRUE(must(store_->submit(entry_text("b", R"("idempotencyKey":"k")"))).is_new);
}

TEST_P(JobStoreConformance, AKeyLeadsToTheJobThatHadItLast) {
  // Two removed jobs had the key; the elder is remembered only for one that waits for it, and came after the younger
  // when a snapshot was read: the younger could be run a second time.
  for (const char* id : {"a", "b", "c", "d", "e", "f", "g", "h"}) {
    const std::string key = R"("status":"done","idempotencyKey":")" + std::string(id) + '"';
    const std::string elder = "elder-" + std::string(id), younger = "younger-" + std::string(id);
    submit(elder, key);
    submit("waits-for-" + elder, R"("runAt":4000000000000,"dependsOn":")" + elder + '"');
    EXPECT_GOOD(store_->remove(elder, false));
    maker_->advance(std::chrono::days(91));
    submit(younger, key);
    EXPECT_GOOD(store_->remove(younger, false));
    submit("writes-a-snapshot-" + std::string(id));
    reopen();
    EXPECT_EQ(why_not(store_->submit(entry_text("new-" + std::string(id), key))),
              "invalid_request/id_taken/idempotencyKey");
  }
}

TEST_P(JobStoreConformance, WhatIsWrongWithAnEntryIsNamedAndNothingIsStored) {
  const std::string of_257_bytes = '"' + std::string(257, 'x') + '"';
  const std::pair<std::string, std::string> bad[] = {
      {R"({"id":"../a","type":"clip"})", "id"},
      {R"({"jobId":".a","type":"clip"})", "jobId"},
      {R"({"id":"","type":"clip"})", "id"},
      {R"({"id":"a"})", "type"},
      {R"({"id":"a","type":7})", "type"},
      {R"({"id":"a","type":"clip","type":"clip"})", "type"},
      {entry_text("a", R"("status":"paused")"), "status"},
      {entry_text("a", R"("priority":1.5)"), "priority"},
      {entry_text("a", R"("priority":1000001)"), "priority"},
      {entry_text("a", R"("maxAttempts":0)"), "maxAttempts"},
      {entry_text("a", R"("max_attempts":"3")"), "max_attempts"},
      {entry_text("a", R"("createdAt":"yesterday")"), "createdAt"},
      {entry_text("a", R"("runAt":"soon")"), "runAt"},
      {entry_text("a", R"("runAt":-1)"), "runAt"},
      {entry_text("a", R"("dependsOn":5)"), "dependsOn"},
      {entry_text("a", R"("dependsOn":["b","a"])"), "dependsOn[1]"},
      {entry_text("a", R"("dependsOn":["../b"])"), "dependsOn[0]"},
      {entry_text("a", R"("dependsOn":["b","nobody"])"), "dependsOn[1]"},
      {entry_text("a", R"("idempotencyKey":)" + of_257_bytes), "idempotencyKey"},
      {entry_text("a", R"("rev":-1)"), "rev"},
      {entry_text("a", R"("cancelRequested":"yes")"), "cancelRequested"},
      {R"({"id":"a","type":"clip","params":[]})", "params"},
      {R"({"id":"a","type":"clip","payload":"x"})", "payload"},
      {"", ""},
      {"nonsense", ""},
      {"[]", ""},
      {R"({"id":"a","type":"clip"} {})", ""},
      {"{\"id\":\"a\",\"type\":\"\xFF\"}", ""},
  };
  submit("b");
  for (const auto& [text, field] : bad) {
    SCOPED_TRACE(text);
    const auto refused = store_->submit(text);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().cls, ErrorClass::invalid_request);
    EXPECT_EQ(refused.error().field, field);
    EXPECT_FALSE(refused.error().message.empty());
    EXPECT_EQ(why_not(store_->find("a")), "unavailable/not_found/");
  }
  EXPECT_EQ(ids({}).size(), 1U);
}

}  // namespace
}  // namespace reelspool::conformance
