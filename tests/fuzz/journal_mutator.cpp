// A change to an input of the journal's fuzzer. Chance alone does not find a checksum, so most changes are followed by putting
// numbers and checksums right again, in all files or up to some line: then what is behind the checksums is tried as well.
#include <algorithm>
#include <cstdint>
#include <cstring>
#include <random>

#include "tests/fuzz/format.hpp"
#include "tests/fuzz/sections.hpp"

extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t max_size);

namespace reelspool::fuzz {
namespace {

using Random = std::minstd_rand;

std::size_t below(Random& random, std::size_t limit) {
  return limit == 0 ? 0 : std::uniform_int_distribution<std::size_t>(0, limit - 1)(random);
}

bool any_name(std::string_view name) {
  return name.size() <= 20 &&
         name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-.") == std::string_view::npos;
}

std::vector<std::string> lines_of(std::string_view text) {
  std::vector<std::string> lines;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size() - 1);
    lines.emplace_back(text.substr(at, end + 1 - at));
    at = end + 1;
  }
  return lines;
}

std::string joined(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) text += line;
  return text;
}

std::uint64_t number_after(std::string_view text, std::string_view key) {
  const std::size_t at = text.find(key);
  return at == std::string_view::npos
             ? 0
             : std::strtoull(std::string(text.substr(at + key.size(), 20)).c_str(), nullptr, 10);
}

/// Numbers and checksums put right, up to and without the line numbered `last` (over all files).
void mend(std::vector<Section>& sections, std::size_t last) {
  std::sort(sections.begin(), sections.end(),
            [](const Section& a, const Section& b) { return a.name > b.name; });
  const auto first_segment =
      std::find_if(sections.begin(), sections.end(), [](const Section& s) { return s.name[0] == 'j'; });
  std::reverse(first_segment, sections.end());  // the snapshot, then the segments in order
  std::uint64_t sequence = 0;
  std::size_t count = 0;
  for (Section& section : sections) {
    const bool is_segment = section.name.starts_with("journal-");
    const std::uint64_t covers = number_after(section.bytes, "\"covers\":");
    const std::uint64_t segment = is_segment ? number_after(section.name, "journal-") : covers;
    std::uint64_t number = is_segment ? sequence : 0;
    std::uint32_t crc = 0;
    std::vector<std::string> lines = lines_of(section.bytes);
    for (std::string& line : lines) {
      if (++count >= last || line.back() != '\n') break;
      const auto words = words_of(std::string_view(line).substr(0, line.size() - 1));
      if (!words) break;
      const std::string rest(words->rest);
      const std::string text = std::to_string(++number);
      crc = line_crc(segment, crc, text, rest);
      char hex[9];
      std::snprintf(hex, sizeof hex, "%08x", crc);
      line = text + ' ' + hex + ' ' + rest + '\n';
    }
    sequence = is_segment ? number : number_after(section.bytes, "\"sequence\":");
    section.bytes = joined(lines);
  }
}

void change_bytes(std::string& bytes, std::size_t room) {
  const std::size_t size = bytes.size();
  bytes.resize(size + std::min<std::size_t>(room, 200));
  bytes.resize(LLVMFuzzerMutate(reinterpret_cast<std::uint8_t*>(bytes.data()), size, bytes.size()));
}

void change_lines(Random& random, std::vector<Section>& sections, std::string& bytes) {
  std::vector<std::string> lines = lines_of(bytes);
  if (lines.empty()) return;
  const std::size_t at = below(random, lines.size());
  const std::vector<std::string> others = lines_of(sections[below(random, sections.size())].bytes);
  switch (below(random, 6)) {
    case 0:
      lines.erase(lines.begin() + static_cast<std::ptrdiff_t>(at));
      break;
    case 1:
      std::swap(lines[at], lines[below(random, lines.size())]);
      break;
    case 2:
      if (!others.empty())
        lines.insert(lines.begin() + static_cast<std::ptrdiff_t>(at), others[below(random, others.size())]);
      break;
    case 3:
      lines.resize(at);
      break;
    case 4:
      lines[at].resize(below(random, lines[at].size() + 1));
      break;
    default:
      std::fill(lines[at].begin(), lines[at].end() - 1, '\0');
  }
  bytes = joined(lines);
}

/// Blanks behind the end, as a store writes them, or over something.
void blank_out(Random& random, std::string& bytes) {
  const std::size_t at = below(random, 2) == 0 ? bytes.size() : below(random, bytes.size() + 1);
  const std::size_t count = below(random, 200);
  bytes.resize(std::max(bytes.size(), at + count), ' ');
  std::fill_n(bytes.begin() + static_cast<std::ptrdiff_t>(at), count, ' ');
}

void change_files(Random& random, std::vector<Section>& sections) {
  const std::size_t at = below(random, sections.size());
  switch (below(random, 3)) {
    case 0:
      sections.erase(sections.begin() + static_cast<std::ptrdiff_t>(at));
      break;
    case 1:
      sections[at].name = below(random, 5) == 0 ? "snapshot" : segment_name(below(random, 5));
      break;
    default:
      sections.push_back({segment_name(below(random, 6)), sections[at].bytes});
  }
}

}  // namespace
}  // namespace reelspool::fuzz

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size, std::size_t max_size,
                                               unsigned seed) {
  using namespace reelspool::fuzz;
  Random random(seed + 1);
  std::vector<Section> sections = sections_of({reinterpret_cast<const char*>(data), size}, any_name);
  if (sections.empty() || below(random, 8) == 0) return LLVMFuzzerMutate(data, size, max_size);
  Section& section = sections[below(random, sections.size())];
  switch (below(random, 7)) {
    case 0:
      change_files(random, sections);
      break;
    case 6:
      blank_out(random, section.bytes);
      break;
    case 1:
    case 2:
      change_lines(random, sections, section.bytes);
      break;
    default:
      change_bytes(section.bytes, max_size - std::min(max_size, size));
  }
  const std::size_t how = below(random, 4);
  if (how == 0) mend(sections, below(random, 40));
  if (how > 1) mend(sections, SIZE_MAX);
  const std::string input = input_of(sections);
  const std::size_t new_size = std::min(input.size(), max_size);
  std::memcpy(data, input.data(), new_size);
  return new_size;
}
