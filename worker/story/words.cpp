#include "worker/story/words.hpp"

#include <algorithm>
#include <cmath>

#include "worker/story/unicode.hpp"

namespace reelspool {
namespace {

constexpr double shortest_word_s = 0.04;  // a frame, and a little

std::vector<std::u32string> split_at_spaces(std::string_view text) {
  std::vector<std::u32string> words;
  bool open = false;
  for (const char32_t c : to_code_points(text)) {
    if (is_space(c)) {
      open = false;
      continue;
    }
    if (!open) words.emplace_back();
    open = true;
    words.back() += c;
  }
  return words;
}

bool has_text(const std::string& word) {
  const std::u32string points = to_code_points(word);
  return std::any_of(points.begin(), points.end(), [](char32_t c) { return !is_space(c) && !is_control(c); });
}

}  // namespace

std::vector<TimedWord> spread_words(std::string_view text, double seconds) {
  const auto words = split_at_spaces(text);
  double total = 0;
  for (const auto& word : words) total += static_cast<double>(columns(word)) + 1;
  std::vector<TimedWord> timed;
  double before = 0;
  for (const auto& word : words) {
    const double share = static_cast<double>(columns(word)) + 1;
    timed.push_back({to_utf8(word), seconds * before / total, seconds * (before + share) / total});
    before += share;
  }
  return timed;
}

std::vector<TimedWord> sound_times(std::vector<TimedWord> words, double seconds) {
  std::erase_if(words, [](const TimedWord& word) { return !has_text(word.text); });
  if (words.empty()) return words;
  // So many words in so short a time cannot all have their shortest length: then they share it evenly.
  const double shortest = std::min(shortest_word_s, seconds / static_cast<double>(words.size()));
  double earliest = 0;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const double after = shortest * static_cast<double>(words.size() - i);  // room for this one and the rest
    const double latest = std::max(seconds - after, earliest);
    TimedWord& word = words[i];
    word.start_s = std::isfinite(word.start_s) ? std::clamp(word.start_s, earliest, latest) : earliest;
    word.end_s = std::isfinite(word.end_s) ? word.end_s : word.start_s;
    word.end_s = std::max(word.end_s, word.start_s + shortest);
    word.end_s = std::min(word.end_s, std::max(seconds, word.start_s + shortest));
    earliest = word.start_s + shortest;
  }
  // A word that is said to last into the next one ends where that begins: starts are the more reliable of the
  // two.
  for (std::size_t i = 0; i + 1 < words.size(); ++i)
    words[i].end_s = std::min(words[i].end_s, words[i + 1].start_s);
  return words;
}

}  // namespace reelspool
