#include "plugins/local/card/headline.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>

#include "plugins/local/card/letters.hpp"

namespace reelspool::local {
namespace {

using Words = std::vector<std::string>;

/// Words on which a headline neither begins nor ends: articles, prepositions, conjunctions, short verbs and
/// pronouns of the languages most narrations are in.
bool is_weak(std::string_view word) {
  static constexpr std::string_view weak[] = {
      "a",     "an",      "the",   "of",   "to",   "in",    "on",    "at",   "by",    "for",   "from",
      "with",  "without", "and",   "or",   "but",  "so",    "as",    "is",   "are",   "was",   "be",
      "been",  "it",      "its",   "this", "that", "these", "those", "than", "then",  "if",    "your",
      "you",   "our",     "we",    "us",   "i",    "my",    "me",    "they", "their", "he",    "she",
      "his",   "her",     "not",   "just", "can",  "will",  "has",   "have", "had",   "do",    "does",
      "who",   "which",   "there", "into", "when", "where", "how",   "why",  "what",  "while", "because",
      "about", "more",    "el",    "la",   "los",  "las",   "un",    "una",  "unos",  "de",    "del",
      "al",    "en",      "con",   "sin",  "por",  "para",  "y",     "e",    "o",     "u",     "que",
      "es",    "son",     "se",    "su",   "sus",  "tu",    "tus",   "mi",   "lo",    "le",    "les",
      "te",    "nos",     "como",  "más",  "muy",  "ya",    "si",    "no",   "hay",   "le",    "et",
      "du",    "des",     "une",   "dans", "pour", "der",   "die",   "das",  "und",   "mit",   "von",
      "ein",   "eine",    "da",    "do",   "um",   "uma",   "os",    "em"};
  const std::string plain = letters::lower(letters::trim_marks(word));
  return plain.empty() || std::ranges::find(weak, plain) != std::ranges::end(weak);
}

bool is_conjunction(std::string_view word) {
  static constexpr std::string_view conjunctions[] = {"and", "but",  "or",   "so",     "because",
                                                      "y",   "pero", "o",    "porque", "e",
                                                      "mas", "et",   "mais", "und",    "aber"};
  const std::string plain = letters::lower(letters::trim_marks(word));
  return std::ranges::find(conjunctions, plain) != std::ranges::end(conjunctions);
}

/// A run of words without a pause inside.
struct Clause {
  Words words;
  std::size_t sentence = 0;
  bool opens_sentence = true;  // false after a comma
  bool strong_end = false;     // ended by ? or !
  bool before_comma = false;   // what follows may belong to it
};

bool ends_with_any(std::string_view word, std::initializer_list<std::string_view> marks) {
  return std::ranges::any_of(marks, [word](std::string_view mark) { return word.ends_with(mark); });
}

std::vector<Clause> split_clauses(const Words& words) {
  std::vector<Clause> clauses(1);
  for (const std::string& word : words) {
    const bool dash = word == "-" || word == "–" || word == "—";
    if (!dash) clauses.back().words.push_back(word);
    const std::string bare = letters::trim_quotes(word);
    const bool strong = ends_with_any(bare, {"?", "!", "？", "！", "؟"});
    const bool full = strong || ends_with_any(bare, {".", "…", "。"});
    const bool half = dash || ends_with_any(bare, {";", ":", "；", "：", "؛"});
    const bool comma = ends_with_any(bare, {",", "，", "、", "،"});
    if (!full && !half && !comma) continue;
    clauses.back().strong_end = strong;
    clauses.back().before_comma = comma;
    const std::size_t sentence = clauses.back().sentence + (full ? 1 : 0);
    clauses.push_back({{}, sentence, !comma, false, false});
  }
  std::erase_if(clauses, [](const Clause& clause) { return clause.words.empty(); });
  return clauses;
}

std::size_t length_of(const Words& words, std::size_t first, std::size_t count) {
  std::size_t length = count - 1;
  for (std::size_t i = first; i < first + count; ++i) length += letters::count(words[i]);
  return length;
}

struct Choice {
  std::size_t clause = 0, first = 0, count = 0;
  double score = -1e9;
};

/// How well a run of words stands alone. Weights were set by reading what it chose from some sixty
/// narrations.
double rate(const Clause& clause, std::size_t first, std::size_t count) {
  const std::size_t end = first + count;
  const bool from_start = first == 0, to_end = end == clause.words.size();
  double strength = 0, digits = 0;
  for (std::size_t i = first; i < end; ++i) {
    const std::string& word = clause.words[i];
    if (!is_weak(word))
      strength += 0.6 + 0.06 * static_cast<double>(std::min<std::size_t>(letters::count(word), 10));
    if (std::ranges::any_of(word, [](char c) { return c >= '0' && c <= '9'; })) digits = 0.5;
  }
  double score = 1.6 * std::sqrt(strength) + digits;  // more strong words are better, the first ones most
  // Where a phrase may be cut: at the clause's ends, before a preposition, after one.
  if (from_start && to_end) score += clause.before_comma ? 1.5 : 2.0;
  if (from_start && !to_end) score += is_weak(clause.words[end]) ? 1.4 : 0;
  if (!from_start && to_end) score += is_weak(clause.words[first - 1]) ? 0.3 : 0.1;
  if (!from_start && !to_end) score -= 2.0;
  if (!to_end && is_weak(clause.words[end - 1])) score -= 2.5;
  if (!from_start && is_weak(clause.words[first])) score -= 1.6;
  if (to_end && clause.strong_end) score += 0.3;
  if (from_start && !clause.opens_sentence) score -= 0.6;
  if (from_start && is_conjunction(clause.words[first])) score -= 1.5;
  if (count == 1) score -= 0.8;
  constexpr double pleasant_length = 22;
  const double excess = static_cast<double>(length_of(clause.words, first, count)) - pleasant_length;
  score -= std::abs(excess) * 0.05;
  return score - 0.25 * static_cast<double>(clause.sentence);
}

Words strongest_words(const std::vector<Clause>& clauses) {
  constexpr std::size_t most_words = 8, most_letters = 42;
  if (clauses.empty()) return {};
  Choice best;
  for (std::size_t c = 0; c < clauses.size(); ++c) {
    const Clause& clause = clauses[c];
    for (std::size_t first = 0; first < clause.words.size(); ++first) {
      for (std::size_t count = 1; count <= most_words && first + count <= clause.words.size(); ++count) {
        if (count > 1 && length_of(clause.words, first, count) > most_letters) break;
        const double score = rate(clause, first, count);
        if (score > best.score) best = {c, first, count, score};
      }
    }
  }
  const Words& from = clauses[best.clause].words;
  return {from.begin() + static_cast<std::ptrdiff_t>(best.first),
          from.begin() + static_cast<std::ptrdiff_t>(best.first + best.count)};
}

/// Marks that are half of a pair lose their sense when the other half is not shown.
void mend_marks(Words& words) {
  words.front() = letters::trim_left(words.front());
  words.back() = letters::trim_right(words.back());
  const bool question = words.back().ends_with("?"), call = words.back().ends_with("!");
  for (const auto& [opening, closed] : {std::pair("¿", question), std::pair("¡", call)}) {
    if (!closed && words.front().starts_with(opening))
      words.front().erase(0, std::string_view(opening).size());
  }
  words.front() = letters::capitalised(words.front());
}

/// The first clause, character by character.
Words single_characters(const Words& words, std::size_t most) {
  Words characters;
  for (const std::string& word : words) {
    for (const std::string& character : letters::characters(word)) {
      const bool mark = letters::trim_marks(character).empty();
      if (characters.size() == most || (mark && characters.size() > 2)) return characters;
      if (!mark) characters.push_back(character);
    }
  }
  return characters;
}

std::size_t strongest_word(const Words& words) {
  std::size_t best = 0;
  double most = -1;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const auto length = static_cast<double>(letters::count(letters::trim_marks(words[i])));
    // The later of two like words: that is where a phrase has its stress.
    const double weight = (is_weak(words[i]) ? 0 : length) + 0.6 * static_cast<double>(i);
    if (weight > most) {
      most = weight;
      best = i;
    }
  }
  return best;
}

}  // namespace

