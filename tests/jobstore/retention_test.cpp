// How entries leave by themselves, and what is kept of them.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>
#include <future>
#include <map>

#include "tests/jobstore/mortal_files.hpp"
#include "tests/jobstore/store_fixture.hpp"

namespace reelspool {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

std::vector<Json> archived(const std::filesystem::path& data) {
  std::vector<Json> lines;
  for (const auto& file : std::filesystem::directory_iterator(data)) {
    if (!file.path().filename().string().starts_with("archive-")) continue;
    std::ifstream text(file.path());
    for (std::string line; std::getline(text, line);) lines.push_back(must(parse_json(line)));
  }
  return lines;
}

class RetentionTest : public FileStoreTest {
 protected:
  RetentionTest() {
    rules_.done = 1h;
    rules_.failed = 24h;
    rules_.most_done = 100;
    rules_.most_failed = 500;
    open_with(rules_);
  }
  /// The sweeps are a client's, which makes none by itself: each at a known moment.
  void open_with(const RetentionRules& rules) {
    FileStoreOptions options = options_for(scratch_);
    options.clock = options_.clock;
    options.report = [this](const Error& problem) { complaints_.push_back(problem.message); };
    options.retention = rules;
    keeper_.reset();
    reopen();
    keeper_ = open_store(options);
    sweep();
  }
  std::size_t sweep() { return must(keeper_->sweep()); }
  void end(const std::string& id, Ending::Kind kind, const std::string& more = "{}") {
    finish(must(store_->claim_job(id))->claim, kind, more);
  }
  void done(const std::string& id) {
    submit(id);
    end(id, Ending::Kind::done, R"({"videoUrl":"u/)" + id + "\"}");
  }
  bool is_there(const std::string& id) { return static_cast<bool>(store_->find(id)); }
  std::vector<std::string> archived_ids() {
    std::vector<std::string> ids;
    for (const Json& line : archived(scratch_.path())) ids.push_back(line["id"]);
    return ids;
  }

  RetentionRules rules_;
  std::vector<std::string> complaints_;
  std::unique_ptr<FileJobStore> keeper_;
};

TEST_F(RetentionTest, OutputsOfRemovedJobsGoWhenTheirOwnTimeIsOver) {
  rules_ = {.outputs = 48h};
  open_with(rules_);
  clock_.advance(1h);  // a sweep has looked at them already
  const auto put_output = [&](const std::string& id, std::chrono::seconds age) {
    std::filesystem::create_directories(scratch_.path() / "jobs" / id);
    const auto file = scratch_.path() / "jobs" / id / "final.mp4";
    put_file(file, "x");
    const timespec made{static_cast<time_t>((clock_.now().time_since_epoch() - age) / 1s), 0};
    const timespec times[] = {made, made};
    ASSERT_EQ(::utimensat(AT_FDCWD, file.c_str(), times, 0), 0);
  };
  done("lives");
  put_output("lives", 100h);
  put_output("old", 48h);
  put_output("young", 47h);
  sweep();
  EXPECT_TRUE(std::filesystem::exists(scratch_.path() / "jobs" / "lives"));
  EXPECT_FALSE(std::filesystem::exists(scratch_.path() / "jobs" / "old"));
  EXPECT_TRUE(std::filesystem::exists(scratch_.path() / "jobs" / "young"));
}

TEST_F(RetentionTest, AClockThatJumpsByMoreThanADayRemovesNothingForAnHour) {
  SetClock& clock = set_clock_;
  options_.clock = &clock;
  open_with(rules_);
  done("d");
  clock.set(25h);
  EXPECT_EQ(sweep(), 0U);
  clock.run(59min);
  EXPECT_EQ(sweep(), 0U);
  clock.set(-25h);  // put right again
  EXPECT_EQ(sweep(), 0U);
  clock.run(59min);
  EXPECT_EQ(sweep(), 0U);
  clock.run(1min);
  EXPECT_EQ(sweep(), 1U);
}

