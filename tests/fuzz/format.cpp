#include "tests/fuzz/format.hpp"

#include <algorithm>
#include <charconv>
#include <cstdio>

#include "jobstore/members.hpp"

namespace reelspool::fuzz {
namespace {

std::optional<std::uint64_t> number(std::string_view text, int base = 10) {
  std::uint64_t value = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (problem != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

/// One bit at a time; reflected polynomial 0x82F63B78.
std::uint32_t slow_crc32c(std::string_view bytes) {
  std::uint32_t crc = 0xFFFFFFFFU;
  for (const char byte : bytes) {
    crc ^= static_cast<unsigned char>(byte);
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1U) != 0 ? 0x82F63B78U : 0U);
  }
  return ~crc;
}

struct Line {
  std::uint64_t sequence = 0, synced = 0;
  std::uint32_t crc = 0;
  RecordKind kind = RecordKind::head;
  std::string payload;
};

/// A line as far as its shape goes.
std::optional<Line> line_of(std::string_view text, const Words& words) {
  const std::size_t kind_end = words.rest.find(' ');
  if (kind_end == std::string_view::npos) return std::nullopt;
  std::string_view payload = words.rest.substr(kind_end + 1);
  const std::size_t mark_end = std::min(payload.find(' '), payload.size());
  const auto sequence = number(words.sequence), synced = number(payload.substr(0, mark_end)),
             crc = number(words.crc, 16);
  const auto kind = record_kind_from(words.rest.substr(0, kind_end));
  payload.remove_prefix(std::min(mark_end + 1, payload.size()));
  if (!sequence || !synced || !crc || words.crc.size() != 8 || !kind || text.empty()) return std::nullopt;
  Line line{*sequence, *synced, static_cast<std::uint32_t>(*crc), *kind, std::string(payload)};
  std::replace(line.payload.begin(), line.payload.end(), '\x1E', '\n');
  return line;
}

using ThroughSnapshot = std::function<Fold(const Fold&)>;

class Book {
 public:
  Book(const std::map<std::string, std::string>& files, const ThroughSnapshot& through_snapshot)
      : files_(files), through_snapshot_(through_snapshot) {
    expected_.files = files;
  }

  Expected read() {
    expected_.opens = snapshot() && segments();
    if (!expected_.opens) {
      expected_.files = files_;
      return std::move(expected_);
    }
    for (const char* unfinished : {"snapshot.new", "snapshot.rescued"}) expected_.files.erase(unfinished);
    return std::move(expected_);
  }

 private:
  bool refuse(std::string reason) {
    expected_.reason = std::move(reason);
    return false;
  }

  /// The next good line of `text` at `at`, applied. Nothing: it is none. False: it is, but makes no sense.
  std::optional<bool> take(std::string_view text, std::size_t& at, std::uint64_t segment) {
    const std::size_t end = text.find('\n', at);
    if (end == std::string_view::npos) return std::nullopt;
    const auto words = words_of(text.substr(at, end - at));
    if (!words) return std::nullopt;
    auto line = line_of(text.substr(at, end - at), *words);
    if (!line || line->sequence != sequence_ + 1) return std::nullopt;
    if (line_crc(segment, crc_, words->sequence, words->rest) != line->crc) return std::nullopt;
    last_ = std::move(*line);
    sequence_ = last_.sequence;
    crc_ = last_.crc;
    at = end + 1;
    Record record;
    record.sequence = last_.sequence;
    record.kind = last_.kind;
    record.synced = last_.synced;
    const std::string_view payload = last_.payload;
    const std::size_t fields_end = std::min(end_of_value(payload), payload.size());
    record.fields = payload.substr(0, fields_end);
    record.entry = payload.substr(std::min(fields_end + 1, payload.size()));
    if (last_.kind == RecordKind::end) return true;
    if (Result<> applied = expected_.fold.apply(record); !applied) return refuse(applied.error().message);
    static_cast<void>(expected_.fold_again.apply(record));
    return true;
  }

  static std::optional<std::uint64_t> member(std::string_view object, std::string_view key) {
    for (const Member& member : members_of(object).value_or(std::vector<Member>{}))
      if (member.key == key)
        if (const auto value = integer_in(member.value); value && *value >= 0)
          return static_cast<std::uint64_t>(*value);
    return std::nullopt;
  }

  bool snapshot() {
    const auto file = files_.find("snapshot");
    if (file == files_.end()) return true;
    const std::string_view text = file->second;
    const std::string_view head = text.substr(0, text.find('\n'));
    const std::size_t brace = std::min(head.find('{'), head.size());
    const auto covers = member(head.substr(brace), "covers"),
               sequence = member(head.substr(brace), "sequence");
    if (!covers || !sequence || head.size() > 255) return refuse("snapshot: no head");
    std::size_t at = 0;
    bool is_first = true;
    do {
      const auto taken = take(text, at, *covers);
      if (!taken) return refuse("snapshot: a bad line");
      if (!*taken) return false;
      if (is_first && last_.kind != RecordKind::head) return refuse("snapshot: no head");
      is_first = false;
    } while (last_.kind != RecordKind::end);
    covered_ = *covers;
    sequence_ = *sequence;
    return true;
  }

