#include "jobstore/window/publisher.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <random>

#include "jobstore/window/lock_directory.hpp"
#include "jobstore/window/move.hpp"

namespace reelspool::window {
namespace {

constexpr std::string_view staged_prefix = ".jobs.json.";
// A writer that never pauses cannot hold the window's thread for ever; the next turn goes on.
constexpr int most_rounds = 20;

/// Unique among all publishers there ever were: a leftover is never overwritten.
std::string unique_name() {
  static std::random_device random;
  char name[32];
  std::snprintf(name, sizeof name, "%08x%08x", random(), random());
  return name;
}

bool is_blank(std::string_view text) {  // NULs: ext4 after a power loss
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return c == '\0' || c == ' ' || c == '\n' || c == '\r' || c == '\t'; });
}

bool is_not_json(const Error& error) {
  return error.code == "not_json";
}

/// What to do about the usual reasons why jobs.json cannot be read or replaced. Our own name for the new file is
/// another one each time and tells nobody anything.
Error explained(Error error, const std::filesystem::path& jobs_file) {
  const std::string name = jobs_file.string();
  std::string& text = error.message;
  if (const std::size_t at = text.find(staged_prefix); at != std::string::npos)
    text.replace(at, std::min(text.find_first_of(": ", at), text.size()) - at, "jobs.json");
  if (error.code == "EBUSY")
    text = name +
           " cannot be replaced, because it is a mount of its own (a bind-mounted single file): mount "
           "the directory that holds it instead";
  else if (error.code == "ELOOP")
    text = name +
           " is a symbolic link, and publishing would replace the link, not the file: set DATA_DIR to "
           "the directory that it points into, or delete the link";
  else if (error.code == "EACCES" || error.code == "EPERM")
    text +=
        ": this user needs to read it and to write the directory; let both sides share a group "
        "(chgrp GROUP, chmod 2775 for the directory, 664 for the file)";
  else if (error.code == "EROFS")
    text += ": mount it writable";
  else if (error.code == "ENOSPC" || error.code == "EDQUOT")
    text += ": make room; what readers see is as old as its publishedAt says until then";
  return std::move(error).while_doing("publishing jobs.json");
}

std::string_view kind_of(mode_t mode) {
  if (S_ISDIR(mode)) return "a directory";
  if (S_ISFIFO(mode)) return "a pipe";
  if (S_ISSOCK(mode)) return "a socket";
  return "a device";
}

}  // namespace

Publisher::Publisher(Ledger& ledger, Shelf& shelf, Intake& intake, Watch& watch, const Limits& limits,
                     std::function<Result<>()> follow, Report report)
    : ledger_(ledger),
      files_(ledger.files()),
      shelf_(shelf),
      intake_(intake),
      watch_(watch),
      limits_(limits),
      follow_(std::move(follow)),
      report_(std::move(report)),
      folder_(ledger.data()),
      jobs_file_(folder_ / "jobs.json"),
      lock_directory_(folder_ / "jobs.json.lock"),
      displaced_(files_, [this](const std::filesystem::path& path, const Fd& file) {
        return take_in_or_set_aside(path, file);
      }) {}

Result<> Publisher::begin() {
  std::error_code problem;
  for (const auto& entry : std::filesystem::directory_iterator(folder_, problem)) {
    const std::string name = entry.path().filename().string();
    if (!name.starts_with(staged_prefix)) continue;
    if (name.ends_with(".new")) {
      if (Result<> gone = files_.unlink(entry.path()); !gone) return gone;
    } else if (name.ends_with(".x")) {
      displaced_.add(entry.path(), Fd(), std::nullopt, steady_now());
    }
  }
  if (problem) return system_error("listing " + folder_.string(), problem.value());
  return settle();
}

std::optional<Moment> Publisher::deadline() const {
  std::optional<Moment> first = displaced_.deadline();
  if (waiting_for_writer()) first = first ? std::min(*first, broken_->until) : broken_->until;
  return first;
}

// ------------------------------------------------------------------------------------------- reading