TEST_F(RetentionTest, AStartLongAfterTheLastEndIsAJumpToo) {
  SetClock& clock = set_clock_;
  options_.clock = &clock;
  open_with(rules_);
  done("d");
  clock.run(72h);
  open_with(rules_);
  EXPECT_TRUE(is_there("d"));
  clock.run(1h);
  EXPECT_EQ(sweep(), 1U);
}

TEST_F(RetentionTest, AnEndInTheFutureIsAsOldAsTheOnesAfterIt) {
  SetClock& clock = set_clock_;
  options_.clock = &clock;
  open_with(rules_);
  clock.set(20h);
  done("of-the-future");
  clock.set(-20h);
  done("now");
  clock.run(1h);
  EXPECT_EQ(sweep(), 2U);
}

TEST_F(RetentionTest, WhatIsRemovedByHandIsArchivedToo) {
  done("a");
  EXPECT_GOOD(store_->remove("a", true));
  submit("h", R"("status":"completed","videoUrl":"elsewhere")");
  const std::string wish = R"({"id":"h","rev":1,"removeRequested":true})";
  EXPECT_EQ(must(store_->take_in({wish}))[0].kind, Ledger::Outcome::Kind::removed);
  const auto lines = archived(scratch_.path());
  ASSERT_THAT(lines, SizeIs(2));
  EXPECT_EQ(lines[0]["outputsRemoved"], true);
  EXPECT_EQ(lines[1]["videoUrl"], "elsewhere");
}

TEST_F(RetentionTest, AnArchiveThatCannotBeWrittenLosesNoLine) {
  done("a");
  std::filesystem::create_directories(scratch_.path() / "archive-2027-01.jsonl");  // in its place
  options_.snapshot_at_bytes = 1;
  reopen();
  EXPECT_GOOD(keeper_->remove("a", false));
  ASSERT_FALSE(complaints_.empty());
  EXPECT_THAT(complaints_[0], HasSubstr("archive-2027-01.jsonl"));
  submit("b");  // and a snapshot
  std::filesystem::remove(scratch_.path() / "archive-2027-01.jsonl");
  reopen();
  open_with(rules_);
  EXPECT_THAT(archived_ids(), ElementsAre("a"));
}

TEST_F(RetentionTest, ALinkInThePlaceOfTheArchiveIsNotFollowed) {
  const auto elsewhere = scratch_.path() / "elsewhere";
  put_file(elsewhere, "mine");
  std::filesystem::create_symlink(elsewhere, scratch_.path() / "archive-2027-01.jsonl");
  done("a");
  EXPECT_GOOD(store_->remove("a", false));
  EXPECT_EQ(contents(elsewhere), "mine");
  std::filesystem::remove(scratch_.path() / "archive-2027-01.jsonl");
  reopen();
  open_with(rules_);
  EXPECT_THAT(archived_ids(), ElementsAre("a"));
}

TEST_F(RetentionTest, ATornLineIsWrittenAnewAndAStrangersIsLeftAlone) {
  const auto file = scratch_.path() / "archive-2027-01.jsonl";
  put_file(file, "{\"removal\":3,\"id\":\"to");
  done("a");
  EXPECT_GOOD(store_->remove("a", false));
  EXPECT_THAT(archived_ids(), ElementsAre("a"));
  put_file(file, contents(file) + R"({"id":"mine"})");
  done("b");
  EXPECT_GOOD(store_->remove("b", false));
  EXPECT_THAT(archived_ids(), ElementsAre("a", "mine", "b"));
}

