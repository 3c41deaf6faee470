// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugins/local/words/alignment.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "plugins/local/words/text.hpp"

namespace reelspool::words {
namespace {

// Heard: over -46 dBFS in a window of 5 ms. The pauses that espeak-ng makes are zeros or, in a voice with an
// echo, far below that; its faintest consonants are above.
constexpr double heard_rms = 32768 * 0.005;
constexpr int windows_per_second = 200;
constexpr int shortest_gap_per_second = 16;  // 60 ms

/// Neighbouring words that share one event, and the event's sound.
struct Group {
  std::size_t first_word = 0;
  std::size_t last_word = 0;
  std::size_t begin = 0;
  std::size_t end = 0;
};

struct Sound {
  std::span<const std::int16_t> samples;
  std::size_t window;

  bool heard(std::size_t at, std::size_t limit) const {
    const auto part = samples.subspan(at, std::min(window, limit - at));
    const double energy =
        std::accumulate(part.begin(), part.end(), 0.0, [](double sum, double s) { return sum + s * s; });
    return std::sqrt(energy / static_cast<double>(part.size())) > heard_rms;
  }
  std::size_t first_heard(std::size_t begin, std::size_t end) const {
    for (std::size_t at = begin; at < end; at += window) {
      if (heard(at, end)) return at;
    }
    return end;
  }
  /// One past the last window that is heard; `begin` for silence.
  std::size_t last_heard(std::size_t begin, std::size_t end) const {
    for (std::size_t at = end; at > begin;) {
      const std::size_t from = at - std::min(window, at - begin);
      if (heard(from, at)) return at;
      at = from;
    }
    return begin;
  }
};

/// The word that holds a position, or the next one; the last for what is beyond.
std::size_t word_at(const std::vector<Word>& words, std::size_t position) {
  const auto found =
      std::ranges::find_if(words, [position](const Word& word) { return position < word.end; });
  return found == words.end() ? words.size() - 1 : static_cast<std::size_t>(found - words.begin());
}

std::vector<Group> group_words(const std::vector<Word>& words, std::span<const Mark> marks, std::size_t end) {
  std::vector<Group> groups;
  for (const Mark& mark : marks) {
    if (mark.sample >= end) break;
    const std::size_t word = word_at(words, mark.position);
    // Events come in the order of the sound; one that points back is a part of the word that is being spoken.
    if (!groups.empty() && word <= groups.back().last_word) continue;
    if (!groups.empty() && mark.sample <= groups.back().begin) {
      groups.back().last_word = word;  // no sound between them: they share what follows
      continue;
    }
    if (!groups.empty()) {
      groups.back().end = mark.sample;
      groups.back().last_word = word - 1;
    }
    groups.push_back({groups.empty() ? 0 : word, word, mark.sample, end});
  }
  if (!groups.empty()) groups.back().last_word = words.size() - 1;
  return groups;
}

void share(const std::vector<Word>& words, const Group& group, std::vector<TimedWord>& timed) {
  const auto first = words.begin() + static_cast<std::ptrdiff_t>(group.first_word);
  const auto last = words.begin() + static_cast<std::ptrdiff_t>(group.last_word) + 1;
  const auto letters = static_cast<std::size_t>(
      std::accumulate(first, last, 0, [](int sum, const Word& word) { return sum + word.letters; }));
  if (letters == 0) return;
  std::size_t passed = 0;
  const std::size_t length = group.end - group.begin;
  for (auto word = first; word != last; ++word) {
    if (word->letters == 0) continue;
    const std::size_t begin = group.begin + length * passed / letters;
    passed += static_cast<std::size_t>(word->letters);
    const std::size_t end = group.begin + length * passed / letters;
    if (begin < end) timed.push_back({word->text, begin, end});
  }
}

}  // namespace

std::size_t end_of_sound(std::span<const std::int16_t> samples, int rate_hz) {
  const Sound sound{samples, static_cast<std::size_t>(rate_hz / windows_per_second)};
  return sound.last_heard(0, samples.size());
}

std::vector<TimedWord> align(std::string_view text, std::span<const Mark> marks,
                             std::span<const std::int16_t> samples, int rate_hz) {
  const std::vector<Word> words = split_words(text);
  std::vector<TimedWord> timed;
  if (words.empty()) return timed;
  const Sound sound{samples, static_cast<std::size_t>(rate_hz / windows_per_second)};
  const std::size_t shortest_gap = static_cast<std::size_t>(rate_hz / shortest_gap_per_second);
  std::vector<Group> groups = group_words(words, marks, end_of_sound(samples, rate_hz));
  for (std::size_t i = 0; i < groups.size(); ++i) {
    Group& group = groups[i];
    const std::size_t limit = group.end;
    group.begin = sound.first_heard(group.begin, limit);
    if (group.begin == limit) continue;
    const std::size_t heard = sound.last_heard(group.begin, limit);
    const std::size_t next =
        i + 1 < groups.size() ? sound.first_heard(groups[i + 1].begin, groups[i + 1].end) : heard;
    group.end = next - heard < shortest_gap ? next : heard;
    share(words, group, timed);
  }
  return timed;
}

}  // namespace reelspool::words
