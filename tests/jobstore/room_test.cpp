// On a full disk: what runs can still be recorded as ended, since the room for that was there before it was claimed.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>
#include <atomic>
#include <fstream>
#include <functional>

#include "jobstore/file/journal_room.hpp"
#include "tests/jobstore/scratch.hpp"

namespace reelspool {
namespace {

using testing::HasSubstr;

/// A disk on which from a moment on no file gets another block. What belongs to a file already can be written.
class FillingDisk final : public Files {
 public:
  void fill() { is_full_ = true; }
  void make_room() { is_full_ = false; }

 protected:
  long make(const Deed& deed) override {
    if (!is_full_ || (deed.call != Call::write && deed.call != Call::allocate)) return Files::make(deed);
    struct ::stat file {};
    if (::fstat(deed.fd, &file) != 0) return -1;
    const auto has = static_cast<std::uint64_t>(file.st_blocks) * 512;
    const bool is_allowed = deed.call == Call::write ? deed.offset < has : deed.offset + deed.size <= has;
    if (!is_allowed) {
      errno = ENOSPC;
      return -1;
    }
    Deed some = deed;
    some.size = std::min<std::size_t>(deed.size, has - deed.offset);
    return Files::make(some);
  }

 private:
  std::atomic<bool> is_full_ = false;  // the store reads in threads of its own
};

/// What is smaller than what was refused last may still have its place.
std::string refusal(const std::function<Result<>(int)>& write) {
  for (int i = 1; i < 1000; ++i)
    if (const Result<> written = write(i); !written) return written.error().code;
  return "none";
}

/// As long as those of real failures, and longer.
std::string failure(std::size_t bytes = 1500) {
  return R"({"error":")" + std::string(bytes, 'e') + R"("})";
}

class RoomTest : public testing::Test {
 protected:
  RoomTest() {
    options_ = options_for(scratch_, "w1");
    options_.files = &disk_;
    options_.max_attempts = 1;
    store_ = open_store(options_);
  }

  Claim claim(const std::string& id) {
    must(store_->submit(entry_text(id)));
    return must(store_->claim_job(id))->claim;
  }
  /// Also the last block of the journal: nothing ordinary can be written any more.
  void fill() {
    disk_.fill();
    for (int i = 0;; ++i)
      if (!store_->submit(entry_text("filler-" + std::to_string(i)))) return;
  }
  Result<Job> fail(const Claim& claim, std::size_t bytes = 1500) {
    return store_->finish(claim, {.kind = Ending::Kind::failed, .fields = failure(bytes), .run_at = {}});
  }
  void expect_all(Status status, const std::vector<Claim>& claims) {
    auto other = open_store(options_for(scratch_));
    for (const Claim& claim : claims) EXPECT_EQ(must(other->find(claim.job)).status, status) << claim.job;
  }

  Scratch scratch_{Scratch::Place::in_memory};
  FillingDisk disk_;
  FileStoreOptions options_;
  std::unique_ptr<FileJobStore> store_;
};

TEST_F(RoomTest, AJobThatRunsWhenTheDiskFillsIsRecordedAsFailed) {
  const Claim a = claim("a");
  fill();
  EXPECT_EQ(refusal([&](int i) { return store_->append_step(a, {.key = "s" + std::to_string(i)}); }),
            "ENOSPC");
  EXPECT_EQ(refusal([&](int i) { return store_->progress(a, {.percent = i / 100.0}); }), "ENOSPC");
  EXPECT_EQ(must(fail(a)).status, Status::failed);
  expect_all(Status::failed, {a});
}

TEST_F(RoomTest, AllJobsThatRunWhenTheDiskFillsAreRecordedAsFailed) {
  std::vector<Claim> claims;
  for (int i = 0; i < 60; ++i) claims.push_back(claim("job-" + std::to_string(i)));
  fill();
  for (const Claim& claim : claims) ASSERT_TRUE(fail(claim, 3500)) << claim.job;
  expect_all(Status::failed, claims);
}

TEST_F(RoomTest, AJobIsGivenBackByWhoeverTakesItFromItsWorker) {
  const Claim a = claim("a");
  fill();
  FileStoreOptions options = options_for(scratch_);
  options.files = &disk_;
  EXPECT_EQ(must(open_store(options)->recover_from("w1")), std::vector<std::string>{"a"});
  expect_all(Status::pending, {a});
}

TEST_F(RoomTest, NoJobIsClaimedWithoutRoomToRecordHowItEnds) {
  must(store_->submit(entry_text("a")));
  disk_.fill();
  const auto refused = store_->claim();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().cls, ErrorClass::storage);
  EXPECT_EQ(refused.error().code, "ENOSPC");
  EXPECT_THAT(refused.error().message,
              HasSubstr("disk full: no room to record how a job ends; make room on the disk of " +
                        scratch_.path().string()));
  EXPECT_EQ(must(store_->find("a")).status, Status::pending);
  disk_.make_room();
  EXPECT_TRUE(must(store_->claim()));
}

TEST_F(RoomTest, AnEndThatIsVeryLongLeavesTheOthersTheirRoom) {
  const Claim a = claim("a"), b = claim("b");
  fill();
  const Result<Job> refused = fail(a, 300 << 10);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, "ENOSPC");
  EXPECT_TRUE(fail(b));
  EXPECT_TRUE(fail(a));
  expect_all(Status::failed, {a, b});
}

