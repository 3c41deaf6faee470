// The table of transitions, walked by the fold: what stands in it happens, and nothing else. (By the store as a whole:
// conformance/life_test.cpp.)
#include "jobstore/lifecycle.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "jobstore/file/fold.hpp"
#include "jobstore/file/payloads.hpp"
#include "tests/jobstore/scratch.hpp"

namespace reelspool {
namespace {

constexpr Status all_statuses[] = {Status::pending, Status::running, Status::done, Status::failed,
                                   Status::cancelled};
constexpr Event all_events[] = {Event::claimed,      Event::completed,          Event::failed,
                                Event::cancelled,    Event::retry_later,        Event::given_back,
                                Event::worker_died,  Event::worker_died_often,  Event::cancel_wished,
                                Event::retry_wished, Event::prerequisite_failed};

Record record(RecordKind kind, const std::string& fields, std::uint64_t sequence = 5) {
  Record made;
  made.kind = kind;
  made.sequence = sequence;
  made.restored = fields;
  made.fields = made.restored;
  made.entry = R"({"id":"a","type":"clip"})";
  return made;
}

TEST(Lifecycle, TheFoldTakesExactlyTheTransitionsOfTheTable) {
  for (const Status from : all_statuses)
    for (const Event event : all_events) {
      SCOPED_TRACE(std::string(to_string(from)) + " + " + std::string(to_string(event)));
      Fold fold;
      Row row;
      row.job.id = "a";
      row.job.status = from;
      row.job.rev = 1;
      const std::string job = job_payload(row);
      ASSERT_TRUE(fold.apply(record(RecordKind::job, job.substr(0, job.rfind(' ')), 4)));
      const auto to = after(from, event);
      const std::string set = R"({"id":"a","event":")" + std::string(to_string(event)) + R"(","rev":2})";
      const Result<> applied = fold.apply(record(RecordKind::set, set));
      EXPECT_EQ(bool(applied), to.has_value());
      EXPECT_EQ(fold.find("a")->job.status, to.value_or(from));
      EXPECT_EQ(fold.find("a")->job.rev, to ? 2U : 1U) << "a refused record changes nothing";
    }
}

TEST(Lifecycle, EndedJobsLeadNowhereButBackToPending) {
  for (const Transition& transition : transitions) {
    if (has_ended(transition.from)) {
      EXPECT_EQ(transition.to, Status::pending);
    }
    EXPECT_FALSE(transition.by.empty());
  }
}

TEST(Lifecycle, TheManualShowsTheTable) {
  const std::string manual = contents(REELSPOOL_SOURCE_DIR "/jobstore/LIFECYCLE.md");
  for (const Transition& transition : transitions) {
    const std::string row = "| " + std::string(to_string(transition.from)) + " | `" +
                            std::string(to_string(transition.event)) + "` | " +
                            std::string(to_string(transition.to)) + " |";
    EXPECT_THAT(manual, testing::HasSubstr(row));
  }
}

}  // namespace
}  // namespace reelspool
