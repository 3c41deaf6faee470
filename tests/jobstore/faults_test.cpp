// Fail the first call on files, then the second, ... until a run meets no failure. After each, the store must open
// again, all that was acknowledged must be there, and nothing may be half done.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "tests/jobstore/scratch.hpp"

namespace reelspool {
namespace {

/// What a run was told to be so.
struct Acknowledged {
  std::map<std::string, Status> jobs;
  std::size_t steps_of_a = 0;
  bool is_removed = false;
};

/// Everything once, with a rotation every few records.
Acknowledged run(const Scratch& scratch, Files& files) {
  Acknowledged told;
  FileStoreOptions options = options_for(scratch, "w");
  options.files = &files;
  options.snapshot_at_bytes = 600;
  auto opened = open_file_store(options);
  if (!opened) return told;
  FileJobStore& store = **opened;
  const auto submit = [&](const std::string& id) {
    if (store.submit(entry_text(id))) told.jobs[id] = Status::pending;
  };
  for (const char* id : {"a", "b", "c"}) submit(id);
  if (auto claimed = store.claim_job("a"); claimed && *claimed) {
    const Claim claim = (*claimed)->claim;
    for (const char* key : {"s1", "s2"})
      if (store.append_step(claim, {.key = key, .hash = "h", .phase = StepRecord::Phase::done}))
        told.steps_of_a += 1;
    static_cast<void>(store.progress(claim, {.percent = 50}));
    if (store.finish(claim, {.kind = Ending::Kind::done, .fields = R"({"videoUrl":"u"})", .run_at = {}}))
      told.jobs["a"] = Status::done;
  }
  if (store.cancel("b")) told.jobs["b"] = Status::cancelled;
  if (store.retry("b")) told.jobs["b"] = Status::pending;
  if (auto outcomes = store.take_in({entry_text("d"), entry_text("e")}))
    for (const char* id : {"d", "e"}) told.jobs[id] = Status::pending;
  if (store.cancel("c")) told.jobs["c"] = Status::cancelled;
  if (store.remove("c", false)) told.is_removed = true;
  return told;
}

/// A later, unacknowledged step may have been made as well.
bool could_be(const std::string& id, Status told, Status found) {
  if (told == found) return true;
  if (id == "a") return told == Status::pending;
  if (id == "b") return told != Status::pending || found == Status::cancelled;
  return id == "c" && told == Status::pending && found == Status::cancelled;
}

void sweep(int errno_value) {
  for (int nth = 1;; ++nth) {
    SCOPED_TRACE("failing call " + std::to_string(nth) + " with errno " + std::to_string(errno_value));
    Scratch scratch(Scratch::Place::in_memory);
    FailingFiles files(nth, errno_value);
    const Acknowledged told = run(scratch, files);

    auto store = open_store(options_for(scratch, "later"));
    for (const auto& [id, status] : told.jobs) {
      const Result<Job> found = store->find(id);
      if (id == "c" && !found) continue;  // removed, acknowledged or not
      ASSERT_TRUE(found) << id;
      EXPECT_TRUE(could_be(id, status, found->status)) << id << " " << to_string(found->status);
      if (found->status == Status::done) {
        EXPECT_EQ(found->progress, 100);
      }
    }
    if (told.is_removed) {
      EXPECT_FALSE(store->find("c"));
    }
    EXPECT_GE(must(store->steps("a")).size(), told.steps_of_a);
    EXPECT_TRUE(must(store->submit(entry_text("after"))).is_new);
    for (const auto& file : std::filesystem::directory_iterator(scratch.store()))
      EXPECT_NE(file.path().extension(), ".new") << file.path();
    if (testing::Test::HasFailure() || !files.fired()) {
      EXPECT_GT(nth, 100) << "the run makes more calls than that";
      break;
    }
  }
}

TEST(Faults, AnySingleFailureLosesNothingThatWasAcknowledged) {
  sweep(EIO);
}
TEST(Faults, AFullDiskLosesNothingThatWasAcknowledged) {
  sweep(ENOSPC);
}

TEST(Faults, WhileTheDiskIsFullTheStoreCanBeReadAndGoesOnAfterwards) {
  Scratch scratch;
  FailingFiles files(0, ENOSPC);
  FileStoreOptions options = options_for(scratch);
  options.files = &files;
  auto store = open_store(options);
  must(store->submit(entry_text("a")));
  for (int i = 0; i < 3; ++i) {
    files.fail_next(Files::Call::write);
    const auto refused = store->submit(entry_text("b"));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().cls, ErrorClass::storage);
    EXPECT_THAT(refused.error().message, testing::HasSubstr("No space left"));
    EXPECT_EQ(must(store->list({})).size(), 1U);
  }
  EXPECT_TRUE(must(store->submit(entry_text("b"))).is_new);
  EXPECT_EQ(must(open_store(options_for(scratch))->list({})).size(), 2U);
}

}  // namespace
}  // namespace reelspool
