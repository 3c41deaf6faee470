// How entries leave by themselves, and what is kept of them (J11).
#include "tests/jobstore/conformance/conformance.hpp"

namespace reelspool::conformance {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;

std::vector<Json> archived(const std::filesystem::path& data) {
  std::vector<Json> lines;
  for (const auto& file : std::filesystem::directory_iterator(data)) {
    if (!file.path().filename().string().starts_with("archive-")) continue;
    std::ifstream text(file.path());
    for (std::string line; std::getline(text, line);) lines.push_back(must(parse_json(line)));
  }
  return lines;
}
std::vector<std::string> archived_ids(const std::filesystem::path& data) {
  std::vector<std::string> ids;
  for (const Json& line : archived(data)) ids.push_back(line["id"]);
  return ids;
}

TEST_P(JobStoreConformance, EntriesStayForEverUnlessRulesSayOtherwise) {
  submit("a");
  end("a", Ending::Kind::done);
  maker_->advance(std::chrono::days(1000));
  EXPECT_EQ(must(maker_->sweep(*open())), 0U);
  EXPECT_EQ(find("a").status, Status::done);
}

TEST_P(JobStoreConformance, DoneEntriesLeaveAfterTheirTimeFailedAndCancelledOnesAfterTheirs) {
  maker_->keep_to({.done = 1h, .failed = 24h});
  const auto keeper = open();
  must(maker_->sweep(*keeper));
  for (const char* id : {"d", "f", "c", "waits"}) submit(id);
  finish(claim_job("d").claim, Ending::Kind::done, R"({"videoUrl":"u"})");
  finish(claim_job("f").claim, Ending::Kind::failed, R"({"error":"why"})");
  must(store_->cancel("c"));
  maker_->advance(1h - 1ms);
  EXPECT_EQ(must(maker_->sweep(*keeper)), 0U);
  maker_->advance(1ms);
  EXPECT_EQ(must(maker_->sweep(*keeper)), 1U);
  EXPECT_EQ(why_not(store_->find("d")), "unavailable/not_found/");
  maker_->advance(23h);
  EXPECT_EQ(must(maker_->sweep(*keeper)), 2U);
  EXPECT_THAT(ids({}), ElementsAre("waits"));

  const auto lines = archived(maker_->data());
  ASSERT_EQ(lines.size(), 3U);
  EXPECT_EQ(lines[0]["id"], "d");
  EXPECT_EQ(lines[0]["videoUrl"], "u");
  EXPECT_EQ(lines[0]["status"], "done");
  EXPECT_EQ(lines[1]["error"], "why");
  EXPECT_EQ(lines[2]["status"], "cancelled");
}

TEST_P(JobStoreConformance, TheFirstToEndLeaveWhenTooManyHaveEnded) {
  maker_->keep_to({.most_done = 2, .most_failed = 1});
  const auto keeper = open();
  for (const char* id : {"a", "b", "c", "f1", "f2"}) submit(id);
  for (const char* id : {"c", "a", "b"}) end(id, Ending::Kind::done);
  for (const char* id : {"f2", "f1"}) end(id, Ending::Kind::failed);
  EXPECT_EQ(must(maker_->sweep(*keeper)), 2U);
  EXPECT_THAT(archived_ids(maker_->data()), ElementsAre("c", "f2"));
  EXPECT_EQ(must(maker_->sweep(*keeper)), 0U);
}

TEST_P(JobStoreConformance, WhatALivingJobDependsOnStaysUntilThatHasEnded) {
  maker_->keep_to({.done = 1h});
  const auto keeper = open();
  must(maker_->sweep(*keeper));
  for (const char* id : {"first", "other"}) submit(id);
  submit("second", R"("dependsOn":["first"],"runAt":)" + time_text(5h));
  for (const char* id : {"first", "other"}) end(id, Ending::Kind::done);
  maker_->advance(2h);
  EXPECT_EQ(must(maker_->sweep(*keeper)), 1U);
  EXPECT_EQ(find("first").status, Status::done);
  maker_->advance(3h);
  end("second", Ending::Kind::done);
  EXPECT_EQ(must(maker_->sweep(*keeper)), 1U);
  EXPECT_THAT(ids({}), ElementsAre("second"));
}

TEST_P(JobStoreConformance, WhatHasLeftIsRememberedAsARemovedJobIs) {
  maker_->keep_to({.done = 1h});
  const auto keeper = open();
  must(maker_->sweep(*keeper));
  submit("first");
  end("first", Ending::Kind::done);
  maker_->advance(1h);
  EXPECT_EQ(must(maker_->sweep(*keeper)), 1U);
  EXPECT_EQ(why_not(store_->submit(entry_text("first"))), "invalid_request/id_taken/id");
  submit("second", R"("dependsOn":["first"])");
  EXPECT_EQ(claimed_id(), "second");
}

TEST_P(JobStoreConformance, WorkingFilesLeaveWithTheEntryAndOutputsStay) {
  maker_->keep_to({.done = 1h});
  const auto keeper = open();
  must(maker_->sweep(*keeper));
  submit("d");
  end("d", Ending::Kind::done);
  const auto folder = maker_->data() / "jobs" / "d";
  std::filesystem::create_directories(folder / "work-3");
  for (const char* name : {"final.mp4", "thumbnail.jpg", "plan.json", "clip_0.mp4", "work-3/x"})
    put_file(folder / name, "x");
  maker_->advance(1h);
  EXPECT_EQ(must(maker_->sweep(*keeper)), 1U);
  for (const char* name : {"final.mp4", "thumbnail.jpg", "plan.json"})
    EXPECT_TRUE(std::filesystem::exists(folder / name)) << name;
  for (const char* name : {"clip_0.mp4", "work-3"})
    EXPECT_FALSE(std::filesystem::exists(folder / name)) << name;
}

TEST_P(JobStoreConformance, WhatIsRemovedByACommandHasItsLineInTheArchiveToo) {
  submit("a");
  submit("h", R"("status":"completed","videoUrl":"elsewhere")");
  end("a", Ending::Kind::cancelled);
  EXPECT_GOOD(store_->remove("a", true));
  EXPECT_GOOD(store_->remove("h", false));
  const auto lines = archived(maker_->data());
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_EQ(lines[0]["id"], "a");
  EXPECT_EQ(lines[0]["outputsRemoved"], true);
  EXPECT_EQ(lines[1]["videoUrl"], "elsewhere");
}

}  // namespace
}  // namespace reelspool::conformance