TEST_F(RoomTest, TheNextSegmentHasTheRoomToo) {
  const Claim a = claim("a");
  must(open_store(options_for(scratch_))->compact());
  fill();
  EXPECT_TRUE(fail(a));
  expect_all(Status::failed, {a});
}

TEST_F(RoomTest, WithoutRoomInTheNextSegmentTheJournalStaysInThisOne) {
  const Claim a = claim("a");
  disk_.fill();
  EXPECT_FALSE(store_->compact());
  EXPECT_TRUE(fail(a));
  expect_all(Status::failed, {a});
}

// Cutting frees the blocks behind the end of the file.
TEST_F(RoomTest, WhoeverCutsATornTailRestoresTheRoom) {
  const Claim a = claim("a");
  std::ofstream(scratch_.store() / "journal-000001", std::ios::app) << "9 a write that was nev";
  must(open_store(options_for(scratch_))->submit(entry_text("b")));
  fill();
  EXPECT_TRUE(fail(a));
  expect_all(Status::failed, {a});
}

TEST_F(RoomTest, ARecordThatTheDiskRefusesLeavesTheRoomAsItWas) {
  FailingFiles files(0, EIO);
  FileStoreOptions options = options_for(scratch_, "w2");
  options.files = &files;
  auto other = open_store(options);
  const Claim a = claim("a");
  files.fail_next(Files::Call::write);
  ASSERT_FALSE(other->submit(entry_text("b")));
  fill();
  EXPECT_TRUE(fail(a));
  expect_all(Status::failed, {a});
}

TEST(Room, WhereTheFileSystemCannotAllocateJobsRunWithoutIt) {
  Scratch scratch;
  FailingFiles files(0, EOPNOTSUPP);
  files.fail_all(Files::Call::allocate);
  FileStoreOptions options = options_for(scratch, "w1");
  options.files = &files;
  auto store = open_store(options);
  must(store->submit(entry_text("a")));
  const Claim claim = must(store->claim())->claim;
  EXPECT_EQ(must(store->finish(claim, {})).status, Status::done);
  EXPECT_EQ(files.count(Files::Call::allocate), 1);
}

TEST(Room, IsAllocatedAheadAndKeepsTheSizeOfTheFile) {
  Scratch scratch;
  FailingFiles files;
  FileStoreOptions options = options_for(scratch, "w1");
  options.files = &files;
  auto store = open_store(options);
  must(store->submit(entry_text("a")));
  const Claim claim = must(store->claim())->claim;
  for (int i = 0; i < 100; ++i) must(store->append_step(claim, {.key = "s" + std::to_string(i)}));
  EXPECT_EQ(files.count(Files::Call::allocate), 1);
  EXPECT_LT(std::filesystem::file_size(scratch.store() / "journal-000001"), 40'000U);
}

}  // namespace
}  // namespace reelspool
