#include "jobstore/file/shared_sync.hpp"

namespace reelspool {
namespace {

/// Of what stands in Numbers::finished. At 10 000 syncs a second the numbers last for three years without a restart of the machine.
constexpr int number_bits = 40;
constexpr std::uint64_t number_mask = (std::uint64_t{1} << number_bits) - 1;
/// Nobody rings for a leader that died.
constexpr std::chrono::milliseconds nap{10};

std::uint64_t number_of(std::uint64_t finished) {
  return finished & number_mask;
}
std::uint64_t segment_of(std::uint64_t finished) {
  return finished >> number_bits;
}

}  // namespace

SharedSync::SharedSync(Files& files, const std::filesystem::path& store, std::chrono::milliseconds patience)
    : files_(files), page_(SyncPage::of(files, store)), patience_(patience) {}

std::uint64_t SharedSync::note() const {
  if (!page_) return 0;
  // Not a mere load: who leads changes the number after this, and so sees what was written before, or this sees it changed.
  return page_->numbers().begun.fetch_add(0);
}

bool SharedSync::is_covered(std::uint64_t segment, std::uint64_t noted) const {
  const std::uint64_t finished = page_->numbers().finished;
  // In this order: a failure is noted before a later sync begins.
  return number_of(finished) > noted && segment_of(finished) == segment && !is_doubtful(noted);
}

bool SharedSync::is_doubtful(std::uint64_t noted) const {
  return page_->numbers().doubtful > noted;
}

Result<> SharedSync::cover(const Fd& file, std::uint64_t segment, std::uint64_t noted) {
  if (!page_) return files_.sync(file);
  const auto begin = std::chrono::steady_clock::now();
  const std::uint64_t awaited = page_->numbers().begun;
  while (true) {
    const std::uint32_t heard = page_->numbers().rings;
    if (is_covered(segment, noted)) return ok;
    if (page_->lead()) {
      const bool is_done = is_covered(segment, noted);  // by the one who led until now
      Result<> synced = is_done ? Result<>(ok) : sync_for_all(file, segment);
      const std::uint64_t number = page_->numbers().begun;
      page_->stop_leading();
      page_->ring(number);
      return synced;
    }
    if (is_doubtful(noted) || waited_out_ == page_->numbers().begun) return sync_alone(file);
    const auto waited = std::chrono::steady_clock::now() - begin;
    if (waited >= patience_ && page_->numbers().begun == awaited) {
      waited_out_ = awaited;
      return sync_alone(file);
    }
    page_->wait(heard, noted, nap);
  }
}

Result<> SharedSync::sync_for_all(const Fd& file, std::uint64_t segment) {
  SyncPage::Numbers& numbers = page_->numbers();
  const std::uint64_t last = numbers.begun;
  if (number_of(numbers.finished) != last) doubt(last);  // it failed, or whoever led died with it
  const std::uint64_t number = numbers.begun.fetch_add(1) + 1;
  Result<> synced = files_.sync(file);
  if (synced) numbers.finished = segment << number_bits | number;
  return synced;
}

Result<> SharedSync::sync_alone(const Fd& file) {
  Result<> synced = files_.sync(file);
  if (!synced) doubt(page_->numbers().begun);
  return synced;
}

/// Nobody who waited while the sync of that number went on may rely on a later one.
void SharedSync::doubt(std::uint64_t number) {
  std::atomic<std::uint64_t>& doubtful = page_->numbers().doubtful;
  std::uint64_t known = doubtful;
  while (known <= number && !doubtful.compare_exchange_weak(known, number + 1)) {
  }
}

}  // namespace reelspool
