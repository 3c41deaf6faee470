// Whose turn it is: fair shares between users within a priority, and limits on what runs at once or begins within a
// time (J6, J7).
#include "tests/jobstore/conformance/conformance.hpp"

namespace reelspool::conformance {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

std::string of_user(const std::string& user, const std::string& more = {}) {
  return R"("userId":")" + user + '"' + (more.empty() ? "" : "," + more);
}
void submit_type(JobStore& store, const std::string& type, const std::string& id,
                 const std::string& more = {}) {
  must(store.submit(R"({"id":")" + id + R"(","type":")" + type + '"' + (more.empty() ? "" : "," + more) +
                    "}"));
}
std::vector<std::string> claim_all(JobStore& store) {
  std::vector<std::string> ids;
  while (const auto claimed = must(store.claim())) ids.push_back(claimed->job.id);
  return ids;
}

TEST_P(JobStoreConformance, UsersTakeTurns) {
  for (const char* id : {"a1", "a2", "a3", "a4"}) submit(id, of_user("A"));
  for (const char* id : {"c1", "c2"}) submit(id, of_user("C"));
  submit("none1");
  submit("b1", R"("user_id":"B")");
  submit("none2");
  EXPECT_THAT(claim_all(*store_), ElementsAre("a1", "c1", "none1", "b1", "a2", "c2", "none2", "a3", "a4"));
}

TEST_P(JobStoreConformance, AUserIsNamedByTheEntryOrByItsParams) {
  submit("a1", of_user("7"));
  submit_type(*store_, "storyboard", "a2", R"("params":{"userId":7})");
  submit_type(*store_, "storyboard", "a3", R"("data":{"user_id":"7"})");
  submit("b1", of_user("B"));
  EXPECT_THAT(claim_all(*store_), ElementsAre("a1", "b1", "a2", "a3"));
}

TEST_P(JobStoreConformance, AUserWithManyJobsDoesNotStarveOneWithOne) {
  for (int i = 0; i < 100; ++i) submit("a" + std::to_string(i), of_user("A"));
  EXPECT_EQ(claimed_id(), "a0");
  EXPECT_EQ(claimed_id(), "a1");
  submit("b1", of_user("B"));
  EXPECT_EQ(claimed_id(), "b1");
  EXPECT_EQ(claimed_id(), "a2");
}

TEST_P(JobStoreConformance, APriorityGoesBeforeTurns) {
  for (const char* id : {"a1", "a2"}) submit(id, of_user("A", R"("priority":5)"));
  submit("b1", of_user("B"));
  submit("a3", of_user("A"));
  EXPECT_THAT(claim_all(*store_), ElementsAre("a1", "a2", "b1", "a3"));
}

// Whoever was forgotten the moment he had nothing waiting came back as one who was never served, and so went first
// each time: a user who submits one job after the other starved all others.
TEST_P(JobStoreConformance, WhoComesBackIsNotNew) {
  for (const char* id : {"b1", "b2", "b3"}) submit(id, of_user("B"));
  std::vector<std::string> order;
  for (int i = 1; i <= 3; ++i) {
    submit("a" + std::to_string(i), of_user("A"));
    order.push_back(claimed_id());
    order.push_back(claimed_id());
  }
  EXPECT_THAT(order, ElementsAre("b1", "a1", "b2", "a2", "b3", "a3"));
}

TEST_P(JobStoreConformance, CancelledAndRetriedJobsKeepTheirUsersTurn) {
  for (const char* id : {"a1", "a2", "a3"}) submit(id, of_user("A"));
  submit("b1", of_user("B"));
  must(store_->cancel("a1"));
  EXPECT_EQ(claimed_id(), "a2");
  must(store_->retry("a1"));
  EXPECT_EQ(claimed_id(), "b1");
  EXPECT_THAT(claim_all(*store_), ElementsAre("a1", "a3")) << "the oldest of a user first";
}