Result<Fd> Publisher::open_jobs_file() const {
  Result<Fd> file = files_.open(jobs_file_, open_flags);
  // A socket, or a device that is not there.
  const bool cannot_be_opened = !file && (file.error().code == "ENXIO" || file.error().code == "ENODEV");
  if (!file && !cannot_be_opened) return file;
  Result<Files::Stat> stat = cannot_be_opened ? files_.stat(jobs_file_) : files_.stat(*file);
  if (!stat) return std::move(stat.error());
  if (!S_ISREG(stat->mode))
    return make_error(ErrorClass::storage, jobs_file_.string() + " is " + std::string(kind_of(stat->mode)) +
                                               ", no regular file: move it away, and jobs.json is made anew");
  return file;
}

Result<std::string> Publisher::read_whole(const Fd& file) const {
  Result<Files::Stat> stat = files_.stat(file);
  if (!stat) return std::move(stat.error());
  // What we publish ourselves is never too large.
  const std::uint64_t most = std::max<std::uint64_t>(limits_.largest_file_bytes, 2 * shelf_.size_bytes());
  if (stat->size_bytes > most) {
    Error error =
        make_error(ErrorClass::invalid_request, "larger than " + std::to_string(most >> 20) + " MiB");
    error.code = "not_json";
    return error;
  }
  std::string text;
  text.reserve(stat->size_bytes + ForeignText::room_bytes);
  text.resize(stat->size_bytes);
  Result<std::size_t> size = files_.read_at(file, 0, text.data(), text.size());
  if (!size) return std::move(size.error());
  text.resize(*size);  // it may have been cut meanwhile; if it grew, its identity tells so at the next look
  return text;
}

/// False: it is no job file.
Result<bool> Publisher::take_in_file(const Fd& file) {
  Result<std::string> text = read_whole(file);
  if (!text) return is_not_json(text.error()) ? Result<bool>(false) : std::move(text.error());
  Result<TakenIn> taken = intake_.take_in(ForeignText(*std::move(text)), "jobs.json");
  if (!taken) return is_not_json(taken.error()) ? Result<bool>(false) : std::move(taken.error());
  stale_ = true;  // even if it wished nothing: jobs it does not list are put back
  return true;
}

Result<> Publisher::look(bool written_into) {
  Result<Fd> file = open_jobs_file();
  if (!file && file.error().code == "ENOENT") {
    stale_ = stale_ || known_.has_value();
    known_.reset();
    broken_.reset();
    return ok;
  }
  if (!file) return explained(std::move(file.error()), jobs_file_);
  Result<Files::Stat> stat = files_.stat(*file);
  if (!stat) return std::move(stat.error());
  const Identity identity = identity_of(*stat);
  if (known_ && known_->identity == identity && !written_into) return ok;
  if (broken_ && broken_->identity == identity) {
    look_at_broken({*std::move(file), identity});
    return ok;
  }
  Result<bool> taken = take_in_file(*file);
  if (!taken) return std::move(taken.error());
  if (!*taken) {
    wait_for_writer(identity);
    return ok;
  }
  known_ = Known{*std::move(file), identity};
  broken_.reset();
  return ok;
}

void Publisher::wait_for_writer(const Identity& identity) {
  const Moment until = steady_now() + limits_.broken_patience;
  broken_ = Broken{identity, until, until + Displaced::longest_stay, false};
}

/// Still the same bytes that are no JSON: given up once nobody can be writing to it and its time is over.
void Publisher::look_at_broken(Known jobs_file) {
  if (broken_->given_up || steady_now() < broken_->until) return;
  const Writers writers = lease(jobs_file.file);
  release_lease(jobs_file.file);
  if (writers == Writers::some && steady_now() < broken_->latest) {
    broken_->until = broken_->latest;  // its closing is seen before
    return;
  }
  broken_->given_up = true;
  known_ = std::move(jobs_file);
  stale_ = true;
}

