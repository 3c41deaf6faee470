// Opening and closing, listening, and what anybody may ask of the store: submit, cancel, retry, remove, look.
// What an attempt may do is in file_store_attempts.cpp, the window's face in file_store_ledger.cpp.
#include "jobstore/file/file_store.hpp"

#include <fcntl.h>

#include <random>

#include "jobstore/entry.hpp"
#include "jobstore/file/payloads.hpp"
#include "jobstore/file/wishes.hpp"

namespace reelspool {
namespace {

using Durability = StoreCore::Durability;

/// A transaction keeps everybody else waiting.
constexpr std::size_t most_changed_at_once = 500;

/// "job-1j4c5x8k2m9q7": milliseconds since 1970 and 20 random bits, in Crockford's base 32, so that ids sort by
/// time and can be read aloud. Source: crockford.com/base32.html.
std::string new_id(Time now) {
  static constexpr char digits[] = "0123456789abcdefghjkmnpqrstvwxyz";
  std::random_device random;
  std::uint64_t number =
      (static_cast<std::uint64_t>(now.time_since_epoch().count()) << 20) | (random() & 0xFFFFFU);
  std::string text;
  for (; number > 0; number >>= 5) text.insert(text.begin(), digits[number & 31]);
  return "job-" + text;
}

/// With those above it that are missing, and so that their names last.
Result<> make_folders(Files& files, const std::filesystem::path& folder) {
  std::error_code ignored;
  if (folder.empty() || std::filesystem::is_directory(folder, ignored)) return ok;
  const std::filesystem::path above = folder.parent_path();
  if (Result<> made = make_folders(files, above); !made) return made;
  if (Result<> made = files.mkdir(folder); !made) return made;
  return files.sync_dir(above.empty() ? "." : above);
}

}  // namespace

Error no_such_job(std::string_view id) {
  Error error = make_error(ErrorClass::unavailable, "there is no job '" + std::string(id) + "'");
  error.code = "not_found";
  return error;
}

Result<std::unique_ptr<FileJobStore>> open_file_store(const FileStoreOptions& options) {
  Result<std::unique_ptr<FileStore>> store = FileStore::open(options);
  if (!store) return std::move(store.error());
  return std::unique_ptr<FileJobStore>(std::move(*store));
}

FileStore::FileStore(const FileStoreOptions& options)
    : options_(options),
      files_(options.files ? *options.files : system_files()),
      clock_(options.clock ? *options.clock : system_clock()),
      store_(options.data / "store"),
      archive_(files_, options.data, store_),
      liveness_(files_, store_),
      retention_(options.retention) {}

Result<std::unique_ptr<FileStore>> FileStore::open(const FileStoreOptions& options) {
  if (options.role == FileStoreOptions::Role::worker && !is_job_id(options.worker))
    return bad_field(
        "worker", "a worker's name is 1 to 64 characters of A-Z a-z 0-9 . _ -, not '" + options.worker + "'");
  std::unique_ptr<FileStore> store(new FileStore(options));
  if (Result<> prepared = store->prepare(); !prepared) return std::move(prepared.error());
  return store;
}

Result<> FileStore::prepare() {
  if (Result<> made = make_folders(files_, options_.data); !made)
    return std::move(made.error()).while_doing("making the data directory");
  if (Result<> made = files_.mkdir(store_); !made) return made;
  if (Result<> made = files_.mkdir(liveness_.folder()); !made) return made;
  if (Result<> named = files_.sync_dir(options_.data); !named) return named;
  Result<Fd> bell = files_.open(store_ / "bell", O_RDWR | O_CREAT);
  if (!bell) return std::move(bell.error());
  bell_ = std::move(*bell);
  Result<std::unique_ptr<StoreCore>> core =
      StoreCore::open({.store = store_,
                       .snapshot_at_bytes = options_.snapshot_at_bytes,
                       .rules = std::make_shared<ClaimRules>(options_.rules),
                       .clock = clock_,
                       .files = files_,
                       .at_leisure = options_.role == FileStoreOptions::Role::worker,
                       .report = options_.report},
                      [this](const StoreCore::Moved& what) { moved(what); });
  if (!core) return std::move(core.error());
  core_ = std::move(*core);
  if (options_.role == FileStoreOptions::Role::client) return ok;

  Result<> held =
      core_->write(Durability::later, [&](StoreCore::Writer&) { return liveness_.hold(options_.worker); });
  if (!held) return held;
  // Watch first, then look: a worker that dies in between is seen by one of the two.
  if (Result<> watching = start_watch(); !watching) return watching;
  Result<std::vector<std::string>> back = take_back(true);
  if (!back) return std::move(back.error()).while_doing("taking back the jobs of dead workers");
  return plan_first_sweep();
}

FileStore::~FileStore() {
  is_closing_ = true;
  std::unique_ptr<StoreWatch> watch;
  {
    std::lock_guard guard(mutex_);  // its thread may be in moved(), which looks at watch_
    watch = std::move(watch_);
  }
  watch.reset();
  if (sweeper_.joinable()) sweeper_.join();
  if (core_ && !liveness_.name().empty())
    static_cast<void>(core_->write(Durability::later, [&](StoreCore::Writer&) -> Result<> {
      liveness_.release();
      return ok;
    }));
  if (core_ && options_.role == FileStoreOptions::Role::worker) core_->tidy();
}

Result<> FileStore::start_watch() {
  StoreWatch::Callbacks callbacks;
  const auto tell = [this] {
    std::function<void()> listener;
    {
      std::lock_guard guard(mutex_);
      listener = change_listener_;
    }
    if (listener) listener();
  };
  // Reading what was written is enough: moved() tells whoever has to know.
  callbacks.bell = [this] { static_cast<void>(core_->refresh()); };
  callbacks.closed = [this](const StoreWatch::Names& names) {
    static_cast<void>(take_back(false));
    return still_held(names);
  };
  callbacks.due = tell;
  callbacks.news = tell;
  callbacks.sweep = [this] { start_sweep(); };
  Result<std::unique_ptr<StoreWatch>> watch =
      StoreWatch::open(store_ / "bell", liveness_.folder(), std::move(callbacks));
  if (!watch) return std::move(watch.error());
  if (const std::string& why = (*watch)->deaf_because(); !why.empty())
    report(make_error(ErrorClass::transient,
                      why + " - looking every 2 s instead at what other processes did to the job store"));
  std::lock_guard guard(mutex_);
  watch_ = std::move(*watch);
  if (wakes_at_) watch_->wake_at(wakes_at_);
  return ok;
}

void FileStore::moved(const StoreCore::Moved& what) {
  // A bell that cannot be rung is no reason to fail: peers see the records the next time they look.
  if (what.bell) static_cast<void>(files_.touch(bell_));
  std::function<void()> listener;
  {
    std::lock_guard guard(mutex_);
    if (what.anything) listener = movement_listener_;
    if (watch_ && what.news && change_listener_) watch_->notify();
    if (what.ended > std::exchange(ended_, what.ended) && sweeps()) sweep_in(Retention::between_sweeps);
    if (what.next_due != wakes_at_) {
      wakes_at_ = what.next_due;
      if (watch_) watch_->wake_at(wakes_at_);
    }
  }
  if (listener) listener();
}

void FileStore::on_change(std::function<void()> listener) {
  const bool wants_any = static_cast<bool>(listener);
  bool has_watch = false;
  {
    std::lock_guard guard(mutex_);
    change_listener_ = std::move(listener);
    has_watch = watch_ != nullptr;
  }
  // A command has no thread until it wants to be told. Without a watch it is told of its own doings only.
  if (wants_any && !has_watch) static_cast<void>(start_watch());
}

void FileStore::on_movement(std::function<void()> listener) {
  std::lock_guard guard(mutex_);
  movement_listener_ = std::move(listener);
}

Result<Submitted> FileStore::submit(std::string_view text) {
  Result<Entry> entry = read_entry(text);
  if (!entry) return std::move(entry.error());
  if (entry->id.empty()) entry->id = new_id(clock_.now());
  Submitted submitted;
  Result<> done = core_->write(Durability::synced, [&](StoreCore::Writer& writer) -> Result<> {
    Result<Admission> admission = admit(writer, *entry, options_.max_attempts);
    if (!admission) return std::move(admission.error());
    const Row* row = writer.fold().find(admission->id);
    const bool is_by_key = admission->id != entry->id;
    if (!row || (is_by_key && admission->kind == Admission::Kind::other_body))
      return taken(*entry, *admission);
    submitted = {Fold::copy(*row), admission->kind == Admission::Kind::fresh};
    return ok;
  });
  if (!done) return std::move(done.error());
  return submitted;
}

Result<Job> FileStore::change(std::string_view id, const Wish& wish) {
  Job job;
  Result<> done = core_->write(Durability::synced, [&](StoreCore::Writer& writer) -> Result<> {
    const Row* row = writer.fold().find(id);
    if (!row) return no_such_job(id);
    if (Result<> wished = wish(writer, *row); !wished) return wished;
    job = Fold::copy(*row);
    return ok;
  });
  if (!done) return std::move(done.error());
  return job;
}

Result<Job> FileStore::cancel(std::string_view id) {
  return change(id, cancel_job);
}
Result<Job> FileStore::retry(std::string_view id) {
  return change(id, retry_job);
}

Result<std::vector<std::string>> FileStore::change_failed(const Wish& wish,
                                                          const std::function<void()>& after_each) {
  std::vector<std::string> ids;
  // Up to the last that has failed by now: one that is retried may fail again at once, for its prerequisite.
  std::optional<std::uint64_t> last;
  for (bool is_more = true; is_more;) {
    std::vector<std::string> changed;
    Result<> done = core_->write(Durability::synced, [&](StoreCore::Writer& writer) -> Result<> {
      const EndedJobs::ByEnd& failed = writer.fold().ended().with(Status::failed);
      if (!last) last = failed.empty() ? 0 : failed.rbegin()->first;
      while (!failed.empty() && failed.begin()->first <= *last && changed.size() < most_changed_at_once) {
        const Row& row = *failed.begin()->second;
        std::string id(row.job.id);
        if (Result<> wished = wish(writer, row); !wished) return wished;
        changed.push_back(std::move(id));
      }
      is_more = !failed.empty() && failed.begin()->first <= *last;
      return ok;
    });
    if (!done) return std::move(done.error());
    ids.insert(ids.end(), changed.begin(), changed.end());
    after_each();
  }
  return ids;
}

Result<std::vector<std::string>> FileStore::retry_failed() {
  return change_failed(retry_job, [] {});
}

Result<Job> FileStore::find(std::string_view id) {
  Job job;
  Result<> done = core_->read(Durability::synced, [&](const Fold& fold) -> Result<> {
    const Row* row = fold.find(id);
    if (!row) return no_such_job(id);
    job = Fold::copy(*row);
    return ok;
  });
  if (!done) return std::move(done.error());
  return job;
}

Result<std::vector<Job>> FileStore::list(const Listing& listing) {
  std::vector<Job> jobs;
  Result<> done = core_->read(Durability::synced, [&](const Fold& fold) -> Result<> {
    const auto& rows = listing.status ? fold.with_status(*listing.status) : fold.all();
    auto next = rows.rbegin();
    if (!listing.after.empty()) {
      const Row* last = fold.find(listing.after);
      if (!last) return bad_field("after", "there is no job '" + listing.after + "'");
      next = std::make_reverse_iterator(rows.lower_bound(last->place));
    }
    for (; next != rows.rend() && jobs.size() < listing.limit; ++next)
      jobs.push_back(Fold::copy(*next->second));
    return ok;
  });
  if (!done) return std::move(done.error());
  return jobs;
}

Result<Stats> FileStore::stats() {
  Stats stats;
  Result<> done = core_->read(Durability::synced, [&](const Fold& fold) -> Result<> {
    stats.delayed = fold.delayed();
    stats.waiting = fold.with_status(Status::pending).size() - stats.delayed;
    stats.active = fold.with_status(Status::running).size();
    stats.done = fold.with_status(Status::done).size();
    stats.failed = fold.with_status(Status::failed).size();
    stats.cancelled = fold.with_status(Status::cancelled).size();
    stats.paused = fold.is_paused();
    return ok;
  });
  if (!done) return std::move(done.error());
  return stats;
}

Result<std::vector<Job>> FileStore::last_failures(std::size_t limit) {
  std::vector<Job> jobs;
  Result<> done = core_->read(Durability::synced, [&](const Fold& fold) -> Result<> {
    const EndedJobs::ByEnd& failed = fold.ended().with(Status::failed);
    for (auto next = failed.rbegin(); next != failed.rend() && jobs.size() < limit; ++next)
      jobs.push_back(Fold::copy(*next->second));
    return ok;
  });
  if (!done) return std::move(done.error());
  return jobs;
}

Result<> FileStore::set_paused(bool paused) {
  return core_->write(Durability::synced, [&](StoreCore::Writer& writer) -> Result<> {
    if (writer.fold().is_paused() == paused) return ok;
    return writer.add(RecordKind::queue, queue_payload(paused));
  });
}

}  // namespace reelspool
