// Wishes and changes, as the window asks for them (DESIGN 3, "Wishes").
#include "jobstore/file/ledger.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "jobstore/json.hpp"
#include "tests/jobstore/scratch.hpp"

namespace reelspool {
namespace {

using Kind = Ledger::Outcome::Kind;
using testing::ElementsAre;
using testing::HasSubstr;

class LedgerTest : public testing::Test {
 protected:
  LedgerTest() {
    options_ = options_for(scratch_, "w");
    options_.clock = &clock_;
    store_ = open_store(options_);
  }

  std::vector<Ledger::Outcome> take_in(const std::vector<std::string>& entries) {
    return must(store_->take_in({entries.begin(), entries.end()}));
  }
  Ledger::Outcome take_one(const std::string& entry) { return take_in({entry})[0]; }
  /// The published entry of a job, with something changed in it by a front end.
  std::string wish(const std::string& id, const std::function<void(Json&)>& change) {
    Json entry = must(parse_json(published_entry(must(store_->find(id)))));
    change(entry);
    return to_text(entry);
  }
  Status status(const std::string& id) { return must(store_->find(id)).status; }
  Claim claim() { return must(store_->claim())->claim; }
  void end(const Claim& claim, Ending::Kind kind) {
    must(store_->finish(claim, {.kind = kind, .fields = "{}", .run_at = {}}));
  }

