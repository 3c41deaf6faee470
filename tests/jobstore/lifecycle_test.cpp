// The table of transitions, walked: what stands in it happens, and nothing else.
#include "jobstore/lifecycle.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <set>

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

TEST(Lifecycle, EveryTransitionIsMadeBySomeFunctionOfTheStore) {
  Scratch scratch;
  StandingClock clock;
  FileStoreOptions options = options_for(scratch, "w");
  options.clock = &clock;
  options.max_interruptions = 2;
  auto store = open_store(options);
  const auto submit = [&](const std::string& id, const std::string& more = {}) {
    must(store->submit(entry_text(id, more)));
  };
  const auto claim = [&](const std::string& id) { return must(store->claim_job(id))->claim; };
  const auto finish = [&](const std::string& id, Ending::Kind kind) {
    return must(store->finish(claim(id), {.kind = kind, .fields = "{}", .run_at = {}})).status;
  };
  submit("a");
  EXPECT_EQ(finish("a", Ending::Kind::given_back), Status::pending);
  EXPECT_EQ(finish("a", Ending::Kind::retry), Status::pending);
  EXPECT_EQ(finish("a", Ending::Kind::failed), Status::failed);
  must(store->retry("a"));
  EXPECT_EQ(finish("a", Ending::Kind::done), Status::done);
  submit("b");
  submit("b-waits", R"("dependsOn":["b"])");
  const Claim claim_b = claim("b");
  must(store->cancel("b"));
  must(store->finish(claim_b, {.kind = Ending::Kind::cancelled, .fields = "{}", .run_at = {}}));
  must(store->retry("b"));
  must(store->cancel("b"));
  submit("c");
  for (int death = 0; death < 2; ++death) {
    claim("c");
    store.reset();  // without giving it back: as if it had died
    store = open_store(options);
  }

  std::set<std::pair<std::string, std::string>> seen;  // (event, status after it)
  std::ifstream journal(scratch.store() / "journal-000001");
  for (std::string line; std::getline(journal, line);) {
    const auto word = [&](const std::string& key) {
      const std::size_t at = line.find("\"" + key + "\":\"");
      if (at == std::string::npos) return std::string();
      const std::size_t begin = at + key.size() + 4;
      return line.substr(begin, line.find('"', begin) - begin);
    };
    if (!word("event").empty()) seen.insert({word("event"), word("status")});
  }
  for (const Transition& transition : transitions)
    EXPECT_TRUE(seen.count({std::string(to_string(transition.event)), std::string(to_string(transition.to))}))
        << to_string(transition.event) << " -> " << to_string(transition.to);
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
