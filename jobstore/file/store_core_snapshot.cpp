// How a store writes its snapshots: the journal goes on in a new segment, and the fold as it was then is written down in
// pieces while transactions go on in between. What changes before its turn is kept by the fold's walk.
#include <time.h>

#include <algorithm>
#include <csignal>

#include "jobstore/file/store_core.hpp"
#include "jobstore/time.hpp"

namespace reelspool {
namespace {

/// The budget of snapshots (DESIGN 3): a share of a core and a rate of bytes.
constexpr double core_share = 0.05;
constexpr double bytes_per_second = 8e6;
constexpr std::size_t piece_bytes = std::size_t{1} << 20;
/// Rows that are written down while others wait: about 0.1 ms.
constexpr std::size_t rows_at_once = 32;
/// A journal that is read in a few milliseconds is no reason for a snapshot at a clean stop.
constexpr std::uint64_t least_worth_bytes = 1U << 20;

Error given_up() {
  return make_error(ErrorClass::cancelled, "the snapshot is given up");
}

}  // namespace

StoreCore::~StoreCore() {
  end_leisure(Leisure::given_up);
  leave_no_fill();
}

/// Nobody needs it who does not write, and whoever looks into the folder sees the end of the journal at once. It stays while jobs
/// run: the room for their ends would go with it, and may be gone for good on a full disk.
void StoreCore::leave_no_fill() {
  std::lock_guard guard(mutex_);
  if (broken_ || kept_room(RoomUse::ordinary, 0)) return;
  if (const Result<bool> is_ours = files_.try_lock(lock_file_, Files::Sharing::exclusive);
      !is_ours || !*is_ours)
    return;
  journal_.drop_fill();
  static_cast<void>(files_.unlock(lock_file_));
}

std::string StoreCore::snapshot_text(const Journal::Sealed& sealed) const {
  SnapshotText text(sealed);
  fold_.write(text, options_.clock.now() - removed_jobs_are_remembered);
  text.finish();
  return text.take();
}

Result<> StoreCore::replace_by_snapshot(const Journal::Sealed& sealed) {
  return snapshot_.replace(sealed, snapshot_text(sealed), journal_);
}

/// The journal goes on in a new segment, and the walk begins for the snapshot that covers the old ones.
Result<Journal::Sealed> StoreCore::seal() {
  Result<Journal::Sealed> sealed = journal_.rotate(
      [this](const Journal::Sealed& at) { return replace_by_snapshot(at); }, kept_room(RoomUse::ordinary, 0));
  if (sealed) fold_.begin_walk(sealed->sequence, options_.clock.now() - removed_jobs_are_remembered);
  return sealed;
}

/// What an opening would have to read behind the snapshot.
std::uint64_t StoreCore::uncovered_bytes() const {
  const Result<SnapshotHead> head = snapshot_.head();
  const Result<std::vector<std::uint64_t>> segments = journal_.segments();
  if (!head || !segments) return 0;
  std::uint64_t bytes = 0;
  for (const std::uint64_t segment : *segments)
    if (segment > head->covers)
      if (const Result<Files::Stat> stat = files_.stat(journal_.path_of(segment))) bytes += stat->size_bytes;
  return bytes;
}

void StoreCore::take_snapshot(const Journal::Sealed& sealed) {
  if (!options_.at_leisure) return take_snapshot_now(sealed);
  // Signals are for the program's own threads: a new thread inherits the mask.
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  {
    std::lock_guard guard(thread_mutex_);
    if (snapshot_thread_.joinable()) snapshot_thread_.join();  // its walk is over
    snapshot_thread_ = std::thread([this, sealed] { take_snapshot_now(sealed); });
  }
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

void StoreCore::take_snapshot_now(const Journal::Sealed& sealed) {
  // Without it the segments stay and are read instead; the next one is tried a segment later.
  static_cast<void>(write_snapshot(sealed));
  std::lock_guard guard(mutex_);
  fold_.end_walk(sealed.sequence);
}

void StoreCore::end_leisure(Leisure leisure) {
  {
    std::lock_guard guard(leisure_mutex_);
    leisure_ = leisure;
  }
  leisure_ends_.notify_all();
  std::lock_guard guard(thread_mutex_);
  if (snapshot_thread_.joinable()) snapshot_thread_.join();
}

Result<> StoreCore::write_snapshot(const Journal::Sealed& sealed) {
  Result<std::optional<Fd>> turn = snapshot_.turn();
  if (!turn) return std::move(turn.error());
  if (!*turn) return given_up();  // another process is at one
  Result<Snapshot::Staged> staged = snapshot_.stage();
  if (!staged) return std::move(staged.error());
  Result<> done = write_pieces(sealed, *staged);
  if (done) done = staged->finish();  // the bytes, before the name points at them
  bool is_in_place = false;
  if (done) {
    std::lock_guard guard(mutex_);
    done = lock(Files::Sharing::exclusive);
    if (done) {
      Result<bool> placed = snapshot_.put_in_place(sealed);
      static_cast<void>(files_.unlock(lock_file_));
      if (placed)
        is_in_place = *placed;
      else
        done = std::move(placed.error());
    }
  }
  if (is_in_place) return snapshot_.settle(sealed, journal_);
  snapshot_.discard();
  return done;
}

Result<> StoreCore::write_pieces(const Journal::Sealed& sealed, Snapshot::Staged& staged) {
  SnapshotText text(sealed);
  for (bool is_more = true; is_more;) {
    const std::chrono::nanoseconds cpu = cpu_time_of_this_thread();
    while (is_more && text.size() < piece_bytes) {
      std::lock_guard guard(mutex_);
      if (!fold_.is_walked_from(sealed.sequence)) return given_up();  // the fold was loaded anew
      is_more = fold_.walk(text, rows_at_once);
    }
    if (!is_more) text.finish();
    const std::string piece = text.take();
    if (Result<> written = staged.append(piece); !written) return written;
    if (!is_more) break;
    if (Result<> paused = pause(cpu_time_of_this_thread() - cpu, piece.size()); !paused) return paused;
  }
  return ok;
}

/// What was spent is paid for before the next piece, if there is time.
Result<> StoreCore::pause(std::chrono::nanoseconds cpu, std::size_t bytes) {
  if (!options_.at_leisure) return ok;
  const double seconds = std::max(std::chrono::duration<double>(cpu).count() / core_share,
                                  static_cast<double>(bytes) / bytes_per_second);
  std::unique_lock guard(leisure_mutex_);
  leisure_ends_.wait_for(guard, std::chrono::duration<double>(seconds),
                         [this] { return leisure_ != Leisure::plenty; });
  if (leisure_ == Leisure::given_up) return given_up();
  return ok;
}

Result<> StoreCore::compact() {
  std::unique_lock guard(mutex_);
  Result<> done = lock(Files::Sharing::exclusive);
  if (!done) return done;
  done = catch_up(Files::Sharing::exclusive);
  if (done && fold_.is_walked()) done = given_up();
  Result<Journal::Sealed> sealed = done ? seal() : Result<Journal::Sealed>(done.error());
  commit_.note(journal_.segment(), journal_.end(), journal_.synced());
  static_cast<void>(files_.unlock(lock_file_));
  const Moved moved = take_moved();
  guard.unlock();

  on_moved_(moved);
  if (sealed) {
    done = write_snapshot(*sealed);
    guard.lock();
    fold_.end_walk(sealed->sequence);
  } else {
    done = std::move(sealed.error());
  }
  if (!done && done.error().cls == ErrorClass::cancelled)
    return make_error(ErrorClass::transient,
                      "another snapshot is being written just now; try again when it is done");
  return done;
}

void StoreCore::tidy() {
  end_leisure(Leisure::none);
  std::optional<Journal::Sealed> sealed;
  {
    std::lock_guard guard(mutex_);
    if (!lock(Files::Sharing::exclusive)) return;
    if (catch_up(Files::Sharing::exclusive)) {
      const Result<SnapshotHead> head = snapshot_.head();
      const std::uint64_t worth = std::max(least_worth_bytes, head ? head->size_bytes / 4 : 0);
      if (!fold_.is_walked() && uncovered_bytes() >= worth)
        if (const Result<Journal::Sealed> done = seal()) sealed = *done;
      commit_.note(journal_.segment(), journal_.end(), journal_.synced());
    }
    static_cast<void>(files_.unlock(lock_file_));
  }
  if (sealed) take_snapshot_now(*sealed);
}

}  // namespace reelspool
