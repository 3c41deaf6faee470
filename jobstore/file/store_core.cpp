#include "jobstore/file/store_core.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>

#include "jobstore/file/heap_growth.hpp"
#include "jobstore/file/lock_holders.hpp"
#include "jobstore/file/payloads.hpp"

namespace reelspool {
namespace {

/// How often a load begins anew because another process wrote a snapshot meanwhile.
constexpr int most_loads = 5;
/// A transaction takes less than a millisecond, with a rotation some hundred; nothing that is well holds the lock for so long.
constexpr std::chrono::seconds long_wait{2};

Error missing_segment(const std::filesystem::path& path) {
  Error error = make_error(ErrorClass::storage, path.string() +
                                                    " is missing, and no snapshot stands for it. Nothing was "
                                                    "changed; see jobstore/FORMAT.md, Recovery");
  error.code = "damaged";
  return error;
}

/// Nothing that is read may be shown as safe until somebody has written that snapshot: StoreCore::read() does.
Error unrescued() {
  Error error =
      make_error(ErrorClass::storage, "the journal was given up after a failed sync, and not yet saved");
  error.code = "unrescued";
  return error;
}

}  // namespace

StoreCore::StoreCore(const Options& options, OnMoved on_moved)
    : options_(options),
      files_(options.files),
      on_moved_(std::move(on_moved)),
      commit_(options.files, options.store, [this](Position failed) { return rescue(failed); }),
      snapshot_(options.files, options.store),
      wait_for_lock_(long_wait, [this] { tell_who_has_the_lock(); }),
      journal_(options.files, options.store),
      fold_(options.rules),
      rotate_at_(options.snapshot_at_bytes) {}

Result<std::unique_ptr<StoreCore>> StoreCore::open(const Options& options, OnMoved on_moved) {
  std::unique_ptr<StoreCore> core(new StoreCore(options, std::move(on_moved)));
  if (Result<> prepared = core->prepare(); !prepared)
    return std::move(prepared.error()).while_doing("opening the job store");
  return core;
}

Result<> StoreCore::prepare() {
  std::lock_guard guard(mutex_);
  Result<Fd> file = files_.open(options_.store / "lock", O_RDWR | O_CREAT);
  if (!file) return std::move(file.error());
  lock_file_ = std::move(*file);
  if (Result<> locked = lock(Files::Sharing::exclusive); !locked) return locked;
  Result<> done = ok;
  Result<std::vector<std::uint64_t>> segments = journal_.segments();
  Result<SnapshotHead> head = snapshot_.head();
  if (!segments)
    done = std::move(segments.error());
  else if (!head)
    done = std::move(head.error());
  else if (head->covers == 0 && segments->empty())
    done = journal_.create_first();
  if (done) {
    const HeapGrowth growth(memory_for(head->size_bytes, *segments));
    done = load();
    if (done) done = catch_up(Files::Sharing::exclusive);
  }
  // Whoever made the first segment may have died before its name was safe. Who writes behind its head has come by
  // here.
  if (done && journal_.sequence() == 1) done = files_.sync_dir(options_.store);
  if (done) static_cast<void>(snapshot_.discard_unfinished());  // it only costs room
  static_cast<void>(files_.unlock(lock_file_));
  return done;
}

/// About what the jobs of a store with these files take in memory, rather too much.
std::size_t StoreCore::memory_for(std::uint64_t snapshot_bytes,
                                  const std::vector<std::uint64_t>& segments) const {
  std::uint64_t bytes = snapshot_bytes;
  for (const std::uint64_t number : segments)
    if (Result<Files::Stat> stat = files_.stat(journal_.path_of(number))) bytes += stat->size_bytes;
  return bytes * 2;
}

/// From the snapshot on. The caller reads the journal's segments behind it with catch_up().
Result<> StoreCore::load() {
  std::uint64_t covered = 0;
  for (int i = 0; i < most_loads; ++i) {
    Fold fresh = Fold::after(fold_);
    Result<SnapshotHead> head = snapshot_.read([&](const Record& record) { return fresh.apply(record); });
    if (!head) return std::move(head.error());
    covered = head->covers;
    Result<> done = journal_.start(covered + 1, head->sequence);
    if (done) {
      fresh.note_removals_since(fold_);
      fold_ = std::move(fresh);
      return ok;
    }
    if (done.error().code != "ENOENT") return done;
    // Another process may have written a newer snapshot and deleted that segment in between.
  }
  return missing_segment(journal_.path_of(covered + 1));
}

Result<> StoreCore::lock(Files::Sharing sharing) {
  if (broken_) return *broken_;
  const Result<bool> is_ours = files_.try_lock(lock_file_, sharing);
  if (!is_ours) return is_ours.error();
  if (*is_ours) return ok;
  wait_for_lock_.begin();
  Result<> locked = files_.lock(lock_file_, sharing);
  wait_for_lock_.end();
  return locked;
}

void StoreCore::tell_who_has_the_lock() const {
  std::vector<LockHolder> holders = holders_of_store_lock(options_.store);
  const bool is_over =
      std::erase_if(holders, [](const LockHolder& one) { return one.pid == ::getpid(); }) > 0;
  if (is_over || !options_.report) return;
  options_.report(
      make_error(ErrorClass::transient,
                 "waiting for the lock " + (options_.store / "lock").string() + ": " + described(holders)));
}

Result<> StoreCore::apply(const Record& record) {
  Result<> applied = fold_.apply(record);
  if (applied && record.kind != RecordKind::progress) important_ = journal_.end();
  return applied;
}

Result<> StoreCore::catch_up(Files::Sharing sharing) {
  const bool may_write = sharing == Files::Sharing::exclusive;
  const auto apply_record = [this](const Record& record) { return apply(record); };
  const auto covered = [this]() -> Result<std::uint64_t> {
    Result<SnapshotHead> head = snapshot_.head();
    if (!head) return std::move(head.error());
    return head->covers;
  };
  journal_.note_synced(commit_.covered());
  int loads = 0;
  while (true) {
    Result<Journal::Tail> tail = journal_.read_new(apply_record, covered);
    Result<> done = ok;
    if (!tail)
      done = std::move(tail.error());
    else if (*tail == Journal::Tail::clean)
      break;
    else if (*tail == Journal::Tail::lost && ++loads > most_loads)
      done = missing_segment(journal_.path_of(journal_.end().segment + 1));
    else if (*tail == Journal::Tail::lost)
      done = load();
    else if (*tail == Journal::Tail::torn && !may_write)
      break;  // whoever writes next puts it in order
    else if (*tail == Journal::Tail::torn)
      done = cut_tail();
    else if (!may_write)
      done = unrescued();
    else
      done = replace_by_snapshot({journal_.end().segment, journal_.sequence()});
    if (!done) {
      if (done.error().code == "damaged") broken_ = done.error();
      return done;
    }
  }
  commit_.note(journal_.segment(), journal_.end(), journal_.synced());
  return ok;
}

/// What was kept behind the tail is gone with it.
Result<> StoreCore::cut_tail() {
  Result<> done = journal_.cut();
  if (done) journal_.restore_room(kept_room(RoomUse::ordinary, 0));
  return done;
}

std::optional<KeptRoom> StoreCore::kept_room(RoomUse use, std::size_t record_bytes) const {
  return JournalRoom::kept(fold_.with_status(Status::running).size(), use, record_bytes);
}

/// The writer of one transaction.
class StoreCore::Appending final : public Writer {
 public:
  Appending(StoreCore& core, Time now) : core_(core), now_(now) {}

