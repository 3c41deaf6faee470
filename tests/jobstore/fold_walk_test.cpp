#include <gtest/gtest.h>

#include <random>
#include <set>

#include "jobstore/file/fold.hpp"
#include "jobstore/file/payloads.hpp"
#include "jobstore/file/snapshot.hpp"

namespace reelspool {
namespace {

/// A fold that lives through random histories.
class FoldWalkTest : public testing::Test {
 protected:
  void add(RecordKind kind, const std::string& payload) {
    Chain before = chain_;
    const std::string line = encode_line(chain_, kind, 0, payload);
    Record record;
    ASSERT_TRUE(decode_line(std::string_view(line).substr(0, line.size() - 1), before, record));
    const Result<> applied = fold_.apply(record);
    ASSERT_TRUE(applied) << applied.error().message;
  }

  const Row* any(Status status) {
    const auto& rows = fold_.with_status(status);
    if (rows.empty()) return nullptr;
    auto row = rows.begin();
    std::advance(row, random_() % rows.size());
    return row->second;
  }

  void submit() {
    Row row;
    row.job.id = "job-" + std::to_string(random_() % 300);  // often one that was removed
    if (fold_.find(row.job.id)) return;
    row.job.type = "clip";
    row.job.body = R"({"id":"x","params":{}})";
    row.job.stage = "waiting";
    row.job.rev = 1;
    if (random_() % 4 == 0) row.depends_on.push_back("job-" + std::to_string(random_() % 300));
    add(RecordKind::job, job_payload(row));
  }

  void move(Status from, Event event) {
    if (const Row* row = any(from))
      add(RecordKind::set, move_payload(*row, {.event = event, .now = now_, .worker = "w"}));
  }

  void change_something() {
    now_ += std::chrono::hours(1);
    const Row* running = any(Status::running);
    switch (random_() % 8) {
      case 0:
      case 1:
        return submit();
      case 2:
        return move(Status::pending, Event::claimed);
      case 3:
        return move(Status::running, random_() % 2 == 0 ? Event::completed : Event::worker_died);
      case 4:
        if (running) add(RecordKind::progress, progress_payload(running->job.id, {.percent = 40}, now_));
        return;
      case 5:
        if (running)
          add(RecordKind::step,
              step_payload(running->job.id, {.key = std::to_string(random_() % 3), .hash = "h"}));
        return;
      case 6:
        return add(RecordKind::queue, queue_payload(random_() % 2 == 0));
      default:
        if (const Row* row = any(Status::done))
          add(RecordKind::gone,
              gone_payload(
                  row->job.id,
                  {.status = Status::done, .body_hash = 7, .idempotency_key = "", .at = now_, .number = 0}));
    }
  }

  std::mt19937 random_{11};
  Time now_{};
  Chain chain_{1, 0, 0};
  Fold fold_;
};

TEST_F(FoldWalkTest, ASnapshotInStepsIsTheOneOfTheMomentWhenItBeganWhateverChangesMeanwhile) {
  for (int i = 0; i < 300; ++i) change_something();
  for (int round = 0; round < 12; ++round) {
    for (int i = 0; i < 50; ++i) change_something();
    const Journal::Sealed sealed{1, chain_.sequence};
    const Time forget_before{};
    SnapshotText at_once(sealed), in_steps(sealed);
    fold_.write(at_once, forget_before);

    fold_.begin_walk(sealed.sequence, forget_before);
    for (bool is_more = true; is_more;) {
      is_more = fold_.walk(in_steps, 1 + random_() % 5);
      for (int i = 0; i < 6; ++i) change_something();
    }
    fold_.end_walk(sealed.sequence);
    ASSERT_EQ(in_steps.take(), at_once.take());
  }
}

TEST_F(FoldWalkTest, ALongRemovedJobStaysInTheSnapshotIfAJobThatNamesItIsRemovedMeanwhile) {
  Row row;
  row.job.id = "dependent";
  row.job.type = "clip";
  row.job.body = "{}";
  row.job.status = Status::done;
  row.depends_on = {"long-gone"};
  add(RecordKind::gone, gone_payload("long-gone", {}));
  add(RecordKind::job, job_payload(row));
  const Journal::Sealed sealed{1, chain_.sequence};
  const Time forget_before{std::chrono::hours(1)};
  SnapshotText at_once(sealed), in_steps(sealed);
  fold_.write(at_once, forget_before);

  fold_.begin_walk(sealed.sequence, forget_before);
  add(RecordKind::gone, gone_payload("dependent", {}));
  while (fold_.walk(in_steps, 1)) {
  }
  EXPECT_EQ(in_steps.take(), at_once.take());
}

TEST_F(FoldWalkTest, AnotherWalkIsNotEndedByTheOneBefore) {
  submit();
  fold_.begin_walk(chain_.sequence, now_);
  const std::uint64_t first = chain_.sequence;
  submit();
  fold_.begin_walk(chain_.sequence, now_);
  fold_.end_walk(first);
  EXPECT_TRUE(fold_.is_walked_from(chain_.sequence));
  EXPECT_FALSE(fold_.is_walked_from(first));
}

}  // namespace
}  // namespace reelspool
