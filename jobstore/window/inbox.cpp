#include "jobstore/window/inbox.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <chrono>

#include "jobstore/window/displaced.hpp"
#include "jobstore/window/intake.hpp"
#include "jobstore/window/split.hpp"

namespace reelspool::window {

Inbox::Inbox(Ledger& ledger, Shelf& shelf, Rejects& rejects, Report report)
    : ledger_(ledger),
      files_(ledger.files()),
      shelf_(shelf),
      rejects_(rejects),
      report_(std::move(report)),
      folder_(ledger.data() / "inbox") {}

/// Oldest first, then by name: the order in which they were dropped, as far as anybody can tell.
Result<Dropped> drops_in(const std::filesystem::path& inbox) {
  Dropped dropped;
  std::vector<std::pair<std::int64_t, std::filesystem::path>> found;
  std::error_code problem;
  for (const auto& entry : std::filesystem::directory_iterator(inbox, problem)) {
    const std::string name = entry.path().filename().string();
    if (name.starts_with('.') || name == "rejected") continue;
    struct stat status {};
    if (lstat(entry.path().c_str(), &status) != 0) continue;
    const std::int64_t modified_ns = status.st_mtim.tv_sec * 1'000'000'000LL + status.st_mtim.tv_nsec;
    if (name.ends_with(".json") && !S_ISDIR(status.st_mode))
      found.emplace_back(modified_ns, entry.path());
    else
      dropped.others[name] = std::chrono::system_clock::time_point(std::chrono::nanoseconds(modified_ns));
  }
  if (problem) return system_error("listing " + inbox.string(), problem.value());
  std::sort(found.begin(), found.end());
  for (auto& [time, path] : found) dropped.jobs.push_back(std::move(path));
  return dropped;
}

Result<std::optional<Drop>> read_drop(Files& files, const std::filesystem::path& path) {
  Result<Fd> file = files.open(path, open_flags);
  if (!file) {
    const std::string& code = file.error().code;
    if (code == "ENOENT") return std::optional<Drop>();
    const bool is_its_fault = code == "ELOOP" || code == "EACCES" || code == "EPERM" || code == "ENXIO";
    if (!is_its_fault) return std::move(file.error());
    return make_error(ErrorClass::invalid_request,
                      code == "ELOOP" ? "is a symbolic link, which is not followed: put the file itself there"
                      : code == "ENXIO" ? "is no regular file"
                                        : "cannot be read: make such files readable for the worker's user");
  }
  Result<Files::Stat> stat = files.stat(*file);
  if (!stat) return std::move(stat.error());
  if (!S_ISREG(stat->mode)) return make_error(ErrorClass::invalid_request, "is no regular file");
  if (stat->size_bytes > largest_drop_bytes)
    return make_error(ErrorClass::invalid_request,
                      "is larger than " + std::to_string(largest_drop_bytes >> 20) + " MiB");
  const Writers writers = lease(*file);
  release_lease(*file);
  if (writers == Writers::some) return std::optional<Drop>();

  std::string text(stat->size_bytes, '\0');
  Result<std::size_t> size = files.read_at(*file, 0, text.data(), text.size());
  if (!size) return std::move(size.error());
  text.resize(*size);
  const ForeignText whole(std::move(text));
  Result<ForeignEntry> entry = read_one(whole, path.stem().string());
  if (!entry) return std::move(entry.error());
  return std::optional(Drop{path, entry->id, with_id(*entry)});
}

Result<bool> Inbox::take_in() {
  Result<Dropped> dropped = drops_in(folder_);
  if (!dropped && !files_.stat(folder_)) {  // somebody cleaned up
    if (Result<> made = make_drop_folder(files_, ledger_.data()); !made) return std::move(made.error());
    dropped = drops_in(folder_);
  }
  if (!dropped) return std::move(dropped.error());
  tell_of_others(*dropped);
  std::vector<std::filesystem::path>& paths = dropped->jobs;
  const bool more = paths.size() > files_at_once;
  if (more) paths.resize(files_at_once);

  std::vector<Drop> drops;
  for (const std::filesystem::path& path : paths) {
    Result<std::optional<Drop>> drop = read_drop(files_, path);
    if (!drop && drop.error().cls != ErrorClass::invalid_request)
      return std::move(drop.error()).while_doing("reading the drop folder");
    if (!drop) {
      if (Result<> refused = refuse({path, path.stem().string(), ""}, drop.error().message); !refused)
        return std::move(refused.error());
    } else if (*drop) {
      drops.push_back(**std::move(drop));
    }
  }
  if (drops.empty()) return more;

  std::vector<std::string_view> entries;
  for (const Drop& drop : drops) entries.push_back(drop.entry);
  Result<std::vector<Ledger::Outcome>> outcomes = ledger_.take_in(entries);
  if (!outcomes) return std::move(outcomes.error()).while_doing("taking in the drop folder");
  for (std::size_t i = 0; i < drops.size(); ++i) {
    const Ledger::Outcome& outcome = (*outcomes)[i];
    const bool is_bad = outcome.kind == Ledger::Outcome::Kind::rejected;
    Result<> gone = is_bad ? refuse(drops[i], outcome.problem.message) : files_.unlink(drops[i].path);
    if (!gone) return std::move(gone.error());
  }
  return more;
}

/// Once each; somebody may still be about to rename a young one.
void Inbox::tell_of_others(const Dropped& dropped) {
  look_at_others_.reset();
  std::erase_if(told_, [&](const std::string& name) { return !dropped.others.contains(name); });
  for (const auto& [name, modified] : dropped.others) {
    if (told_.contains(name)) continue;
    const auto age = std::chrono::system_clock::now() - modified;
    if (age < patience_with_others) {
      const Moment then =
          std::chrono::steady_clock::now() + (patience_with_others - std::max(age, age.zero()));
      look_at_others_ = look_at_others_ ? std::min(*look_at_others_, then) : then;
      continue;
    }
    told_.insert(name);
    if (report_)
      report_({Notice::Level::warning,
               "inbox/" + name + " is not taken in: only files named <id>.json are; rename it, or delete it",
               ""});
  }
}

Result<> Inbox::refuse(const Drop& drop, const std::string& reason) {
  const std::string message = "inbox/" + drop.path.filename().string() + ": " + reason;
  if (Result<> moved = rejects_.move_in(drop.path, message); !moved) return moved;
  const bool has_id = is_job_id(drop.id);
  if (report_)
    report_({Notice::Level::warning, message + " - moved to inbox/rejected", has_id ? drop.id : ""});
  if (!has_id || shelf_.find(drop.id) != nullptr) return ok;
  const std::string stand_in = refused_entry(drop.id, message);
  Result<std::vector<Ledger::Outcome>> shown = ledger_.take_in({stand_in});
  if (!shown) return std::move(shown.error()).while_doing("showing " + message + " as a failed job");
  return ok;
}

}  // namespace reelspool::window
