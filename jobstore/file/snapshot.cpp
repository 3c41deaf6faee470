#include "jobstore/file/snapshot.hpp"

#include <fcntl.h>

#include <algorithm>

#include "jobstore/members.hpp"
#include "jobstore/object_text.hpp"

namespace reelspool {
namespace {

/// About what a disk writes in the time of a few syncs.
constexpr std::uint64_t synced_at_bytes = 4U << 20;

Error damaged_line(const std::filesystem::path& path, std::uint64_t line, std::string_view reason) {
  Error error = make_error(ErrorClass::storage,
                           path.string() + ": line " + std::to_string(line) + ": " + std::string(reason) +
                               ". Nothing was changed; see jobstore/FORMAT.md, Recovery");
  error.code = "damaged";
  return error;
}

/// The lines of a file that may be larger than memory.
class Lines {
 public:
  Lines(Files& files, const Fd& fd) : files_(files), fd_(fd) {}

  /// The next one, without its line break; valid until the next call. Nothing: there is no whole one any more.
  Result<std::optional<std::string_view>> next() {
    std::size_t searched = 0;
    while (true) {
      const std::size_t line_end = rest_.find('\n', searched);
      if (line_end != std::string_view::npos) {
        const std::string_view line = rest_.substr(0, line_end);
        rest_.remove_prefix(line_end + 1);
        return std::optional(line);
      }
      searched = rest_.size();
      buffer_.erase(0, buffer_.size() - rest_.size());
      buffer_.resize(searched + std::max(piece_bytes, searched));
      Result<std::size_t> got =
          files_.read_at(fd_, offset_, buffer_.data() + searched, buffer_.size() - searched);
      if (!got) return std::move(got.error());
      offset_ += *got;
      buffer_.resize(searched + *got);
      rest_ = buffer_;
      if (*got == 0) return std::optional<std::string_view>();
    }
  }
  std::uint64_t read_bytes() const { return offset_; }