TEST_P(JobStoreConformance, TurnsAreTheSameForAProcessThatComesLater) {
  for (const char* id : {"a1", "a2", "b1", "b2"}) submit(id, of_user(std::string(id).substr(0, 1)));
  for (const char* id : {"b1", "a1"}) end(id, Ending::Kind::done);
  EXPECT_THAT(claim_all(*open("w2")), ElementsAre("b2", "a2"));
}

TEST_P(JobStoreConformance, StartsOfATypeAreLimitedWithinATime) {
  maker_->claim_by({.limits = {{.types = {"clip", "old-clip"}, .starts = 2, .per = 60s}}, .only_types = {}});
  reopen();
  for (const char* id : {"c1", "c2", "c3"}) submit_type(*store_, "clip", id);
  submit_type(*store_, "old-clip", "c4");
  submit_type(*store_, "topic", "t1");
  EXPECT_EQ(claimed_id(), "c1");
  maker_->advance(20s);
  EXPECT_THAT(claim_all(*store_), ElementsAre("c2", "t1"));
  EXPECT_FALSE(is_claimable("c3")) << "also by its id";
  EXPECT_FALSE(must(open("w2")->claim())) << "it holds over all processes";
  maker_->advance(39'999ms);
  EXPECT_THAT(claim_all(*store_), IsEmpty());
  maker_->advance(1ms);
  EXPECT_THAT(claim_all(*store_), ElementsAre("c3")) << "the first was a minute ago, the second was not";
  maker_->advance(20s);
  EXPECT_THAT(claim_all(*store_), ElementsAre("c4"));
}

TEST_P(JobStoreConformance, EveryClaimIsAStartWhateverBecameOfTheJob) {
  maker_->claim_by({.limits = {{.types = {"clip"}, .starts = 2, .per = 60s}}, .only_types = {}});
  reopen();
  submit_type(*store_, "clip", "c1");
  for (int i = 0; i < 2; ++i) finish(claim().claim, Ending::Kind::given_back);
  must(store_->cancel("c1"));
  EXPECT_GOOD(store_->remove("c1", false));
  submit_type(*store_, "clip", "c2");
  reopen();
  EXPECT_EQ(claimed_id(), "none") << "two claims of one job, which is gone, count as two";
  maker_->advance(60s);
  EXPECT_EQ(claimed_id(), "c2");
}

TEST_P(JobStoreConformance, JobsOfAKindAreLimitedAtOnceOverAllProcesses) {
  maker_->claim_by({.limits = {{.types = {"video", "clip"}, .at_once = 2}}, .only_types = {}});
  reopen();
  submit_type(*store_, "clip", "c1");
  submit_type(*store_, "video", "v1");
  submit_type(*store_, "clip", "c2");
  submit_type(*store_, "topic", "t1");
  const Claim first = claim().claim;
  const auto other = open("w2");
  EXPECT_THAT(claim_all(*other), ElementsAre("v1", "t1"));
  finish(first, Ending::Kind::done);
  EXPECT_THAT(claim_all(*other), ElementsAre("c2"));
}

TEST_P(JobStoreConformance, WhatWaitsForALimitDelaysNothingElseOfItsUser) {
  maker_->claim_by({.limits = {{.types = {"clip"}, .at_once = 1}}, .only_types = {}});
  reopen();
  for (int i = 0; i < 5; ++i) submit_type(*store_, "clip", "c" + std::to_string(i), of_user("A"));
  submit("a1", of_user("A"));
  for (const char* id : {"b1", "b2"}) submit(id, of_user("B"));
  EXPECT_THAT(claim_all(*store_), ElementsAre("c0", "b1", "a1", "b2"));
}

TEST_P(JobStoreConformance, AWorkerForSomeTypesLeavesTheOthers) {
  maker_->claim_by({.limits = {}, .only_types = {"clip", "image"}});
  reopen();
  submit_type(*store_, "topic", "t1");
  submit_type(*store_, "image", "i1");
  submit_type(*store_, "clip", "c1");
  EXPECT_THAT(claim_all(*store_), ElementsAre("i1", "c1"));
  EXPECT_EQ(claim_job("t1").job.id, "t1") << "unless it is asked for that one";
}

}  // namespace
}  // namespace reelspool::conformance
