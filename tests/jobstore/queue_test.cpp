// Whose turn it is: fair shares between users, and limits on what runs at once or begins within a time.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>

#include "tests/jobstore/store_fixture.hpp"

namespace reelspool {
namespace {

using namespace std::chrono_literals;

class QueueTest : public FileStoreTest {
 protected:
  void submit_type(const std::string& type, const std::string& id) {
    must(store_->submit(R"({"id":")" + id + R"(","type":")" + type + R"("})"));
  }
  void open_with(const ClaimRules& rules) {
    options_.rules = rules;
    reopen();
  }
};

// A command that knows of no limit wrote the snapshot, and the starts were forgotten.
TEST_F(QueueTest, StartsAreRememberedThroughASnapshotOfAProcessWithoutLimits) {
  open_with({.limits = {{.types = {"clip"}, .starts = 2, .per = 60s}}, .only_types = {}});
  for (const char* id : {"c1", "c2", "c3"}) submit_type("clip", id);
  for (int i = 0; i < 2; ++i) claim();
  EXPECT_GOOD(open_store(options_for(scratch_))->compact());
  reopen();
  EXPECT_EQ(claimed_id(), "none");
  clock_.advance(60s);
  EXPECT_EQ(claimed_id(), "c1") << "which was given back when its worker closed";
}

TEST_F(QueueTest, AClockThatIsSetNeitherShortensNorLengthensTheWait) {
  SetClock& clock = set_clock_;
  options_.clock = &clock;
  open_with({.limits = {{.types = {"clip"}, .starts = 1, .per = 60s}}, .only_types = {}});
  for (const char* id : {"c1", "c2", "c3", "c4"}) submit_type("clip", id);
  EXPECT_EQ(claimed_id(), "c1");
  EXPECT_EQ(claimed_id(), "none");
  clock.set(24h);
  clock.run(59s);
  EXPECT_EQ(claimed_id(), "none");
  clock.run(1s);
  EXPECT_EQ(claimed_id(), "c2");
  EXPECT_EQ(claimed_id(), "none");
  clock.set(-48h);
  clock.run(60s);
  EXPECT_EQ(claimed_id(), "c3");
  clock.set(-48h);
  reopen();  // which gives back what it ran
  EXPECT_EQ(claimed_id(), "none");
  clock.run(60s);
  EXPECT_EQ(claimed_id(), "c1") << "a start in the future waits its own time and no longer";
}

TEST_F(QueueTest, TheEndOfAnAttemptIsNewsForWhoWaitsForItsLimit) {
  open_with({.limits = {{.types = {"clip"}, .at_once = 1}}, .only_types = {}});
  for (const char* id : {"c1", "c2"}) submit_type("clip", id);
  const Claim first = claim().claim;
  options_.worker = "w2";
  auto other = open_store(options_);
  EXPECT_FALSE(must(other->claim()));
  std::promise<void> told;
  std::atomic<bool> is_told = false;
  other->on_change([&] {
    if (!is_told.exchange(true)) told.set_value();
  });
  finish(first, Ending::Kind::done);
  told.get_future().wait();
  other->on_change({});
  EXPECT_EQ(must(other->claim())->job.id, "c2");
}

TEST_F(QueueTest, TheListenerIsToldAtTheMomentWhenAStartIsAllowed) {
  FileStoreOptions options = options_for(scratch_, "real");
  options.rules.limits = {{.types = {"clip"}, .starts = 1, .per = 150ms}};
  auto real = open_store(options);
  std::promise<void> told;
  std::atomic<bool> is_told = false;
  for (const char* id : {"c1", "c2"})
    must(real->submit(R"({"id":")" + std::string(id) + R"(","type":"clip"})"));
  EXPECT_TRUE(must(real->claim()));
  real->on_change([&] {
    if (is_told) return;
    if (const auto claimed = real->claim(); claimed && *claimed && !is_told.exchange(true)) told.set_value();
  });
  told.get_future().wait();
  real->on_change({});
  EXPECT_EQ(must(real->find("c2")).status, Status::running);
}

TEST_F(QueueTest, NoJobIsBegunWhileLessIsFreeThanASettingSays) {
  options_.least_free_bytes = std::uint64_t{1} << 62;
  reopen();
  EXPECT_FALSE(must(store_->claim())) << "nothing to begin: nothing to complain about";
  submit("a");
  const auto refused = store_->claim();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().cls, ErrorClass::storage);
  EXPECT_THAT(refused.error().message, testing::HasSubstr("MB free; no job is begun before there are "));
  EXPECT_EQ(find("a").status, Status::pending);
}

}  // namespace
}  // namespace reelspool