  Scratch scratch_;
  StandingClock clock_;
  FileStoreOptions options_;
  std::unique_ptr<FileJobStore> store_;
};

const auto cancel = [](Json& entry) { entry["cancelRequested"] = true; };
const auto remove_it = [](Json& entry) { entry["removeRequested"] = true; };
const auto retry = [](Json& entry) { entry["status"] = "pending"; };
const auto nothing = [](Json&) {};

TEST_F(LedgerTest, AnEntryWithoutRevAndANewIdIsASubmit) {
  EXPECT_EQ(take_one(entry_text("a")).kind, Kind::submitted);
  EXPECT_EQ(status("a"), Status::pending);
  EXPECT_EQ(take_one(R"({"params":{"n":1.1},"type":"storyboard","id":"a"})").kind, Kind::known);
  const auto other = take_one(entry_text("a", R"("priority":2)"));
  EXPECT_EQ(other.kind, Kind::rejected);
  EXPECT_EQ(other.problem.code, "id_taken");
  EXPECT_EQ(must(store_->find("a")).priority, 0);
}

TEST_F(LedgerTest, BadEntriesAreRejectedAndTheOthersGoOn) {
  const auto outcomes =
      take_in({"nonsense", R"({"type":"clip"})", entry_text("good"), entry_text("bad", R"("runAt":"x")")});
  EXPECT_EQ(outcomes[0].kind, Kind::rejected);
  EXPECT_EQ(outcomes[1].kind, Kind::rejected);
  EXPECT_EQ(outcomes[1].problem.field, "id");
  EXPECT_EQ(outcomes[2].kind, Kind::submitted);
  EXPECT_EQ(outcomes[3].kind, Kind::rejected);
  EXPECT_EQ(outcomes[3].problem.field, "runAt");
  EXPECT_EQ(outcomes[3].id, "bad");
  EXPECT_FALSE(store_->find("bad"));
}

TEST_F(LedgerTest, TheOrderOfEntriesDoesNotMatterForDependsOnButCirclesAreRefused) {
  const auto outcomes = take_in(
      {entry_text("c", R"("dependsOn":["b"])"), entry_text("b", R"("dependsOn":["a"])"), entry_text("a"),
       entry_text("x", R"("dependsOn":["y"])"), entry_text("y", R"("dependsOn":["x"])")});
  EXPECT_EQ(outcomes[0].kind, Kind::submitted);
  EXPECT_EQ(outcomes[1].kind, Kind::submitted);
  EXPECT_EQ(outcomes[2].kind, Kind::submitted);
  EXPECT_EQ(outcomes[3].kind, Kind::rejected);
  EXPECT_EQ(outcomes[4].kind, Kind::rejected);
  EXPECT_EQ(outcomes[3].problem.field, "dependsOn[0]");
}

TEST_F(LedgerTest, AnEntryAsItWasPublishedWishesNothing) {
  take_one(entry_text("a"));
  EXPECT_EQ(take_one(wish("a", nothing)).kind, Kind::unchanged);
  const Claim held = claim();
  EXPECT_EQ(take_one(wish("a", nothing)).kind, Kind::unchanged);
  EXPECT_EQ(take_one(wish("a", [](Json& entry) { entry["status"] = "done"; })).kind, Kind::unchanged)
      << "state is never believed";
  EXPECT_EQ(status("a"), Status::running);
  end(held, Ending::Kind::failed);
  EXPECT_EQ(take_one(wish("a", nothing)).kind, Kind::unchanged);
}

TEST_F(LedgerTest, ACancelCountsUnlessItIsOlderThanTheLastRetry) {
  take_one(entry_text("a"));
  const std::string early = wish("a", cancel);
  end(claim(), Ending::Kind::failed);
  must(store_->retry("a"));
  EXPECT_EQ(take_one(early).kind, Kind::unchanged) << "it meant the run before";
  EXPECT_EQ(status("a"), Status::pending);
  const std::string fresh = wish("a", cancel);
  const Claim held = claim();
  EXPECT_EQ(take_one(fresh).kind, Kind::cancelled) << "an older rev, but younger than the retry";
  EXPECT_TRUE(must(store_->find("a")).cancel_requested);
  EXPECT_EQ(take_one(fresh).kind, Kind::unchanged);
  end(held, Ending::Kind::cancelled);
  EXPECT_EQ(take_one(fresh).kind, Kind::unchanged);
}

TEST_F(LedgerTest, PendingOnAnEndedJobAtItsCurrentRevIsARetry) {
  take_one(entry_text("a"));
  const std::string old = wish("a", retry);
  end(claim(), Ending::Kind::failed);
  EXPECT_EQ(take_one(old).kind, Kind::unchanged);
  const std::string current = wish("a", retry);
  EXPECT_EQ(take_one(current).kind, Kind::retried);
  EXPECT_EQ(status("a"), Status::pending);
  EXPECT_EQ(take_one(current).kind, Kind::unchanged);
  end(claim(), Ending::Kind::done);
  EXPECT_EQ(take_one(wish("a", retry)).kind, Kind::unchanged) << "what is done stays done";
}

TEST_F(LedgerTest, RemoveRequestedAtTheCurrentRevOfAnEndedJobRemovesIt) {
  take_one(entry_text("a", R"("idempotencyKey":"k")"));
  EXPECT_EQ(take_one(wish("a", remove_it)).kind, Kind::unchanged) << "it has not ended";
  end(claim(), Ending::Kind::done);
  std::filesystem::create_directories(scratch_.path() / "jobs" / "a" / "work-1");
  const std::string copy = wish("a", nothing);
  EXPECT_EQ(take_one(wish("a", remove_it)).kind, Kind::removed);
  EXPECT_FALSE(std::filesystem::exists(scratch_.path() / "jobs" / "a"));

  store_.reset();
  store_ = open_store(options_);
  EXPECT_EQ(take_one(copy).kind, Kind::unchanged) << "an old copy of the file never runs a paid job again";
  EXPECT_EQ(take_one(entry_text("a", R"("idempotencyKey":"k")")).kind, Kind::known);
  EXPECT_EQ(take_one(entry_text("b", R"("idempotencyKey":"k")")).kind, Kind::known);
  EXPECT_EQ(take_one(entry_text("a")).kind, Kind::rejected);
  EXPECT_FALSE(store_->find("a"));
}

TEST_F(LedgerTest, ARemovedJobIsForgottenAfterNinetyDays) {
  const std::string entry = entry_text("a", R"("status":"done","idempotencyKey":"k")");
  take_one(entry);
  EXPECT_EQ(take_one(wish("a", remove_it)).kind, Kind::removed);
  clock_.advance(std::chrono::days(89));
  EXPECT_EQ(take_one(entry).kind, Kind::known);
  clock_.advance(std::chrono::days(2));
  EXPECT_EQ(take_one(entry).kind, Kind::submitted);
  EXPECT_EQ(take_one(entry).kind, Kind::known);
  store_.reset();
  store_ = open_store(options_);
  EXPECT_EQ(status("a"), Status::done);
}

TEST_F(LedgerTest, ARevOfAJobThatNobodyKnowsIsTakenAsItStands) {
  EXPECT_EQ(take_one(entry_text("a", R"("rev":7,"status":"done","videoUrl":"u")")).kind, Kind::submitted);
  EXPECT_EQ(take_one(entry_text("b", R"("rev":7,"status":"running")")).kind, Kind::submitted);
  EXPECT_EQ(status("a"), Status::done);
  EXPECT_EQ(status("b"), Status::pending);
}

TEST_F(LedgerTest, ChangesAreToldOnceEachAndInOrder) {
  take_in({entry_text("a"), entry_text("b"), entry_text("c")});
  const auto ids = [](const Ledger::Changes& changes) {
    std::vector<std::string> found;
    for (const auto& change : changes.changes) found.push_back(change.id + (change.job ? "" : " gone"));
    return found;
  };
  auto changes = must(store_->changes_since(0, 2));
  EXPECT_THAT(ids(changes), ElementsAre("a", "b"));
  EXPECT_TRUE(changes.more);
  EXPECT_LT(changes.changes[0].place, changes.changes[1].place);
  changes = must(store_->changes_since(changes.cursor, 100));
  EXPECT_THAT(ids(changes), ElementsAre("c"));
  EXPECT_FALSE(changes.more);
  EXPECT_TRUE(must(store_->changes_since(changes.cursor, 100)).changes.empty());

  const Claim held = claim();
  EXPECT_GOOD(store_->progress(held, {.percent = 10}));
  EXPECT_GOOD(store_->progress(held, {.percent = 20}));
  must(store_->cancel("c"));
  EXPECT_GOOD(store_->remove("c", false));
  const auto later = must(store_->changes_since(changes.cursor, 100));
  EXPECT_THAT(ids(later), ElementsAre("a", "c gone"));
  EXPECT_EQ(later.changes[0].job->progress, 20);
}

TEST_F(LedgerTest, EveryMovementIsTold) {
  int movements = 0;
  store_->on_movement([&] { ++movements; });
  take_one(entry_text("a"));
  EXPECT_EQ(movements, 1);
  take_one(entry_text("a"));
  EXPECT_EQ(movements, 1) << "nothing moved";
  const Claim held = claim();
  EXPECT_GOOD(store_->progress(held, {.percent = 10}));
  EXPECT_EQ(movements, 3);
  EXPECT_FALSE(must(store_->others_run()));
  auto other = open_store(options_for(scratch_));
  EXPECT_TRUE(must(other->others_run()));
  store_->on_movement({});
}

TEST_F(LedgerTest, WhatIsDoneWhileHoldingAClaimIsDoneOnlyIfItHolds) {
  take_one(entry_text("a"));
  const Claim held = claim();
  int done = 0;
  const auto act = [&done]() -> Result<> {
    ++done;
    return ok;
  };
  EXPECT_GOOD(store_->while_holding(held, act));
  end(held, Ending::Kind::given_back);
  EXPECT_EQ(store_->while_holding(held, act).error().code, "stale_claim");
  EXPECT_EQ(done, 1);
}

}  // namespace
}  // namespace reelspool
