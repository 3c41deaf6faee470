#include "jobstore/file/journal.hpp"

#include <fcntl.h>

#include <algorithm>
#include <charconv>
#include <cstdio>

#include "jobstore/file/damage.hpp"
#include "jobstore/object_text.hpp"

namespace reelspool {
namespace {

constexpr std::size_t chunk_bytes = std::size_t{1} << 20;
/// A tail that is looked at by nobody else is small; one transaction reads at most what others wrote since.
constexpr std::size_t first_chunk_bytes = std::size_t{1} << 12;
constexpr char blank = ' ';
constexpr std::uint64_t most_fill_bytes = std::uint64_t{1} << 16;
constexpr std::string_view name_front = "journal-";

Error damaged(const std::filesystem::path& path, std::uint64_t offset, std::string_view reason) {
  Error error =
      make_error(ErrorClass::storage,
                 path.string() + ": damaged at byte " + std::to_string(offset) + ": " + std::string(reason) +
                     ". Nothing was changed; see `reelspool store verify` and jobstore/FORMAT.md, Recovery");
  error.code = "damaged";
  return error;
}

std::string head_text(std::uint64_t segment) {
  return ObjectText().add("version", store_format_version).add("segment", segment).text();
}

}  // namespace

Journal::Journal(Files& files, std::filesystem::path store, Access access)
    : files_(files), store_(std::move(store)), access_(access), room_(files) {}

std::filesystem::path Journal::path_of(std::uint64_t segment) const {
  char name[40];
  std::snprintf(name, sizeof name, "journal-%06llu", static_cast<unsigned long long>(segment));
  return store_ / name;
}

Result<std::vector<std::uint64_t>> Journal::segments() const {
  std::vector<std::uint64_t> numbers;
  std::error_code problem;
  for (std::filesystem::directory_iterator entry(store_, problem), end; !problem && entry != end;
       entry.increment(problem)) {
    const std::string name = entry->path().filename().string();
    if (!name.starts_with(name_front)) continue;
    std::uint64_t number = 0;
    const char* const last = name.data() + name.size();
    const auto [stop, bad] = std::from_chars(name.data() + name_front.size(), last, number);
    if (bad == std::errc() && stop == last) numbers.push_back(number);
  }
  if (problem) return system_error("reading the folder " + store_.string(), problem.value());
  std::sort(numbers.begin(), numbers.end());
  return numbers;
}

Result<> Journal::start(std::uint64_t segment, std::uint64_t sequence) {
  bool may_write = access_ == Access::full;
  Result<Fd> fd = files_.open(path_of(segment), may_write ? O_RDWR : O_RDONLY);
  if (!fd && may_write && (fd.error().code == "EACCES" || fd.error().code == "EROFS")) {
    may_write = false;
    fd = files_.open(path_of(segment), O_RDONLY);
  }
  if (!fd) return std::move(fd.error());
  fd_ = std::make_shared<Fd>(std::move(*fd));
  is_inherited_ = may_write;
  chain_ = {segment, sequence, 0};
  end_ = {segment, 0};
  synced_ = filled_to_ = 0;
  has_filled_ = false;
  knows_fill_ = false;
  seal_.reset();
  room_.move_on();
  return ok;
}

Result<> Journal::create_first() {
  Result<Fresh> fresh = create(1, 0);
  if (fresh) return ok;
  // Who comes next must not trust a head whose sync failed.
  static_cast<void>(files_.unlink(path_of(1)));
  return std::move(fresh.error());
}

/// Called before anything is appended, synced or shown. From the mark on: what is before it had been synced when
/// the last record was written.
Result<> Journal::adopt() {
  if (!is_inherited_) return ok;
  std::string bytes;
  for (std::uint64_t at = synced_; at < end_.offset; at += bytes.size()) {
    bytes.resize(std::min<std::uint64_t>(chunk_bytes, end_.offset - at));
    Result<std::size_t> got = files_.read_at(*fd_, at, bytes.data(), bytes.size());
    if (!got) return std::move(got.error());
    if (*got < bytes.size())
      return damaged(path_of(end_.segment), at + *got, "it became shorter as it was read");
    if (Result<> written = files_.write_at(*fd_, at, bytes); !written) return written;
  }
  is_inherited_ = false;
  return ok;
}

/// Whoever sealed the segment may have died before it was synced. Nothing may be written behind it until it is safe:
/// a power loss would else take its end, and with it the way to what follows.
Result<Journal::Tail> Journal::pass_seal(const Covered& covered) {
  if (!seal_->is_given_up)
    if (Result<> adopted = adopt(); !adopted) return std::move(adopted.error());
  if (!seal_->is_given_up) seal_->is_given_up = !files_.sync(*fd_);
  if (seal_->is_given_up) {
    Result<std::uint64_t> number = covered();
    if (!number) return std::move(number.error());
    if (*number < end_.segment) return Tail::unrescued;
    // Of the snapshot, too: it may have its name for this moment only.
    if (Result<> named = files_.sync_dir(store_); !named) return std::move(named.error());
  }
  Result<> next = start(end_.segment + 1, chain_.sequence);
  if (next) return Tail::clean;
  if (next.error().code == "ENOENT") return Tail::lost;
  return std::move(next.error());
}

Result<Journal::Tail> Journal::read_new(const Apply& apply, const Covered& covered) {
  Result<Tail> tail = read_lines(apply, covered);
  if (!tail || (*tail != Tail::clean && *tail != Tail::torn)) return tail;
  if (Result<> adopted = adopt(); !adopted) return std::move(adopted.error());
  return tail;
}

Result<Journal::Tail> Journal::read_lines(const Apply& apply, const Covered& covered) {
  std::size_t want = first_chunk_bytes;
  while (true) {
    if (seal_) {
      Result<Tail> passed = pass_seal(covered);
      if (!passed || *passed != Tail::clean) return passed;
      want = first_chunk_bytes;
    }
    // From one byte before the end: that byte must still be the line break that was there.
    const std::uint64_t overlap = end_.offset == 0 ? 0 : 1;
    buffer_.resize(want);
    Result<std::size_t> got = files_.read_at(*fd_, end_.offset - overlap, buffer_.data(), buffer_.size());
    if (!got) return std::move(got.error());
    if (overlap == 1 && (*got == 0 || buffer_[0] != '\n'))
      return damaged(path_of(end_.segment), end_.offset,
                     "what this process had read before is not there any more");
    std::string_view fresh(buffer_.data(), *got);
    fresh.remove_prefix(overlap);
    const bool is_all = *got < want;

    bool has_moved = false;
    while (!seal_) {
      // Not in place of the head: whoever reads that segment next would cut all that was written into it.
      if (!fresh.empty() && fresh.front() == blank && end_.offset > 0) return look_at_fill();
      const std::size_t line_end = fresh.find('\n');
      if (line_end == std::string_view::npos) break;
      Record record;
      if (!decode_line(fresh.substr(0, line_end), chain_, record)) return Tail::torn;
      end_.offset += line_end + 1;
      synced_ = std::max(synced_, record.synced);
      fresh.remove_prefix(line_end + 1);
      has_moved = true;
      if (record.kind == RecordKind::sealed)
        seal_ = Seal{record.fields.find("\"given_up\":true") != std::string_view::npos};
      if (Result<> applied = apply(record); !applied)
        return damaged(path_of(end_.segment), end_.offset, applied.error().message);
    }
    if (seal_) continue;
    if (is_all) {
      // A segment without its head was never begun in earnest.
      return fresh.empty() && end_.offset > 0 ? look_at_fill() : Tail::torn;
    } else if (!has_moved) {
      want *= 2;  // a line longer than the chunk
    } else {
      want = std::max(want, std::min(want * 4, chunk_bytes));
    }
  }
}

/// Of what stands behind the last line, fill or nothing. Writers begin at the end, so what was there before a power loss is all
/// that can stand behind a blank: it is looked for once, as is a next segment that goes on though this one has no end.
/// Errors: as may_cut()
Result<Journal::Tail> Journal::look_at_fill() {
  if (knows_fill_) return Tail::clean;
  for (std::uint64_t at = end_.offset; true; at += buffer_.size()) {
    buffer_.resize(chunk_bytes);
    Result<std::size_t> got = files_.read_at(*fd_, at, buffer_.data(), buffer_.size());
    if (!got) return std::move(got.error());
    const std::string_view fill(buffer_.data(), *got);
    if (fill.find_first_not_of(blank) != std::string_view::npos) return Tail::torn;
    if (*got < buffer_.size()) break;
  }
  if (Result<> may = next_has_not_begun(); !may) {
    if (!is_at_end()) return Tail::torn;  // read without the lock, while somebody went on
    return std::move(may.error());
  }
  knows_fill_ = true;
  return Tail::clean;
}

bool Journal::is_at_end() {
  char next = blank;
  const Result<std::size_t> got = files_.read_at(*fd_, end_.offset, &next, 1);
  return got && (*got == 0 || next == blank) && !seal_;
}

void Journal::drop_fill() {
  if (has_filled_ && is_at_end()) static_cast<void>(files_.truncate(*fd_, end_.offset));
  filled_to_ = 0;
  has_filled_ = false;
}

Result<> Journal::may_cut() const {
  Result<std::string> bytes = files_.read_all(path_of(end_.segment));
  if (!bytes) return std::move(bytes.error());
  const std::string_view rest = std::string_view(*bytes).substr(std::min(bytes->size(), end_.offset));
  if (end_.offset < synced_)
    return damaged(path_of(end_.segment), end_.offset, "a line that was synced is not there any more");
  if (const auto proof = proof_of_damage(rest, end_.offset))
    return damaged(path_of(end_.segment), end_.offset,
                   "the line at byte " + std::to_string(*proof) + " says that this place had been synced");
  return next_has_not_begun();
}

/// A next segment is begun only when this one is whole: with a record in it, this one may not lack its end.
Result<> Journal::next_has_not_begun() const {
  if (Result<Files::Stat> next = files_.stat(path_of(end_.segment + 1)); next && next->size_bytes > 0) {
    Result<std::string> follower = files_.read_all(path_of(end_.segment + 1));
    if (!follower) return std::move(follower.error());
    if (std::count(follower->begin(), follower->end(), '\n') > 1)
      return damaged(path_of(end_.segment), end_.offset, "its end is missing, but the next segment goes on");
  }
  return ok;
}

Result<> Journal::cut() {
  if (Result<> may = may_cut(); !may) return may;
  if (Result<> done = files_.truncate(*fd_, end_.offset); !done) return done;
  filled_to_ = 0;
  if (end_.offset > 0) return ok;
  Result<Fresh> fresh = create(end_.segment, chain_.sequence);  // the head was never finished
  if (!fresh) return std::move(fresh.error());
  chain_ = fresh->chain;
  end_.offset = synced_ = fresh->size_bytes;
  return ok;
}

/// For a record of that size and what is to be kept behind it.
Result<> Journal::make_room(std::uint64_t record_bytes, std::optional<KeptRoom> room) {
  if (!room) return ok;
  Result<> made = room_.ensure(*fd_, end_.offset, record_bytes + room->wanted);
  if (!made && room->least < room->wanted) made = room_.ensure(*fd_, end_.offset, record_bytes + room->least);
  return made;
}

/// In a segment that is not the current one yet.
Result<> Journal::make_room_in(std::uint64_t segment, std::uint64_t offset, std::optional<KeptRoom> room) {
  if (!room) return ok;
  Result<Fd> fd = files_.open(path_of(segment), O_RDWR);
  if (!fd) return std::move(fd.error());
  Result<> made = JournalRoom(files_).ensure(*fd, offset, room->wanted);
  if (!made) static_cast<void>(files_.truncate(*fd, offset));  // frees what it got of them
  return made;
}

/// Whatever arrived of what was being written must not stay. If cutting fails too, the next one who has the lock cuts.
void Journal::shorten(std::uint64_t size, std::optional<KeptRoom> room) {
  static_cast<void>(files_.truncate(*fd_, size));
  filled_to_ = 0;
  restore_room(room);
}

Result<> Journal::write_line(RecordKind kind, std::string_view payload, std::optional<KeptRoom> room,
                             std::string& line) {
  Chain next = chain_;
  line = encode_line(next, kind, synced_, payload);
  if (Result<> made = make_room(line.size(), room); !made) return made;
  if (Result<> written = write_at_end(line, kind == RecordKind::sealed); !written) {
    shorten(end_.offset, room);
    return written;
  }
  chain_ = next;
  end_.offset += line.size();
  return ok;
}

/// With fill behind it where there is no more: as much as this process has written by now, so that a command that writes one
/// record leaves none. If the disk is too full for that, without.
Result<> Journal::write_at_end(std::string& line, bool is_last) {
  const std::size_t size = line.size();
  const std::uint64_t end = end_.offset + size;
  written_ += size;
  if (is_last || written_ == size) return files_.write_at(*fd_, end_.offset, line);
  // Most of it may be another process's work.
  if (end > filled_to_)
    if (Result<Files::Stat> stat = files_.stat(*fd_)) filled_to_ = stat->size_bytes;
  if (end <= filled_to_) return files_.write_at(*fd_, end_.offset, line);
  line.append(std::min(most_fill_bytes, written_), blank);
  Result<> written = files_.write_at(*fd_, end_.offset, line);
  const std::uint64_t filled_to = end_.offset + line.size();
  line.resize(size);
  if (written) filled_to_ = filled_to;
  if (written) has_filled_ = true;
  if (written || !is_disk_full(written.error())) return written;
  written_ = 0;
  return files_.write_at(*fd_, end_.offset, line);
}

Result<Record> Journal::append(RecordKind kind, std::string_view payload, std::optional<KeptRoom> room) {
  Chain before = chain_;
  if (Result<> written = write_line(kind, payload, room, buffer_); !written)
    return std::move(written.error());
  Record record;
  const bool is_good = decode_line(std::string_view(buffer_).substr(0, buffer_.size() - 1), before, record);
  assert(is_good);
  static_cast<void>(is_good);
  return record;
}

Result<Journal::Fresh> Journal::create(std::uint64_t segment, std::uint64_t sequence) {
  Chain chain{segment, sequence, 0};
  const std::string line = encode_line(chain, RecordKind::head, 0, head_text(segment));
  // Overwrites one that a rotation left unfinished: as long as the old one is not sealed nobody has been there.
  if (Result<> written = files_.write_synced(path_of(segment), line); !written)
    return std::move(written.error());
  if (Result<> named = files_.sync_dir(store_); !named) return std::move(named.error());
  return Fresh{chain, line.size()};
}

Result<Journal::Sealed> Journal::move_on(bool given_up, const WriteSnapshot& rescue,
                                         std::optional<KeptRoom> room) {
  const Chain chain_before = chain_;
  const Position end_before = end_;
  const std::uint64_t next = end_.segment + 1;
  if (Result<> may = next_has_not_begun(); !may) return std::move(may.error());
  Result<Fresh> fresh = create(next, chain_.sequence + 1);
  if (!fresh) return std::move(fresh.error());
  if (Result<> made = make_room_in(next, fresh->size_bytes, room); !made && !given_up)
    return std::move(made.error());
  ObjectText payload;
  payload.add("next", next);
  if (given_up) payload.add("given_up", true);
  std::string line;
  if (Result<> written = write_line(RecordKind::sealed, payload.text(), given_up ? std::nullopt : room, line);
      !written)
    return std::move(written.error());
  const Sealed sealed{end_before.segment, chain_.sequence};

  drop_fill();
  // Nobody may write into the next segment before all that was sealed is safe, here or in a snapshot.
  Result<> safe = given_up ? rescue(sealed) : files_.sync(*fd_);
  if (!safe && !given_up) safe = rescue(sealed);
  if (safe) safe = start(next, sealed.sequence);
  if (!safe) {
    chain_ = chain_before;
    end_ = end_before;
    shorten(end_.offset, room);
    return std::move(safe.error());
  }
  chain_ = fresh->chain;
  end_.offset = synced_ = fresh->size_bytes;
  is_inherited_ = false;  // its head was written and synced above, under the lock
  knows_fill_ = true;
  return sealed;
}

Result<Journal::Sealed> Journal::rotate(const WriteSnapshot& rescue, std::optional<KeptRoom> room) {
  return move_on(false, rescue, room);
}
Result<Journal::Sealed> Journal::give_up(const WriteSnapshot& rescue, std::optional<KeptRoom> room) {
  return move_on(true, rescue, room);
}

void Journal::note_synced(Position position) {
  if (position.segment == end_.segment) synced_ = std::max(synced_, std::min(position.offset, end_.offset));
}

}  // namespace reelspool