Result<bool> Publisher::take_in_or_set_aside(const std::filesystem::path& path, const Fd& file) {
  Result<std::string> text = read_whole(file);
  std::string reason;
  if (text) {
    if (is_blank(*text)) return true;
    Result<TakenIn> taken = intake_.take_in(ForeignText(*std::move(text)), "jobs.json");
    if (taken) {
      stale_ = true;
      return true;
    }
    if (!is_not_json(taken.error())) return std::move(taken.error());
    reason = taken.error().message;
  } else {
    if (!is_not_json(text.error())) return std::move(text.error());
    reason = "jobs.json: " + text.error().message;
  }
  if (Result<> aside = set_aside(path, reason); !aside) return std::move(aside.error());
  return false;
}

Result<> Publisher::set_aside(const std::filesystem::path& path, std::string_view reason) {
  std::string date = format_time(ledger_.clock().now());
  std::replace(date.begin(), date.end(), ':', '-');
  std::string name = "jobs.json.broken-" + date;
  for (int number = 2; files_.stat(folder_ / name); ++number)
    name = "jobs.json.broken-" + date + "." + std::to_string(number);
  if (Result<> renamed = files_.rename(path, folder_ / name); !renamed) return renamed;
  if (report_)
    report_(
        {Notice::Level::error,
         std::string(reason) + " - not a job file; kept as " + name + ", and the known jobs are shown again",
         ""});
  return ok;
}

// ---------------------------------------------------------------------------------------- publishing

Result<> Publisher::publish() {
  std::optional<LockDirectory> lock;
  Result<> done = ok;
  for (int round = 0; round < most_rounds; ++round) {
    done = look();
    if (!done || waiting_for_writer()) break;
    if (done = follow_(); !done) break;
    stale_ = false;
    Result<Staged> staged = stage();
    if (!staged) {
      done = explained(std::move(staged.error()), jobs_file_);
      break;
    }
    // Taken late, so that it is held for as short as can be; kept for the next rounds, so that those who heed
    // it let go.
    if (!lock) lock.emplace(LockDirectory::take(lock_directory_, watch_));
    Result<Exchanged> exchanged = exchange(*std::move(staged));
    if (!exchanged) {
      done = explained(std::move(exchanged.error()), jobs_file_);
      break;
    }
    if (*exchanged == Exchanged::clean) return settle();
    stale_ = true;
  }
  if (!done) stale_ = true;
  return done;
}

/// The new file, complete, under its second name. It is not synced: the journal has all that it says.
Result<Publisher::Staged> Publisher::stage() {
  const std::string base = std::string(staged_prefix) + unique_name();
  const std::filesystem::path unfinished = folder_ / (base + ".new");
  const auto write_it = [&]() -> Result<> {
    Result<Fd> file = files_.open(unfinished, O_WRONLY | O_CREAT | O_EXCL, 0666);
    if (!file) return std::move(file.error());
    std::uint64_t size = 0;
    Result<> written =
        shelf_.write_out(format_time(ledger_.clock().now()), [&](std::string_view piece) -> Result<> {
          Result<> done = files_.write_at(*file, size, piece);
          size += piece.size();
          return done;
        });
    if (!written) return written;
    bytes_written_ += size;
    struct stat before {};
    if (known_ && fstat(known_->file.number(), &before) == 0) {
      // Whom it belongs to can only be kept by root, and by others within their groups; `doctor` tells.
      if (before.st_uid != geteuid() || before.st_gid != getegid())
        static_cast<void>(fchown(file->number(), before.st_uid, before.st_gid) == 0 ||
                          fchown(file->number(), static_cast<uid_t>(-1), before.st_gid) == 0);
      if (fchmod(file->number(), before.st_mode & 07777U) != 0)
        return system_error("keeping the mode of jobs.json", errno);
    }
    return ok;
  };
  Result<> done = write_it();
  Staged staged;
  staged.path = folder_ / (base + ".x");
  if (done) done = files_.rename(unfinished, staged.path);
  // Opened anew for reading: a lease on it needs that nobody, not even we, has it open for writing.
  Result<Fd> file = done ? files_.open(staged.path, open_flags) : Result<Fd>(std::move(done.error()));
  Result<Files::Stat> stat = file ? files_.stat(*file) : Result<Files::Stat>(std::move(file.error()));
  if (!stat) {
    static_cast<void>(files_.unlink(unfinished));
    static_cast<void>(files_.unlink(staged.path));
    return std::move(stat.error());
  }
  staged.known = {*std::move(file), identity_of(*stat)};
  return staged;
}

