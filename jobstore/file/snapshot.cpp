#include "jobstore/file/snapshot.hpp"

#include <fcntl.h>

#include "jobstore/members.hpp"
#include "jobstore/object_text.hpp"

namespace reelspool {
namespace {

Error damaged(const std::filesystem::path& path, std::uint64_t line, std::string_view reason) {
  Error error = make_error(ErrorClass::storage,
                           path.string() + ": line " + std::to_string(line) + ": " + std::string(reason) +
                               ". Nothing was changed; keep a copy of the store's folder, "
                               "then see jobstore/FORMAT.md, Recovery");
  error.code = "damaged";
  return error;
}

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

std::string SnapshotText::finish() && {
  text_ += encode_line(chain_, RecordKind::end, 0, ObjectText().add("records", records_).text());
  return std::move(text_);
}

Snapshot::Snapshot(Files& files, std::filesystem::path store)
    : files_(files), store_(std::move(store)), path_(store_ / "snapshot") {}

Result<SnapshotHead> Snapshot::read(const Journal::Apply& apply) const {
  Result<std::string> text = files_.read_all(path_);
  if (!text) {
    if (text.error().code == "ENOENT") return SnapshotHead{};
    return std::move(text.error());
  }
  std::string_view rest = *text;
  std::uint64_t line_number = 1;
  std::size_t line_end = rest.find('\n');
  auto head = line_end == std::string_view::npos ? std::nullopt : read_head(rest.substr(0, line_end));
  if (!head) return damaged(path_, line_number, "is no head of a snapshot");
  head->size_bytes = text->size();

  Chain chain{head->covers, 0, 0};
  Record record;
  while ((line_end = rest.find('\n')) != std::string_view::npos) {
    if (!decode_line(rest.substr(0, line_end), chain, record))
      return damaged(path_, line_number, "its checksum does not match");
    rest.remove_prefix(line_end + 1);
    if (record.kind == RecordKind::end) return *head;
    if (Result<> applied = apply(record); !applied)
      return damaged(path_, line_number, applied.error().message);
    ++line_number;
  }
  return damaged(path_, line_number, "the last line is missing");
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
  if (!head) return damaged(path_, 1, "is no head of a snapshot");
  head->size_bytes = stat->size_bytes;
  return *head;
}

Result<> Snapshot::replace(const Journal::Sealed& sealed, std::string_view text,
                           const Journal& journal) const {
  Result<Fd> turn = files_.open(store_ / "snapshot.lock", O_RDWR | O_CREAT);
  if (!turn) return std::move(turn.error());
  if (Result<> locked = files_.lock(*turn, Files::Sharing::exclusive); !locked) return locked;
  // A slower one must not put an older snapshot over a newer whose segments are gone already.
  Result<SnapshotHead> present = head();
  if (!present) return std::move(present.error());
  if (present->covers >= sealed.segment) return ok;

  const std::filesystem::path staged = store_ / "snapshot.new";
  Result<> done = files_.write_synced(staged, text);  // the bytes, before the name points at them
  if (done) done = files_.rename(staged, path_);      // readers see the old one or the new one
  if (done) done = files_.sync_dir(store_);           // the name, before what it replaces goes
  if (!done) {
    static_cast<void>(files_.unlink(staged));
    return done;
  }
  // Covered segments only cost room now: one that cannot be deleted today is deleted after the next snapshot.
  Result<std::vector<std::uint64_t>> segments = journal.segments();
  if (!segments) return ok;
  for (const std::uint64_t segment : *segments)
    if (segment <= sealed.segment) static_cast<void>(files_.unlink(journal.path_of(segment)));
  return ok;
}

}  // namespace reelspool