 private:
  static constexpr std::size_t piece_bytes = std::size_t{1} << 20;
  Files& files_;
  const Fd& fd_;
  std::uint64_t offset_ = 0;
  std::string buffer_;
  std::string_view rest_;
};

std::optional<std::uint64_t> number_under(std::string_view key, std::string_view object) {
  for (const Member& member : members_of(object).value_or(std::vector<Member>{}))
    if (member.key == key)
      if (const auto number = integer_in(member.value); number && *number >= 0)
        return static_cast<std::uint64_t>(*number);
  return std::nullopt;
}

/// The first line says which segment number its CRC was made with; so it is read before it is checked.
std::optional<SnapshotHead> read_head(std::string_view line) {
  const std::size_t brace = line.find('{');
  if (brace == std::string_view::npos) return std::nullopt;
  const auto covers = number_under("covers", line.substr(brace));
  const auto sequence = number_under("sequence", line.substr(brace));
  if (!covers || !sequence) return std::nullopt;
  Chain chain{*covers, 0, 0};
  Record record;
  if (!decode_line(line, chain, record) || record.kind != RecordKind::head) return std::nullopt;
  return SnapshotHead{*covers, *sequence, 0};
}

}  // namespace

SnapshotText::SnapshotText(const Journal::Sealed& sealed)
    : chain_{sealed.segment, 0, 0}, covers_(sealed.segment) {
  text_ = encode_line(chain_, RecordKind::head, 0,
                      ObjectText()
                          .add("version", store_format_version)
                          .add("covers", covers_)
                          .add("sequence", sealed.sequence)
                          .text());
}

void SnapshotText::add(RecordKind kind, std::string_view payload) {
  text_ += encode_line(chain_, kind, 0, payload);
  ++records_;
}

void SnapshotText::finish() {
  text_ += encode_line(chain_, RecordKind::end, 0, ObjectText().add("records", records_).text());
}

Snapshot::Snapshot(Files& files, std::filesystem::path store)
    : files_(files),
      store_(std::move(store)),
      path_(store_ / "snapshot"),
      staged_(store_ / "snapshot.new"),
      rescued_(store_ / "snapshot.rescued") {}

Result<SnapshotHead> Snapshot::read(const Journal::Apply& apply) const {
  Result<Fd> fd = files_.open(path_, O_RDONLY);
  if (!fd) {
    if (fd.error().code == "ENOENT") return SnapshotHead{};
    return std::move(fd.error());
  }
  std::optional<SnapshotHead> head;
  Chain chain;
  Record record;
  Lines lines(files_, *fd);
  for (std::uint64_t line_number = 1;; ++line_number) {
    Result<std::optional<std::string_view>> line = lines.next();
    if (!line) return std::move(line.error());
    if (!*line)
      return damaged_line(path_, line_number, head ? "the last line is missing" : "is no head of a snapshot");
    if (!head) {
      head = read_head(**line);
      if (!head) return damaged_line(path_, line_number, "is no head of a snapshot");
      chain = {head->covers, 0, 0};
    }
    if (!decode_line(**line, chain, record))
      return damaged_line(path_, line_number, "its checksum does not match");
    if (record.kind == RecordKind::end) break;
    if (Result<> applied = apply(record); !applied)
      return damaged_line(path_, line_number, applied.error().message);
  }
  head->size_bytes = lines.read_bytes();
  return *head;
}

Result<SnapshotHead> Snapshot::head() const {
  Result<Fd> fd = files_.open(path_, O_RDONLY);
  if (!fd) {
    if (fd.error().code == "ENOENT") return SnapshotHead{};
    return std::move(fd.error());
  }
  std::string front(256, '\0');
  Result<std::size_t> got = files_.read_at(*fd, 0, front.data(), front.size());
  if (!got) return std::move(got.error());
  Result<Files::Stat> stat = files_.stat(*fd);
  if (!stat) return std::move(stat.error());
  const std::string_view text = std::string_view(front).substr(0, *got);
  const std::size_t line_end = text.find('\n');
  auto head = line_end == std::string_view::npos ? std::nullopt : read_head(text.substr(0, line_end));
  if (!head) return damaged_line(path_, 1, "is no head of a snapshot");
  head->size_bytes = stat->size_bytes;
  return *head;
}

Result<bool> Snapshot::is_superfluous(const Journal::Sealed& sealed) const {
  Result<SnapshotHead> present = head();
  if (!present) return std::move(present.error());
  return present->covers >= sealed.segment;
}

Result<std::optional<Fd>> Snapshot::turn() const {
  Result<Fd> lock = files_.open(store_ / "snapshot.lock", O_RDWR | O_CREAT);
  if (!lock) return std::move(lock.error());
  Result<bool> is_ours = files_.try_lock(*lock, Files::Sharing::exclusive);
  if (!is_ours) return std::move(is_ours.error());
  if (!*is_ours) return std::optional<Fd>();
  return std::optional<Fd>(std::move(*lock));
}

Result<Snapshot::Staged> Snapshot::stage() const {
  Result<Fd> fd = files_.open(staged_, O_WRONLY | O_CREAT | O_TRUNC);
  if (!fd) return std::move(fd.error());
  return Staged(files_, std::move(*fd));
}

Result<> Snapshot::Staged::append(std::string_view piece) {
  if (Result<> written = files_.write_at(fd_, size_, piece); !written) return written;
  size_ += piece.size();
  if (size_ - synced_ < synced_at_bytes) return ok;
  synced_ = size_;
  return files_.sync(fd_);
}

Result<> Snapshot::Staged::finish() {
  return files_.sync(fd_);
}

void Snapshot::discard() const {
  static_cast<void>(files_.unlink(staged_));
}

Result<bool> Snapshot::put_in_place(const Journal::Sealed& sealed) const {
  // A slower one must not be put over a newer one whose segments are gone already.
  Result<bool> superfluous = is_superfluous(sealed);
  if (!superfluous) return superfluous;
  if (*superfluous) return false;
  if (Result<> renamed = files_.rename(staged_, path_); !renamed) return std::move(renamed.error());
  return true;  // readers see the old one or the new one
}

Result<> Snapshot::settle(const Journal::Sealed& sealed, const Journal& journal) const {
  if (Result<> named = files_.sync_dir(store_); !named)
    return named;  // the name, before what it replaces goes
  // Covered segments only cost room now: one that cannot be deleted today is deleted after the next snapshot.
  Result<std::vector<std::uint64_t>> segments = journal.segments();
  if (!segments) return ok;
  for (const std::uint64_t segment : *segments)
    if (segment <= sealed.segment) static_cast<void>(files_.unlink(journal.path_of(segment)));
  return ok;
}

Result<> Snapshot::replace(const Journal::Sealed& sealed, std::string_view text,
                           const Journal& journal) const {
  Result<bool> superfluous = is_superfluous(sealed);
  if (!superfluous) return std::move(superfluous.error());
  if (*superfluous)
    return files_.sync_dir(store_);  // whoever wrote it may have died before its name was safe
  Result<> done = files_.write_synced(rescued_, text);  // the bytes, before the name points at them
  if (done) done = files_.rename(rescued_, path_);
  if (done) return settle(sealed, journal);
  static_cast<void>(files_.unlink(rescued_));
  return done;
}

Result<> Snapshot::discard_unfinished() const {
  if (files_.stat(rescued_))
    if (Result<> gone = files_.unlink(rescued_); !gone) return gone;
  if (!files_.stat(staged_)) return ok;
  Result<std::optional<Fd>> mine = turn();
  if (!mine) return std::move(mine.error());
  return *mine ? files_.unlink(staged_) : ok;
}

}  // namespace reelspool