Result<bool> Publisher::is_unchanged() const {
  Result<Fd> file = open_jobs_file();
  if (!file && file.error().code == "ENOENT") return !known_;
  if (!file) return std::move(file.error());
  Result<Files::Stat> stat = files_.stat(*file);
  if (!stat) return std::move(stat.error());
  return known_ && known_->identity == identity_of(*stat);
}

Result<Publisher::Exchanged> Publisher::exchange(Staged staged) {
  Result<bool> unchanged = is_unchanged();
  if (!unchanged || !*unchanged) {
    static_cast<void>(files_.unlink(staged.path));
    if (!unchanged) return std::move(unchanged.error());
    return Exchanged::overtaken;
  }
  if (!known_) {
    Result<bool> first = first_publish(std::move(staged));
    if (!first) return std::move(first.error());
    return *first ? Exchanged::clean : Exchanged::overtaken;
  }
  Result<> exchanged =
      can_exchange_ ? files_.exchange(staged.path, jobs_file_) : files_.rename(staged.path, jobs_file_);
  if (!exchanged) {
    const std::string code = exchanged.error().code;
    static_cast<void>(files_.unlink(staged.path));
    if (code == "ENOENT") return Exchanged::overtaken;
    if (!can_exchange_ || (code != "EINVAL" && code != "ENOSYS")) return std::move(exchanged.error());
    can_exchange_ = false;
    if (report_)
      report_({Notice::Level::warning,
               "the file system of " + folder_.string() +
                   " cannot exchange files: a front end that writes jobs.json without the lock directory may "
                   "lose a job; "
                   "use the drop folder inbox/",
               ""});
    return Exchanged::overtaken;
  }
  Known previous = *std::exchange(known_, std::move(staged.known));
  if (!can_exchange_) return Exchanged::clean;
  return take_in_displaced(staged.path, std::move(previous));
}

/// False: somebody made a jobs.json first.
Result<bool> Publisher::first_publish(Staged staged) {
  if (const int problem = move_without_replacing(staged.path, jobs_file_); problem != 0) {
    static_cast<void>(files_.unlink(staged.path));
    if (problem == EEXIST) return false;
    return system_error("making jobs.json", problem);
  }
  known_ = std::move(staged.known);
  broken_.reset();
  return true;
}

/// `path` now names what jobs.json was at the moment of the exchange: `previous`, or what somebody put there
/// after the last look at it.
Result<Publisher::Exchanged> Publisher::take_in_displaced(const std::filesystem::path& path, Known previous) {
  const bool was_given_up = broken_ && broken_->given_up;
  broken_.reset();
  Result<Fd> file = files_.open(path, open_flags);
  Result<Files::Stat> stat = file ? files_.stat(*file) : Result<Files::Stat>(file.error());
  if (!stat) {  // it may be somebody's: it stays, and is tried again
    displaced_.add(path, Fd(), std::nullopt, steady_now());
    return std::move(stat.error());
  }
  const Identity identity = identity_of(*stat);
  if (identity == previous.identity) {
    displaced_.add(path, *std::move(file), was_given_up ? std::nullopt : std::optional(identity),
                   steady_now());
    return Exchanged::clean;
  }
  Result<bool> taken = take_in_file(*file);
  const bool is_read = taken && *taken;
  displaced_.add(path, *std::move(file), is_read ? std::optional(identity) : std::nullopt, steady_now());
  if (!taken) return std::move(taken.error());
  return Exchanged::foreign;
}

}  // namespace reelspool::window
