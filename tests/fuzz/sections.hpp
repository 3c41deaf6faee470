#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace reelspool::fuzz {

/// One file of a fuzzer's input. An input is several files in one, so that it can be read, and written by hand:
///
///     === journal-000001
///     1 30fc213f head 0 {"version":1,"segment":1}
///     === snapshot
///     ...
///
/// A file's bytes lie between the line that names it and the next such mark, wherever that begins.
struct Section {
  std::string name;
  std::string bytes;
};

inline constexpr std::string_view section_mark = "=== ";

/// The sections whose name `is_name` accepts; other marks are bytes like any other. What stands before the first one is
/// dropped, and of two with one name the first counts.
template <class IsName>
std::vector<Section> sections_of(std::string_view input, IsName is_name) {
  std::vector<Section> sections;
  bool is_kept = false;
  std::size_t at = 0;
  while (at < input.size()) {
    const std::size_t line_end = input.find('\n', at);
    const std::string_view rest = input.substr(at);
    if (rest.starts_with(section_mark) && line_end != std::string_view::npos) {
      const std::string name(rest.substr(section_mark.size(), line_end - at - section_mark.size()));
      if (is_name(name)) {
        is_kept = true;
        for (const Section& section : sections) is_kept = is_kept && section.name != name;
        if (is_kept) sections.push_back({name, ""});
        at = line_end + 1;
        continue;
      }
    }
    const std::size_t next = std::min(input.find(section_mark, at + 1), input.size());
    if (is_kept) sections.back().bytes += input.substr(at, next - at);
    at = next;
  }
  return sections;
}

inline std::string input_of(const std::vector<Section>& sections) {
  std::string input;
  for (const Section& section : sections)
    input += std::string(section_mark) + section.name + '\n' + section.bytes;
  return input;
}

}  // namespace reelspool::fuzz