  bool segments() {
    std::uint64_t segment = covered_ + 1;
    const bool is_new = covered_ == 0 && std::none_of(files_.begin(), files_.end(), [](const auto& file) {
                          return file.first.starts_with("journal-");
                        });
    if (is_new) {
      expected_.files[segment_name(1)] = head_line(1);
      return true;
    }
    for (;; ++segment) {
      const auto file = files_.find(segment_name(segment));
      if (file == files_.end()) return refuse(segment_name(segment) + " is missing");
      const std::string_view text = file->second;
      crc_ = 0;
      std::uint64_t synced = 0;
      std::size_t at = 0;
      bool is_sealed = false;
      while (!is_sealed) {
        const auto taken = take(text, at, segment);
        if (!taken) break;
        if (!*taken) return false;
        synced = std::max(synced, last_.synced);
        is_sealed = last_.kind == RecordKind::sealed;
      }
      if (!is_sealed && at > 0 && text.find_first_not_of(' ', at) == std::string_view::npos)
        return !next_goes_on(segment) ? true : refuse("the next segment goes on");
      if (!is_sealed) return cut(text, at, synced, segment);
      const std::string_view seal = std::string_view(last_.payload).substr(0, end_of_value(last_.payload));
      if (seal.find("\"given_up\":true") != std::string_view::npos && covered_ < segment) {
        expected_.rescues = true;
        expected_.fold_again = through_snapshot_(expected_.fold);
      }
    }
  }

  /// Recovery: the longest good prefix counts, unless what follows was safe.
  bool cut(std::string_view text, std::size_t at, std::uint64_t synced, std::uint64_t segment) {
    if (at < synced) return refuse("what was synced is gone");
    std::size_t behind = at;
    for (bool is_first = true;; is_first = false) {
      const std::size_t end = text.find('\n', behind);
      if (end == std::string_view::npos) break;
      const auto words = words_of(text.substr(behind, end - behind));
      const auto line = words ? line_of(text.substr(behind, end - behind), *words) : std::nullopt;
      if (!is_first && line && line->payload.starts_with('{') && line->synced > at && line->synced <= behind)
        return refuse("a line behind the damage knows better");
      behind = end + 1;
    }
    if (next_goes_on(segment)) return refuse("the next segment goes on");
    expected_.files[segment_name(segment)] = at > 0 ? std::string(text.substr(0, at)) : head_line(segment);
    return true;
  }

  bool next_goes_on(std::uint64_t segment) const {
    const auto next = files_.find(segment_name(segment + 1));
    return next != files_.end() && std::count(next->second.begin(), next->second.end(), '\n') > 1;
  }

  std::string head_line(std::uint64_t segment) const {
    const std::string sequence = std::to_string(sequence_ + 1);
    const std::string rest = "head 0 {\"version\":1,\"segment\":" + std::to_string(segment) + "}";
    char crc[9];
    std::snprintf(crc, sizeof crc, "%08x", line_crc(segment, 0, sequence, rest));
    return sequence + ' ' + crc + ' ' + rest + '\n';
  }

  const std::map<std::string, std::string>& files_;
  const ThroughSnapshot& through_snapshot_;
  Expected expected_;
  std::uint64_t covered_ = 0, sequence_ = 0;
  std::uint32_t crc_ = 0;
  Line last_;
};

}  // namespace

std::string segment_name(std::uint64_t number) {
  char name[40];
  std::snprintf(name, sizeof name, "journal-%06llu", static_cast<unsigned long long>(number));
  return name;
}

std::uint32_t line_crc(std::uint64_t segment, std::uint32_t before, std::string_view sequence,
                       std::string_view rest) {
  char front[40];
  std::snprintf(front, sizeof front, "%llu %08x ", static_cast<unsigned long long>(segment), before);
  return slow_crc32c(front + std::string(sequence) + ' ' + std::string(rest));
}

std::optional<Words> words_of(std::string_view line) {
  const std::size_t first = line.find(' ');
  if (first == std::string_view::npos) return std::nullopt;
  const std::size_t second = line.find(' ', first + 1);
  if (second == std::string_view::npos) return std::nullopt;
  return Words{line.substr(0, first), line.substr(first + 1, second - first - 1), line.substr(second + 1)};
}

Expected read_by_the_book(const std::map<std::string, std::string>& files,
                          const ThroughSnapshot& through_snapshot) {
  return Book(files, through_snapshot).read();
}

}  // namespace reelspool::fuzz
