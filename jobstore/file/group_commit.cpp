#include "jobstore/file/group_commit.hpp"

#include <algorithm>

namespace reelspool {

GroupCommit::GroupCommit(Files& files, std::function<Result<>(Position)> rescue)
    : files_(files), rescue_(std::move(rescue)) {}

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
  while (true) {
    if (covered_ >= position) return ok;
    if (broken_) return *broken_;
    if (!is_syncing_) break;
    done_.wait(lock);
  }
  is_syncing_ = true;
  const std::shared_ptr<Fd> segment = segment_;
  const Position end = end_;
  lock.unlock();
  Result<> synced = files_.sync(*segment);
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
  if (!synced) broken_ = synced.error();
  if (synced && !is_rescued) covered_ = std::max(covered_, end);
  done_.notify_all();
  if (covered_ >= position) return ok;
  if (broken_) return *broken_;
  lock.unlock();
  return cover(position);  // appended after our sync had begun
}

}  // namespace reelspool
