// How entries leave: by command, by wish (file_store_ledger.cpp), and by themselves (Retention). In every case the
// removal is durable first, with the line for the archive; then the folder goes, then the line is archived; only
// then the journal forgets that there was something to do. Whatever dies in between, somebody goes on from there.
#include <pthread.h>
#include <signal.h>

#include "jobstore/file/file_store.hpp"
#include "jobstore/file/job_folder.hpp"
#include "jobstore/file/payloads.hpp"
#include "jobstore/file/wishes.hpp"
#include "jobstore/members.hpp"

namespace reelspool {
namespace {

using Durability = StoreCore::Durability;
using std::chrono::milliseconds;

/// A transaction keeps everybody else waiting.
constexpr std::size_t removed_at_once = 200;
constexpr std::size_t folders_at_once = 200;
/// How exact KEEP_OUTPUTS is: each time all folders of jobs are looked at.
constexpr std::chrono::hours between_looks_at_outputs{1};

struct RemovedJob {
  std::string id;
  bool with_outputs = false;
};

std::optional<milliseconds> earlier(std::optional<milliseconds> one, std::optional<milliseconds> other) {
  if (!one || !other) return one ? one : other;
  return std::min(*one, *other);
}

RemovedJob removed_job(std::string_view archive_line) {
  RemovedJob job;
  for (const Member& member : members_of(archive_line).value_or(std::vector<Member>{})) {
    if (member.key == "id") job.id = string_in(member.value).value_or("");
    if (member.key == "outputsRemoved") job.with_outputs = member.value == "true";
  }
  return job;
}

}  // namespace

Result<> FileStore::remove(std::string_view id, bool with_outputs) {
  Result<> done = core_->write(Durability::synced, [&](Writer& writer) -> Result<> {
    const Row* row = writer.fold().find(id);
    if (!row) return no_such_job(id);
    return remove_job(writer, *row, with_outputs);
  });
  if (done) clear_removed();
  return done;
}

Result<std::vector<std::string>> FileStore::remove_failed(bool with_outputs) {
  const Wish wish = [&](Writer& writer, const Row& row) { return remove_job(writer, row, with_outputs); };
  return change_failed(wish, [this] { clear_removed(); });
}

bool FileStore::clear_removed() {
  Result<bool> more = true;
  while (more && *more && !is_closing_) more = clear_some_removed();
  if (more) return true;
  // The jobs are gone all the same, and the journal keeps their lines.
  report(std::move(more.error()).while_doing("removed jobs are not in the archive yet; tried again later"));
  return false;
}

Result<bool> FileStore::clear_some_removed() {
  std::map<std::uint64_t, std::string> lines;
  const auto look = [&](const Fold& fold) -> Result<> {
    lines.clear();
    for (const auto& [removal, line] : fold.unarchived()) {
      if (lines.size() == removed_at_once) break;
      lines.emplace(removal, line);
    }
    return ok;
  };
  if (Result<> looked = core_->read(Durability::later, look); !looked) return std::move(looked.error());
  if (lines.empty()) return false;
  Result<Fd> turn = archive_.turn();
  if (!turn) return std::move(turn.error());
  // Again, now that nobody else is at it; and safe, as the archive must not know of a removal that a power loss undoes.
  if (Result<> looked = core_->read(Durability::synced, look); !looked) return std::move(looked.error());
  if (lines.empty()) return false;
  for (const auto& [removal, line] : lines) {
    const RemovedJob job = removed_job(line);
    delete_job_folder(options_.data, job.id, job.with_outputs);
  }
  if (Result<> archived = archive_.append(lines); !archived) return std::move(archived.error());
  Result<> forgotten = core_->write(Durability::later, [&](Writer& writer) {
    return writer.add(RecordKind::queue, archived_payload(lines.rbegin()->first));
  });
  if (!forgotten) return std::move(forgotten.error());
  return true;
}

Result<std::size_t> FileStore::sweep() {
  std::lock_guard turn(sweep_turn_);
  bool is_clear = clear_removed();  // what somebody before us did not finish
  Result<> begun = core_->read(Durability::later, [&](const Fold& fold) -> Result<> {
    retention_.begin(fold, clock_.moment());
    return ok;
  });
  if (!begun) return std::move(begun.error());
  std::size_t removed = 0;
  // While the archive cannot be written nothing leaves: what waits for it is kept in memory.
  for (std::size_t some = removed_at_once; some == removed_at_once && is_clear && !is_closing_;
       removed += some) {
    some = 0;
    const auto remove_some = [&](Writer& writer) -> Result<> {
      for (const Row* row : retention_.due(writer.fold(), removed_at_once)) {
        if (Result<> gone = remove_job(writer, *row, false); !gone) return gone;
        ++some;
      }
      return ok;
    };
    if (Result<> done = core_->write(Durability::synced, remove_some); !done) return std::move(done.error());
    is_clear = clear_removed();
  }
  std::optional<milliseconds> next = delete_old_outputs();
  if (Result<> looked = core_->read(Durability::later,
                                    [&](const Fold& fold) -> Result<> {
                                      next = earlier(next, retention_.next(fold));
                                      return ok;
                                    });
      !looked)
    return std::move(looked.error());
  if (!is_clear) next = Retention::between_sweeps;
  plan_next_sweep(next);
  return removed;
}

void FileStore::plan_next_sweep(std::optional<milliseconds> next) {
  std::lock_guard guard(mutex_);
  sweeps_at_.reset();
  if (next)
    sweep_in(*next);
  else if (watch_)
    watch_->sweep_in(std::nullopt);
}

std::optional<milliseconds> FileStore::delete_old_outputs() {
  if (options_.retention.outputs.count() == 0) return std::nullopt;
  const milliseconds now = clock_.running();
  if (outputs_looked_at_ && now < *outputs_looked_at_ + between_looks_at_outputs)
    return *outputs_looked_at_ + between_looks_at_outputs - now;
  outputs_looked_at_ = now;
  std::error_code problem;
  std::vector<std::string> ids;
  std::filesystem::directory_iterator folder(options_.data / "jobs", problem), end;
  while (!problem && folder != end && !is_closing_) {
    ids.clear();
    for (; !problem && folder != end && ids.size() < folders_at_once; folder.increment(problem))
      if (std::string id = folder->path().filename().string(); is_job_id(id)) ids.push_back(std::move(id));
    delete_old_outputs_of(ids);
  }
  return between_looks_at_outputs;
}

void FileStore::delete_old_outputs_of(std::vector<std::string>& ids) {
  const Result<> looked = core_->read(Durability::synced, [&](const Fold& fold) -> Result<> {
    std::erase_if(ids, [&](const std::string& id) { return fold.find(id) != nullptr; });
    return ok;
  });
  if (!looked) return;  // next time
  for (const std::string& id : ids)
    if (const auto made_at = newest_output(options_.data / "jobs" / id);
        made_at && retention_.is_past(*made_at))
      delete_job_folder(options_.data, id, true);
}

bool FileStore::sweeps() const {
  const RetentionRules& rules = options_.retention;
  return options_.role == FileStoreOptions::Role::worker &&
         (rules.done.count() > 0 || rules.failed.count() > 0 || rules.most_done > 0 ||
          rules.most_failed > 0 || rules.outputs.count() > 0);
}

Result<> FileStore::plan_first_sweep() {
  bool is_needed = options_.retention.outputs.count() > 0;
  Result<> looked = core_->read(Durability::later, [&](const Fold& fold) -> Result<> {
    is_needed = !fold.unarchived().empty() || (sweeps() && (is_needed || fold.ended().size() > 0));
    return ok;
  });
  std::lock_guard guard(mutex_);
  if (is_needed) sweep_in(milliseconds(0));
  return looked;
}

/// Under mutex_.
void FileStore::sweep_in(milliseconds wait) {
  const milliseconds at = clock_.running() + wait;
  if (!watch_ || (sweeps_at_ && *sweeps_at_ <= at)) return;
  sweeps_at_ = at;
  watch_->sweep_in(wait);
}

/// In a thread of its own: the watch must hear the bell while gigabytes are deleted.
void FileStore::start_sweep() {
  if (is_sweeping_.exchange(true)) return;  // the one under way plans the next
  if (sweeper_.joinable()) sweeper_.join();
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  sweeper_ = std::thread([this] {
    ::pthread_setname_np(::pthread_self(), "store-sweep");
    if (Result<std::size_t> swept = sweep(); !swept) {
      report(std::move(swept.error()).while_doing("removing old entries; tried again in a minute"));
      std::lock_guard guard(mutex_);
      sweeps_at_.reset();
      sweep_in(Retention::between_sweeps);
    }
    is_sweeping_ = false;
  });
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

void FileStore::report(const Error& problem) {
  if (options_.report) options_.report(problem);
}

}  // namespace reelspool
