#include "jobstore/file/group_commit.hpp"

#include <algorithm>

namespace reelspool {
namespace {

/// Syncs that take less cost less than a thread that sleeps and wakes up.
constexpr std::chrono::milliseconds worth_waiting{1};

}  // namespace

GroupCommit::GroupCommit(Files& files, const std::filesystem::path& store,
                         std::function<Result<>(Position)> rescue)
    : shared_(files, store), rescue_(std::move(rescue)) {}

void GroupCommit::note(std::shared_ptr<Fd> segment, Position end, Position synced) {
  std::lock_guard lock(mutex_);
  segment_ = std::move(segment);
  end_ = end;
  covered_ = std::max(covered_, synced);
}

Position GroupCommit::covered() const {
  std::lock_guard lock(mutex_);
  return covered_;
}

Result<> GroupCommit::cover(Position position) {
  std::unique_lock lock(mutex_);
  if (covered_ >= position) return ok;
  ++inside_;
  came_.notify_one();
  while (covered_ < position) {
    if (broken_) return *broken_;
    if (is_syncing_)
      done_.wait(lock);
    else
      sync(lock);  // again when it was appended after a sync of others had begun
  }
  return ok;
}

/// Whoever was covered by the last sync has by now appended again, or will in a moment. Without waiting for them two groups
/// take turns, each waiting for the other's sync.
void GroupCommit::wait_for_the_others(std::unique_lock<std::mutex>& lock) {
  if (last_took_ < worth_waiting) return;
  came_.wait_for(lock, last_took_ / 8, [this] { return inside_ >= expected_; });
}

void GroupCommit::sync(std::unique_lock<std::mutex>& lock) {
  is_syncing_ = true;
  wait_for_the_others(lock);
  const std::shared_ptr<Fd> segment = segment_;
  const Position end = end_;
  const std::size_t covers = inside_;
  const std::uint64_t noted = shared_.note();
  lock.unlock();
  const auto begin = std::chrono::steady_clock::now();
  Result<> synced = shared_.cover(*segment, end.segment, noted);
  const auto took = std::chrono::steady_clock::now() - begin;
  // After a rescue all that was appended before it is safe: note() has moved covered_ to the new segment.
  const bool is_rescued = !synced;
  if (is_rescued) {
    if (Result<> rescued = rescue_(end); rescued)
      synced = ok;
    else
      synced = std::move(rescued.error()).while_doing(synced.error().message + "; saving the state anew");
  }
  lock.lock();
  is_syncing_ = false;
  last_took_ = took;
  expected_ = inside_;
  inside_ -= covers;
  if (!synced) broken_ = synced.error();
  if (synced && !is_rescued) covered_ = std::max(covered_, end);
  done_.notify_all();
}

}  // namespace reelspool
