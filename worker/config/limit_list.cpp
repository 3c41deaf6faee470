#include "worker/config/limit_list.hpp"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <system_error>

#include "worker/config/duration.hpp"

namespace reelspool {
namespace {

constexpr int most = 100'000;
constexpr double longest_ms = 90.0 * 24 * 3600 * 1000;  // as long as the store remembers anything

std::optional<int> read_count(std::string_view text) {
  int count = 0;
  const char* const last = text.data() + text.size();
  const auto [end, problem] = std::from_chars(text.data(), last, count);
  if (problem != std::errc() || end != last || count < 1 || count > most) return std::nullopt;
  return count;
}

}  // namespace

std::vector<std::string> words_of(std::string_view list) {
  std::vector<std::string> words;
  for (std::size_t at = 0; at <= list.size();) {
    const std::size_t comma = std::min(list.find(',', at), list.size());
    std::string word(list.substr(at, comma - at));
    std::erase_if(word, [](char c) { return c == ' ' || c == '\t'; });
    if (!word.empty()) words.push_back(std::move(word));
    at = comma + 1;
  }
  return words;
}

std::optional<Limit> read_limit(std::string_view text) {
  const std::size_t equals = text.find('='), slash = text.find('/');
  if (equals == text.npos || equals == 0 || slash < equals) return std::nullopt;
  const auto count = read_count(text.substr(equals + 1, slash == text.npos ? text.npos : slash - equals - 1));
  if (!count) return std::nullopt;
  Limit limit{.name = std::string(text.substr(0, equals)), .count = *count};
  if (slash == text.npos) return limit;
  const auto per = parse_duration(text.substr(slash + 1));
  if (!per || *per < 1 || *per > longest_ms) return std::nullopt;
  limit.per = std::chrono::milliseconds(static_cast<std::int64_t>(*per));
  return limit;
}

}  // namespace reelspool
