#include "worker/story/captions.hpp"

#include <algorithm>
#include <cmath>
#include <optional>
#include <span>

#include "worker/story/unicode.hpp"

namespace reelspool {
namespace {

/// A word with its measures, which every trial of a line needs again.
struct WordPart {
  CaptionWord word;
  std::size_t columns = 0;
  double em = 0;
};
using Words = std::span<const WordPart>;

constexpr double pause_s = 0.7;         // silence that ends a cue
constexpr double hold_s = 0.5;          // a cue stays this long after its last word, if nothing follows
constexpr std::size_t lit_columns = 6;  // of text without spaces, about a word: three Han characters

struct Size {
  std::size_t columns = 0;
  double em = 0;
};

Size size_of(Words words) {
  static const double space_em = estimated_width_em(U" ");
  Size sum;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const bool space = i > 0 && !words[i].word.glued;
    sum.columns += words[i].columns + (space ? 1 : 0);
    sum.em += words[i].em + (space ? space_em : 0);
  }
  return sum;
}

bool fits_line(Words words, const CaptionRoom& room) {
  const Size size = size_of(words);
  return words.size() == 1 || (size.columns <= room.columns && size.em <= room.width_em);
}

/// Breaks `words` into at most room.lines lines: the fewest that hold them, the longest as short as can be.
std::optional<std::vector<Words>> break_lines(Words words, const CaptionRoom& room) {
  if (fits_line(words, room)) return std::vector<Words>{words};
  if (room.lines < 2) return std::nullopt;
  std::optional<std::vector<Words>> best;
  double best_longest = 0;
  for (std::size_t cut = 1; cut < words.size(); ++cut) {
    const Words head = words.first(cut), tail = words.subspan(cut);
    if (!fits_line(head, room)) break;
    if (!fits_line(tail, room)) continue;
    const double longest = std::max(size_of(head).em, size_of(tail).em);
    if (!best || longest < best_longest) {
      best = {head, tail};
      best_longest = longest;
    }
  }
  return best;
}

/// Cuts text without spaces, and words too long for a line, into parts that share the word's time by their
/// width.
void add_parts(std::vector<WordPart>& parts, const TimedWord& word, const CaptionRoom& room) {
  std::u32string text;
  for (const char32_t c : to_code_points(word.text))
    if (!is_control(c) && !is_space(c)) text += c;
  const double total = std::max<double>(static_cast<double>(columns(text)), 1);
  std::size_t begin = 0, before = 0;
  const auto add = [&](std::size_t end) {
    const std::u32string part = text.substr(begin, end - begin);
    const double length = word.end_s - word.start_s;
    const std::size_t after = before + columns(part);
    parts.push_back({{to_utf8(part), word.start_s + length * static_cast<double>(before) / total,
                      word.start_s + length * static_cast<double>(after) / total, begin > 0},
                     columns(part),
                     estimated_width_em(part)});
    before = after;
    begin = end;
  };
  for (std::size_t i = 1; i < text.size(); ++i) {
    if (is_combining(text[i]) || text[i - 1] == U'\u200D') continue;
    const std::u32string_view part = std::u32string_view(text).substr(begin, i - begin);
    const bool unspaced = breaks_anywhere(text[i - 1]) && breaks_anywhere(text[i]);
    const bool punctuation = text[i] < 0x3041 || text[i] >= 0xFF01;  // 、。！？ stay with what they follow
    const bool lit = unspaced && !punctuation && columns(part) >= lit_columns;
    const bool too_long = columns(part) + 2 > room.columns || estimated_width_em(part) + 1 > room.width_em;
    if (lit || too_long) add(i);
  }
  if (begin < text.size()) add(text.size());
}

bool ends_sentence(const std::string& word) {
  const std::u32string text = to_code_points(word);
  for (auto c = text.rbegin(); c != text.rend(); ++c) {
    if (*c == '.' || *c == '!' || *c == '?' || *c == U'…' || *c == U'。' || *c == U'！' || *c == U'？' ||
        *c == U'؟' || *c == U'۔' || *c == U'।')
      return true;
    const bool closing =
        *c == '"' || *c == '\'' || *c == ')' || *c == U'”' || *c == U'’' || *c == U'»' || *c == U'」';
    if (!closing) return false;
  }
  return false;
}

/// As many of the words as fit into one cue; at least one.
std::size_t most_that_fit(Words words, const CaptionRoom& room) {
  std::size_t count = 1;
  while (count < words.size() && break_lines(words.first(count + 1), room)) ++count;
  return count;
}

/// Parts a phrase into cues of about the same width: as few as would do greedily, but evenly filled.
std::vector<Words> part_phrase(Words phrase, const CaptionRoom& room) {
  std::size_t needed = 0;
  for (Words rest = phrase; !rest.empty(); rest = rest.subspan(most_that_fit(rest, room))) ++needed;
  std::vector<Words> cues;
  double left_em = size_of(phrase).em;
  while (!phrase.empty()) {
    const std::size_t most = most_that_fit(phrase, room);
    std::size_t count = most;
    if (needed > 1 && most < phrase.size()) {
      const double share = left_em / static_cast<double>(needed);
      while (count > 1 && size_of(phrase.first(count)).em > share * 1.1) --count;
    }
    cues.push_back(phrase.first(count));
    left_em -= size_of(phrase.first(count)).em;
    phrase = phrase.subspan(count);
    if (needed > 1) --needed;
  }
  return cues;
}

Cue make_cue(Words words, const CaptionRoom& room) {
  Cue cue;
  cue.start_s = words.front().word.start_s;
  cue.end_s = words.back().word.end_s + hold_s;
  if (const auto lines = break_lines(words, room)) {
    for (const Words line : *lines) {
      cue.lines.emplace_back();
      for (const WordPart& part : line) cue.lines.back().push_back(part.word);
    }
  }
  return cue;
}

/// No flicker between two cues.
void close_gaps(std::vector<Cue>& cues) {
  for (std::size_t i = 0; i + 1 < cues.size(); ++i) {
    const double next = cues[i + 1].start_s;
    if (next - cues[i].end_s < pause_s - hold_s) cues[i].end_s = next;
  }
}

}  // namespace

