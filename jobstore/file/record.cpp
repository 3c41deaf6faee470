#include "jobstore/file/record.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "jobstore/file/crc32c.hpp"
#include "jobstore/members.hpp"

namespace reelspool {
namespace {

constexpr char line_break = '\x1E';
constexpr std::array<std::string_view, 9> kind_words = {"head", "job",   "set",    "progress", "step",
                                                        "gone", "queue", "sealed", "end"};

/// Eight digits. (Here and below no printf: it takes a third of the time that a record costs.)
std::array<char, 8> hex8(std::uint32_t number) {
  std::array<char, 8> digits;
  for (std::size_t i = 0; i < 8; ++i) digits[i] = "0123456789abcdef"[(number >> (28 - 4 * i)) & 0xF];
  return digits;
}

/// Takes the next word off the front of `line`, with the one blank after it.
std::string_view take_word(std::string_view& line) {
  const std::size_t blank = std::min(line.find(' '), line.size());
  const std::string_view word = line.substr(0, blank);
  line.remove_prefix(std::min(blank + 1, line.size()));
  return word;
}

template <class Number>
bool read_number(std::string_view text, Number& number, int base = 10) {
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), number, base);
  return problem == std::errc() && end == text.data() + text.size();
}

struct Words {
  std::string_view sequence, crc, rest;  // rest: KIND SYNCED PAYLOAD
};

Words split(std::string_view line) {
  Words words;
  words.sequence = take_word(line);
  words.crc = take_word(line);
  words.rest = line;
  return words;
}

/// Over "SEGMENT CRC_BEFORE SEQUENCE KIND SYNCED PAYLOAD".
std::uint32_t checksum(std::uint64_t segment, std::uint32_t crc_before, std::string_view sequence,
                       std::string_view rest) {
  std::array<char, 64> front;
  char* end = std::to_chars(front.data(), front.data() + 20, segment).ptr;
  *end++ = ' ';
  const std::array<char, 8> before = hex8(crc_before);
  end = std::copy(before.begin(), before.end(), end);
  *end++ = ' ';
  // A number with a thousand zeros in front is none that we wrote.
  sequence = sequence.substr(0, static_cast<std::size_t>(front.end() - end - 1));
  end = std::copy(sequence.begin(), sequence.end(), end);
  *end++ = ' ';
  return crc32c(rest, crc32c({front.data(), static_cast<std::size_t>(end - front.data())}));
}

}  // namespace

std::string_view to_string(RecordKind kind) {
  return kind_words[static_cast<std::size_t>(kind)];
}

std::optional<RecordKind> record_kind_from(std::string_view word) {
  for (std::size_t i = 0; i < kind_words.size(); ++i)
    if (kind_words[i] == word) return static_cast<RecordKind>(i);
  return std::nullopt;
}

std::string encode_line(Chain& chain, RecordKind kind, std::uint64_t synced, std::string_view payload) {
  // Composed in one go, with room for the CRC: SEQUENCE CRC KIND SYNCED PAYLOAD.
  ++chain.sequence;
  const std::string sequence = std::to_string(chain.sequence);
  std::string line;
  line.reserve(sequence.size() + payload.size() + 48);
  line += sequence;
  line += " 00000000 ";
  const std::size_t rest = line.size();
  line += to_string(kind);
  line += ' ';
  line += std::to_string(synced);
  line += ' ';
  const std::size_t text = line.size();
  line += payload;
  std::replace(line.begin() + static_cast<std::ptrdiff_t>(text), line.end(), '\n', line_break);
  chain.crc = checksum(chain.segment, chain.crc, sequence, std::string_view(line).substr(rest));
  const std::array<char, 8> crc = hex8(chain.crc);
  std::copy(crc.begin(), crc.end(), line.begin() + static_cast<std::ptrdiff_t>(sequence.size() + 1));
  line += '\n';
  return line;
}

bool decode_line(std::string_view line, Chain& chain, Record& record) {
  const Words words = split(line);
  std::uint64_t sequence = 0, synced = 0;
  std::uint32_t crc = 0;
  if (!read_number(words.sequence, sequence) || sequence != chain.sequence + 1) return false;
  if (words.crc.size() != 8 || !read_number(words.crc, crc, 16)) return false;
  if (checksum(chain.segment, chain.crc, words.sequence, words.rest) != crc) return false;

  std::string_view rest = words.rest;
  const auto kind = record_kind_from(take_word(rest));
  if (!kind || !read_number(take_word(rest), synced)) return false;
  record.sequence = sequence;
  record.kind = *kind;
  record.synced = synced;
  if (rest.find(line_break) != std::string_view::npos) {
    record.restored = rest;
    std::replace(record.restored.begin(), record.restored.end(), line_break, '\n');
    rest = record.restored;
  }
  const std::size_t end = std::min(end_of_value(rest), rest.size());
  record.fields = rest.substr(0, end);
  record.entry = rest.substr(std::min(end + 1, rest.size()));
  chain.sequence = sequence;
  chain.crc = crc;
  return true;
}

std::optional<std::uint64_t> mark_of(std::string_view line) {
  const Words words = split(line);
  std::uint64_t sequence = 0, synced = 0;
  std::uint32_t crc = 0;
  if (!read_number(words.sequence, sequence)) return std::nullopt;
  if (words.crc.size() != 8 || !read_number(words.crc, crc, 16)) return std::nullopt;
  std::string_view rest = words.rest;
  if (!record_kind_from(take_word(rest)) || !read_number(take_word(rest), synced)) return std::nullopt;
  return rest.starts_with('{') ? std::optional(synced) : std::nullopt;
}

}  // namespace reelspool