  const Fold& fold() const override { return core_.fold_; }
  Time now() const override { return now_; }
  using Writer::add;
  Result<> add(RecordKind kind, std::string_view payload, RoomUse use) override {
    Result<Record> record = core_.journal_.append(kind, payload, core_.kept_room(use, payload.size()));
    if (!record) return std::move(record.error());
    if (kind != RecordKind::progress && kind != RecordKind::step) core_.rings_bell_ = true;
    Result<> applied = core_.apply(*record);
    if (!applied) core_.broken_ = applied.error();  // every reader will say the same: a bug, better found now
    assert(applied);
    return applied;
  }

 private:
  StoreCore& core_;
  const Time now_;
};

/// Fails the jobs that wait for one which will never be done. Whoever writes next does it, so it needs no record
/// in the same breath as the failure itself.
void StoreCore::settle(Writer& writer) {
  while (const auto doomed = fold_.doomed()) {
    const Row* prerequisite = fold_.find(doomed->prerequisite);
    const std::string how = prerequisite
                                ? prerequisite->job.status == Status::cancelled ? "was cancelled" : "failed"
                                : "was removed before it was done";
    const std::string fields =
        error_fields(ErrorClass::invalid_request, "prerequisite_failed",
                     "not started: job '" + doomed->prerequisite + "', which it depends on, " + how);
    const std::string payload = move_payload(
        *doomed->row, {.event = Event::prerequisite_failed, .now = writer.now(), .fields = fields});
    if (!writer.add(RecordKind::set, payload)) return;
  }
}

std::optional<Journal::Sealed> StoreCore::rotate_if_large() {
  if (journal_.end().offset < rotate_at_ || fold_.is_walked()) return std::nullopt;
  const Result<SnapshotHead> head = snapshot_.head();
  rotate_at_ = std::max(options_.snapshot_at_bytes, head ? head->size_bytes : 0);
  if (journal_.end().offset < rotate_at_) return std::nullopt;
  const Result<Journal::Sealed> sealed = seal();
  if (sealed) return *sealed;
  // What this transaction wrote stands; only the tidying failed. It is tried again a segment later.
  rotate_at_ = journal_.end().offset + options_.snapshot_at_bytes;
  return std::nullopt;
}

StoreCore::Moved StoreCore::take_moved() {
  fold_.make_due(options_.clock.moment());  // what was just claimed may close a lane until some moment
  Moved moved;
  moved.anything = fold_.now() != seen_now_;
  moved.news = fold_.news() != seen_news_;
  moved.bell = std::exchange(rings_bell_, false);
  moved.next_due = fold_.next_due();
  moved.ended = fold_.ended().size();
  seen_now_ = fold_.now();
  seen_news_ = fold_.news();
  return moved;
}

Result<> StoreCore::write(Durability durability, const std::function<Result<>(Writer&)>& body) {
  std::unique_lock guard(mutex_);
  Result<> done = lock(Files::Sharing::exclusive);
  if (!done) return done;
  done = catch_up(Files::Sharing::exclusive);
  std::optional<Journal::Sealed> sealed;
  if (done) {
    Appending writer(*this, options_.clock.now());
    fold_.make_due(options_.clock.moment());
    done = body(writer);
    settle(writer);
    if (durability == Durability::synced) sealed = rotate_if_large();
    commit_.note(journal_.segment(), journal_.end(), journal_.synced());
  }
  static_cast<void>(files_.unlock(lock_file_));
  const Position position = important_;
  const Moved moved = take_moved();
  guard.unlock();

  on_moved_(moved);
  if (done && durability == Durability::synced) done = commit_.cover(position);
  if (sealed) take_snapshot(*sealed);
  return done;
}

Result<> StoreCore::refresh() {
  {
    // Most rings of the bell are our own: then nothing stands behind what we read, and nobody needs to be locked out.
    std::lock_guard guard(mutex_);
    if (journal_.is_at_end()) return ok;
  }
  return read(Durability::later, [](const Fold&) -> Result<> { return ok; });
}

Result<> StoreCore::read(Durability durability, const std::function<Result<>(const Fold&)>& body) {
  std::unique_lock guard(mutex_);
  Result<> done = lock(Files::Sharing::shared);
  if (!done) return done;
  done = catch_up(Files::Sharing::shared);
  static_cast<void>(files_.unlock(lock_file_));
  if (!done && done.error().code == "unrescued") {
    guard.unlock();
    const Result<> rescued = write(Durability::later, [](Writer&) -> Result<> { return ok; });
    return rescued ? read(durability, body) : rescued;
  }
  if (done) {
    fold_.make_due(options_.clock.moment());
    done = body(fold_);
  }
  const Position position = important_;
  const Moved moved = take_moved();
  guard.unlock();

  on_moved_(moved);
  if (done && durability == Durability::synced) done = commit_.cover(position);
  return done;
}

/// After a failed sync of the segment that reached to `failed`. Called by GroupCommit, with no lock held.
Result<> StoreCore::rescue(Position failed) {
  std::lock_guard guard(mutex_);
  if (Result<> locked = lock(Files::Sharing::exclusive); !locked) return locked;
  Result<> done = catch_up(Files::Sharing::exclusive);
  // Another process, or a rotation, may have left that segment behind already: all of it is safe then.
  if (done && journal_.end().segment == failed.segment) {
    Result<Journal::Sealed> sealed =
        journal_.give_up([this](const Journal::Sealed& at) { return replace_by_snapshot(at); },
                         kept_room(RoomUse::ordinary, 0));
    if (!sealed) done = std::move(sealed.error());
  }
  if (done)
    commit_.note(journal_.segment(), journal_.end(), journal_.synced());
  else
    broken_ = done.error();
  static_cast<void>(files_.unlock(lock_file_));
  return done;
}

}  // namespace reelspool