std::vector<Cue> make_cues(const std::vector<TimedWord>& words, const CaptionRoom& room) {
  std::vector<WordPart> parts;
  for (const TimedWord& word : words) add_parts(parts, word, room);

  std::vector<Cue> cues;
  const Words all(parts);
  for (std::size_t begin = 0; begin < all.size();) {
    std::size_t end = begin + 1;
    while (end < all.size() && !ends_sentence(all[end - 1].word.text) &&
           all[end].word.start_s - all[end - 1].word.end_s < pause_s)
      ++end;
    for (const Words cue : part_phrase(all.subspan(begin, end - begin), room))
      cues.push_back(make_cue(cue, room));
    begin = end;
  }
  close_gaps(cues);
  return cues;
}

std::vector<Cue> make_word_cues(const std::vector<TimedWord>& words) {
  std::vector<Cue> cues;
  for (const TimedWord& word : words)
    cues.push_back({{{{word.text, word.start_s, word.end_s, false}}}, word.start_s, word.end_s + hold_s});
  close_gaps(cues);
  for (std::size_t i = 0; i + 1 < cues.size(); ++i)
    cues[i].end_s = std::min(cues[i].end_s, cues[i + 1].start_s);
  return cues;
}

std::vector<Cue> moved(std::vector<Cue> cues, double seconds) {
  for (Cue& cue : cues) {
    cue.start_s += seconds;
    cue.end_s += seconds;
    for (auto& line : cue.lines)
      for (CaptionWord& word : line) {
        word.start_s += seconds;
        word.end_s += seconds;
      }
  }
  return cues;
}

}  // namespace reelspool
