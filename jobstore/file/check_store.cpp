#include "jobstore/file/check_store.hpp"

#include <fcntl.h>

#include <map>

#include "jobstore/file/snapshot.hpp"

namespace reelspool {
namespace {

using Finding = CheckedStore::Finding;
using Level = CheckedStore::Finding::Level;

/// How often to begin anew because a living worker wrote a snapshot, and deleted what it covers, while we read.
constexpr int most_tries = 5;

/// One reading of the store, from the snapshot on.
class Reading {
 public:
  Reading(Files& files, const std::filesystem::path& store)
      : files_(files),
        store_(store),
        snapshot_(files, store),
        journal_(files, store, Journal::Access::look) {}

  /// Nothing: what was to be read next is not there any more; begin anew.
  Result<std::optional<CheckedStore>> run() {
    if (!read_snapshot()) return std::optional(std::move(checked_));
    Result<std::vector<std::uint64_t>> segments = journal_.segments();
    if (!segments) return std::move(segments.error());
    note_leftovers(*segments);
    if (Result<> started = journal_.start(covers_ + 1, checked_.sequence); !started) {
      if (started.error().code != "ENOENT") return std::move(started.error());
      if (is_overtaken()) return std::optional<CheckedStore>();
      if (covers_ == 0 && segments->empty())
        say(Level::note, "store", "there is no store yet");
      else
        missing({covers_ + 1, 0});
      return std::optional(std::move(checked_));
    }
    if (Result<bool> read = read_journal(); !read)
      return std::move(read.error());
    else if (!*read)
      return std::optional<CheckedStore>();
    for (const auto& [segment, lines] : lines_) {
      if (checked_.damage && checked_.damage->segment == segment)
        say(Level::note, name_of(segment), std::to_string(lines) + " lines before the damage are good");
      else
        say(Level::good, name_of(segment), std::to_string(lines) + " lines, the chain of checksums holds");
    }
    checked_.sequence = journal_.sequence();
    return std::optional(std::move(checked_));
  }

 private:
  std::string name_of(std::uint64_t segment) const {
    return "store/" + journal_.path_of(segment).filename().string();
  }
  void say(Level level, std::string file, std::string what) {
    checked_.findings.push_back({level, std::move(file), std::move(what)});
  }
  void missing(Position cut_at) {
    checked_.damage = cut_at;
    const std::uint64_t segment = cut_at.offset == 0 ? cut_at.segment : cut_at.segment + 1;
    say(Level::damaged, name_of(segment), "is missing, and no snapshot stands for it");
  }

  /// False: it is damaged.
  bool read_snapshot() {
    std::uint64_t records = 0;
    Result<SnapshotHead> head = snapshot_.read([&](const Record& record) {
      ++records;
      return checked_.fold.apply(record);
    });
    if (!head) {
      checked_.repairable = false;
      say(Level::damaged, "store/snapshot", head.error().message);
      return false;
    }
    covers_ = head->covers;
    checked_.sequence = head->sequence;
    if (covers_ > 0)
      say(Level::good, "store/snapshot",
          std::to_string(records) + " records, whole; covers the segments up to " + std::to_string(covers_));
    return true;
  }

  void note_leftovers(const std::vector<std::uint64_t>& segments) {
    for (const std::uint64_t segment : segments)
      if (segment <= covers_)
        say(Level::note, name_of(segment), "is covered by the snapshot; it goes after the next one");
    if (files_.stat(store_ / "snapshot.new"))
      say(Level::note, "store/snapshot.new",
          "is being written, or was when its writer died; the next replaces it");
  }

  bool is_overtaken() const {
    const Result<SnapshotHead> now = snapshot_.head();
    return now && now->covers > covers_;
  }

  /// Unlocked as far as it goes, for it may be long; then the rest, which is short, with writers locked out: what is torn
  /// then is no line that somebody is just writing. False: overtaken.
  Result<bool> read_journal() {
    const Result<Journal::Tail> most = read_on();
    if (!most && checked_.damage) return true;
    if (!most) return most.error();
    if (*most == Journal::Tail::lost || *most == Journal::Tail::unrescued) return judge(*most);
    Result<Fd> lock = files_.open(store_ / "lock", O_RDONLY);
    if (!lock && lock.error().code != "ENOENT") return std::move(lock.error());
    if (lock)
      if (Result<> locked = files_.lock(*lock, Files::Sharing::shared); !locked)
        return std::move(locked.error());
    const Result<Journal::Tail> tail = read_on();
    if (!tail && checked_.damage) return true;
    if (!tail) return tail.error();
    return judge(*tail);
  }

  Result<Journal::Tail> read_on() {
    Result<Journal::Tail> tail = journal_.read_new(
        [this](const Record& record) -> Result<> {
          Result<> applied = checked_.fold.apply(record);
          if (!applied) return applied;
          ++lines_[journal_.end().segment];
          before_last_ = good_;
          good_ = journal_.end();
          return ok;
        },
        [this]() -> Result<std::uint64_t> {
          Result<SnapshotHead> head = snapshot_.head();
          if (!head) return std::move(head.error());
          return head->covers;
        });
    if (!tail && tail.error().code == "damaged") {
      checked_.damage = journal_.end().segment == good_.segment ? good_ : Position{journal_.end().segment, 0};
      say(Level::damaged, name_of(checked_.damage->segment), tail.error().message);
    }
    return tail;
  }

  Result<bool> judge(Journal::Tail tail) {
    const Position end = journal_.end();
    switch (tail) {
      case Journal::Tail::clean:
        return true;
      case Journal::Tail::unrescued:
        say(Level::note, name_of(end.segment),
            "was given up after a failed sync; the next who writes saves its state");
        return true;
      case Journal::Tail::lost:
        if (is_overtaken()) return false;
        missing(
            before_last_);  // the line before says `sealed`: it goes, and this segment is the last one again
        return true;
      case Journal::Tail::torn:
        break;
    }
    if (const Result<> may = journal_.may_cut(); may) {
      say(Level::note, name_of(end.segment),
          "what follows byte " + std::to_string(end.offset) +
              " was never safe (a write that was cut short); the next who writes cuts it off");
    } else {
      checked_.damage = end;
      say(Level::damaged, name_of(end.segment), may.error().message);
    }
    return true;
  }

  Files& files_;
  const std::filesystem::path store_;
  const Snapshot snapshot_;
  Journal journal_;
  CheckedStore checked_;
  std::uint64_t covers_ = 0;
  std::map<std::uint64_t, std::uint64_t> lines_;  // by segment
  Position good_, before_last_;  // behind the last line that was applied, and behind the one before
};

}  // namespace

Result<CheckedStore> check_store(Files& files, const std::filesystem::path& store) {
  std::error_code problem;
  if (!std::filesystem::exists(store, problem)) {
    CheckedStore checked;
    checked.findings.push_back({Level::note, "store", "there is no store yet"});
    return checked;
  }
  for (int i = 0; i < most_tries; ++i) {
    Result<std::optional<CheckedStore>> checked = Reading(files, store).run();
    if (!checked) return std::move(checked.error()).while_doing("checking " + store.string());
    if (*checked) return **std::move(checked);
  }
  return make_error(
      ErrorClass::transient,
      "checking " + store.string() + ": a worker writes snapshots faster than they can be read; try again");
}

}  // namespace reelspool