// Dies at the first call on files, then the second, ... until a sweep meets no death. After each, another process
// goes on: every job is in the store or in the archive, and none is there twice.
TEST(RetentionCrash, ADeathAtAnyCallNeitherLosesALineNorWritesItTwice) {
  int deaths = 0;
  for (int nth = 1;; ++nth) {
    SCOPED_TRACE("dies at call " + std::to_string(nth));
    Scratch scratch(Scratch::Place::in_memory);
    StandingClock clock;
    MortalFiles files;
    FileStoreOptions options = options_for(scratch, "dies");
    options.clock = &clock;
    options.files = &files;
    auto store = open_store(options);
    for (const std::string id : {"a", "b", "c"}) {
      must(store->submit(entry_text(id)));
      must(store->finish(must(store->claim())->claim,
                         {.kind = Ending::Kind::done, .fields = "{}", .run_at = {}}));
      std::filesystem::create_directories(scratch.path() / "jobs" / id);
      put_file(scratch.path() / "jobs" / id / "clip_0.mp4", "x");
    }
    store.reset();
    options.role = FileStoreOptions::Role::client;  // no thread of its own: the sweep is ours alone
    options.retention.most_done = 1;
    store = open_store(options);
    files.die_at(nth);
    static_cast<void>(store->sweep());
    const bool died = files.is_dead();
    store.reset();

    options.worker = "later";
    options.role = FileStoreOptions::Role::client;
    options.files = nullptr;
    store = open_store(options);
    must(store->sweep());
    std::map<std::string, int> lines;
    for (const Json& line : archived(scratch.path())) ++lines[line["id"]];
    EXPECT_EQ(lines, (std::map<std::string, int>{{"a", 1}, {"b", 1}}));
    EXPECT_TRUE(store->find("c"));
    EXPECT_FALSE(store->find("a") || store->find("b"));
    EXPECT_FALSE(std::filesystem::exists(scratch.path() / "jobs" / "a"));
    EXPECT_TRUE(std::filesystem::exists(scratch.path() / "jobs" / "c"));
    if (testing::Test::HasFailure() || !died) break;
    ++deaths;
  }
  EXPECT_GT(deaths, 15) << "a sweep makes more calls than that";
}

TEST(RetentionTimer, AWorkerSweepsAtItsStart) {
  Scratch scratch;
  {
    auto store = open_store(options_for(scratch, "w"));
    for (const char* id : {"a", "b"}) {
      must(store->submit(entry_text(id)));
      must(store->cancel(id));
    }
  }
  FileStoreOptions options = options_for(scratch, "w");
  options.retention.most_failed = 1;
  std::promise<void> told;
  std::atomic<bool> is_told = false;
  auto store = open_store(options);
  const auto look = [&] {
    if (!store->find("a") && !is_told.exchange(true)) told.set_value();
  };
  store->on_movement(look);
  look();
  told.get_future().wait();
  store->on_movement({});
  EXPECT_TRUE(store->find("b"));
}

/// The time left on the timers of this process by the clock that nobody sets: the store's plans to sweep.
std::vector<std::string> armed_sweeps() {
  std::vector<std::string> armed;
  for (const auto& file : std::filesystem::directory_iterator("/proc/self/fdinfo")) {
    const std::string info = contents(file.path());
    if (info.find("clockid: 7") == std::string::npos) continue;
    if (info.find("it_value: (0, 0)") == std::string::npos) armed.push_back(info);
  }
  return armed;
}

TEST(RetentionTimer, RunsOnlyWhileSomethingHasEnded) {
  Scratch scratch;
  FileStoreOptions options = options_for(scratch, "w");
  options.retention.done = 1h;
  auto store = open_store(options);
  EXPECT_THAT(armed_sweeps(), IsEmpty());
  must(store->submit(entry_text("a")));
  const Claim held = must(store->claim())->claim;
  EXPECT_THAT(armed_sweeps(), IsEmpty());
  must(store->finish(held, {}));
  EXPECT_THAT(armed_sweeps(), SizeIs(1));
  EXPECT_GOOD(store->remove("a", false));
  must(store->sweep());
  EXPECT_THAT(armed_sweeps(), IsEmpty());
}

}  // namespace
}  // namespace reelspool
