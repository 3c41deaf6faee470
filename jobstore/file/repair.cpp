#include "jobstore/file/repair.hpp"

#include <fcntl.h>

#include <algorithm>
#include <utility>

#include "jobstore/file/liveness.hpp"
#include "jobstore/members.hpp"

namespace reelspool {
namespace {

namespace fs = std::filesystem;

/// The segments that end or go, the damaged one first.
Result<std::vector<std::uint64_t>> doomed_segments(const Journal& journal, Position cut_at) {
  Result<std::vector<std::uint64_t>> segments = journal.segments();
  if (!segments) return segments;
  std::erase_if(*segments, [&](std::uint64_t segment) { return segment < cut_at.segment; });
  return segments;
}

std::string id_in(std::string_view payload) {
  for (const Member& member : members_of(payload).value_or(std::vector<Member>{}))
    if (member.key == "id") return string_in(member.value).value_or("");
  return "";
}

/// Reads what is cut for what it says, checksums aside: most of it is as good as it was written. Not so the line that
/// the damage was found in, though it may say something still.
void count_loss(std::string_view text, bool begins_damaged, Repair& repair) {
  while (!text.empty()) {
    const bool is_damaged = std::exchange(begins_damaged, false);
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.find_first_not_of(' ') == std::string_view::npos) continue;  // fill
    ++repair.lines;
    // SEQUENCE CRC KIND SYNCED PAYLOAD
    std::size_t at = 0;
    std::string_view kind;
    for (int word = 0; word < 4 && at != std::string_view::npos; ++word) {
      const std::size_t blank = line.find(' ', at);
      if (word == 2 && blank != std::string_view::npos) kind = line.substr(at, blank - at);
      at = blank == std::string_view::npos ? blank : blank + 1;
    }
    const auto known = record_kind_from(kind);
    if (known == RecordKind::head || known == RecordKind::sealed || known == RecordKind::queue) continue;
    const std::string id =
        mark_of(line) && known ? id_in(line.substr(at, end_of_value(line.substr(at)))) : std::string();
    if (!is_job_id(id) || is_damaged) ++repair.unreadable;
    if (!is_job_id(id)) continue;
    if (*known == RecordKind::job)
      repair.submitted.insert(id);
    else if (!repair.submitted.contains(id))
      repair.changed.insert(id);
  }
}

Result<> no_worker_lives(Files& files, const fs::path& store) {
  Liveness liveness(files, store);
  std::error_code problem;
  for (fs::directory_iterator entry(liveness.folder(), problem), end; !problem && entry != end;
       entry.increment(problem)) {
    const std::string name = entry->path().filename().string();
    Result<bool> is_dead = liveness.is_dead(name);
    if (!is_dead) return std::move(is_dead.error());
    if (!*is_dead)
      return make_error(ErrorClass::unavailable,
                        "worker '" + name + "' lives on this store; stop it, then repair the store");
  }
  return ok;
}

/// A folder of that date which nobody has used yet.
Result<fs::path> make_copy_folder(Files& files, const fs::path& data, Time now) {
  std::string date = format_time(now);
  std::replace(date.begin(), date.end(), ':', '-');
  fs::path folder = data / ("store.cut-" + date);
  for (int number = 2; files.stat(folder); ++number)
    folder = data / ("store.cut-" + date + "." + std::to_string(number));
  if (Result<> made = files.mkdir(folder); !made) return std::move(made.error());
  return folder;
}

Result<> copy_all(Files& files, const Journal& journal, const std::vector<std::uint64_t>& segments,
                  const fs::path& folder) {
  for (const std::uint64_t segment : segments) {
    const fs::path from = journal.path_of(segment);
    Result<std::string> bytes = files.read_all(from);
    if (!bytes) return std::move(bytes.error());
    if (Result<> done = files.write_synced(folder / from.filename(), *bytes); !done) return done;
  }
  if (Result<> done = files.sync_dir(folder); !done) return done;
  return files.sync_dir(folder.parent_path());
}

/// From the last to the first: as long as the damaged segment is not cut, whoever looks sees the damage.
Result<> cut(Files& files, const Journal& journal, const std::vector<std::uint64_t>& segments, Position at,
             const fs::path& store) {
  for (auto segment = segments.rbegin(); segment != segments.rend(); ++segment)
    if (*segment > at.segment)
      if (Result<> gone = files.unlink(journal.path_of(*segment)); !gone) return gone;
  if (Result<> done = files.sync_dir(store); !done) return done;
  Result<Fd> fd =
      files.open(journal.path_of(at.segment), O_RDWR | O_CREAT);  // one that is missing is begun anew
  if (!fd) return std::move(fd.error());
  if (Result<> done = files.truncate(*fd, at.offset); !done) return done;
  if (Result<> done = files.sync(*fd); !done) return done;
  return files.sync_dir(store);
}

}  // namespace

Result<Repair> plan_repair(Files& files, const fs::path& data) {
  const fs::path store = data / "store";
  Result<CheckedStore> checked = check_store(files, store);
  if (!checked) return std::move(checked.error());
  Repair repair;
  for (const CheckedStore::Finding& finding : checked->findings)
    if (finding.level == CheckedStore::Finding::Level::damaged)
      repair.damage = finding.file + ": " + finding.what;
  if (!checked->repairable) {
    Error error = make_error(ErrorClass::storage,
                             repair.damage +
                                 ". Nothing stands in for a snapshot: put a backup of the store's folder "
                                 "back, or begin anew from jobs.json (jobstore/FORMAT.md, Recovery)");
    error.code = "damaged";
    return error;
  }
  if (!checked->damage) return repair;
  repair.cut_at = *checked->damage;
  const Journal journal(files, store);
  Result<std::vector<std::uint64_t>> segments = doomed_segments(journal, repair.cut_at);
  if (!segments) return std::move(segments.error());
  for (const std::uint64_t segment : *segments) {
    Result<std::string> bytes = files.read_all(journal.path_of(segment));
    if (!bytes) return std::move(bytes.error());
    const std::size_t kept = segment == repair.cut_at.segment ? repair.cut_at.offset : 0;
    count_loss(std::string_view(*bytes).substr(std::min<std::size_t>(kept, bytes->size())), kept > 0, repair);
  }
  return repair;
}

Result<Repair> repair_store(Files& files, const fs::path& data, Time now) {
  const fs::path store = data / "store";
  // Looked at before the lock is taken: check_store() takes it too. Nobody who opens a damaged store gets to write.
  Result<Repair> plan = plan_repair(files, data);
  if (!plan || plan->damage.empty()) return plan;
  Result<Fd> lock = files.open(store / "lock", O_RDWR | O_CREAT);
  if (!lock) return std::move(lock.error());
  if (Result<> locked = files.lock(*lock, Files::Sharing::exclusive); !locked)
    return std::move(locked.error());
  if (Result<> alone = no_worker_lives(files, store); !alone) return std::move(alone.error());

  const Journal journal(files, store);
  Result<std::vector<std::uint64_t>> segments = doomed_segments(journal, plan->cut_at);
  if (!segments) return std::move(segments.error());
  Result<fs::path> folder = make_copy_folder(files, data, now);
  if (!folder) return std::move(folder.error());
  Result<> done = copy_all(files, journal, *segments, *folder);
  if (done) done = cut(files, journal, *segments, plan->cut_at, store);
  if (!done) return std::move(done.error()).while_doing("repairing the job store");
  plan->copy = *folder;
  return plan;
}

}  // namespace reelspool