Headline choose_headline(std::string_view title, std::string_view text) {
  constexpr std::size_t most_title_words = 12, most_characters = 14;
  Words words = letters::split(letters::without_pictographs(title));
  const bool has_title = !words.empty();
  if (!has_title) words = letters::split(letters::without_pictographs(text));
  std::erase_if(
      words, [](const std::string& word) { return letters::trim_marks(word).empty() && word.size() == 1; });
  Headline headline;
  if (words.empty()) return headline;
  if (has_title) {
    words.resize(std::min(words.size(), most_title_words));
  } else {
    words = strongest_words(split_clauses(words));
    if (words.empty()) return headline;
    mend_marks(words);
    std::erase_if(words, [](const std::string& word) { return word.empty(); });
    if (words.empty()) return headline;
  }
  headline.spaced = !letters::is_unspaced(words.front());
  headline.right_to_left = letters::is_right_to_left(words.front());
  headline.words = headline.spaced ? words : single_characters(words, most_characters);
  headline.strong = headline.spaced ? strongest_word(headline.words) : headline.words.size();
  return headline;
}

namespace {

double line_width(const Headline& headline, std::size_t first, std::size_t last, double tracking_em) {
  double width = 0;
  for (std::size_t i = first; i <= last; ++i) {
    width += letters::width_em(headline.words[i]) +
             tracking_em * static_cast<double>(letters::count(headline.words[i]));
    if (i != last && headline.spaced) width += letters::width_em(" ") + tracking_em;
  }
  return width;
}

struct Broken {
  std::vector<std::size_t> line_ends;  // index of the last word of each line
  double cost = 0;                     // of a break_into(): the width of the widest line, in em
};

/// Breaks into exactly `count` lines so that `cost` of all lines together is least (tries every way: a dozen words at most).
/// `cost(first, last)` of a line; `join` puts costs together.
template <class Cost, class Join>
Broken best_break(std::size_t words, std::size_t count, Cost cost, Join join) {
  constexpr double impossible = 1e9;
  // least[k][i]: the first i words in k lines. cut[k][i]: where the last of these lines begins.
  std::vector<std::vector<double>> least(count + 1, std::vector<double>(words + 1, impossible));
  std::vector<std::vector<std::size_t>> cut(count + 1, std::vector<std::size_t>(words + 1, 0));
  least[0][0] = 0;
  for (std::size_t k = 1; k <= count; ++k) {
    for (std::size_t i = k; i <= words; ++i) {
      for (std::size_t j = k - 1; j < i; ++j) {
        const double together = join(least[k - 1][j], cost(j, i - 1));
        if (together < least[k][i]) {
          least[k][i] = together;
          cut[k][i] = j;
        }
      }
    }
  }
  Broken broken{{}, least[count][words]};
  for (std::size_t k = count, i = words; k > 0; i = cut[k][i], --k) {
    broken.line_ends.insert(broken.line_ends.begin(), i - 1);
  }
  return broken;
}

/// The widest line as narrow as can be, which lets the type be large; among such breaks the one with the most even lines.
std::optional<Broken> break_into(const Headline& headline, std::size_t count, double tracking_em) {
  const std::size_t words = headline.words.size();
  if (count > words) return {};
  const auto width = [&](std::size_t first, std::size_t last) {
    return line_width(headline, first, last, tracking_em);
  };
  const double widest =
      best_break(words, count, width, [](double before, double line) { return std::max(before, line); }).cost;
  const auto unevenness = [&](std::size_t first, std::size_t last) {
    const double room = widest - width(first, last);
    return room < -1e-9 ? 1e6 : room * room;
  };
  Broken even =
      best_break(words, count, unevenness, [](double before, double line) { return before + line; });
  even.cost = widest;
  return even;
}

}  // namespace

HeadlineLayout lay_out(const Headline& headline, double width_px, double height_px, double largest_em_px,
                       double leading_em, double tracking_em) {
  constexpr std::size_t most_lines = 5;
  HeadlineLayout layout;
  Broken chosen;
  for (std::size_t count = 1; count <= most_lines; ++count) {
    const auto broken = break_into(headline, count, tracking_em);
    if (!broken) break;
    const double em_px = std::min(
        {largest_em_px, width_px / broken->cost, height_px / (leading_em * static_cast<double>(count))});
    // One more line must earn its place: 8 % larger type.
    if (em_px > layout.em_px * 1.08) {
      layout.em_px = em_px;
      chosen = *broken;
    }
  }
  layout.em_px = std::max(layout.em_px, largest_em_px / 3);
  std::size_t next = 0;
  for (const std::size_t end : chosen.line_ends) {
    layout.lines.emplace_back();
    for (; next <= end; ++next) layout.lines.back().push_back(next);
  }
  return layout;
}

}  // namespace reelspool::local
