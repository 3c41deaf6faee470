#include "worker/story/split_script.hpp"

#include <algorithm>
#include <array>

#include "worker/story/narration.hpp"
#include "worker/story/unicode.hpp"

namespace reelspool {
namespace {

using Text = std::u32string;
using View = std::u32string_view;

/// A sentence or a part of one, and whether the script pauses before it.
struct Part {
  Text text;
  bool after_pause = false;
  std::size_t width = 0;
};

// Never the end of a sentence: something is always named after them. Lower case, without the last dot.
constexpr std::array<View, 32> titles = {U"mr",   U"mrs", U"ms",  U"dr",  U"dra", U"prof", U"sr",   U"sra",
                                         U"srta", U"st",  U"sta", U"sto", U"mme", U"mlle", U"hr",   U"fr",
                                         U"gen",  U"col", U"lic", U"ing", U"arq", U"av",   U"avda", U"vs",
                                         U"no",   U"núm", U"nº",  U"pág", U"fig", U"vol",  U"e.g",  U"i.e"};
// The end of a sentence only when a capital, a digit or an opening mark follows and they are not followed by
// more.
constexpr std::array<View, 24> abbreviations = {
    U"etc",  U"inc", U"ltd", U"co",   U"corp", U"approx", U"aprox", U"a.m", U"p.m", U"ud",  U"uds", U"vd",
    U"p.ej", U"ej",  U"jr",  U"dept", U"est",  U"min",    U"seg",   U"max", U"tel", U"u.s", U"u.k", U"ee.uu"};

bool ends_sentence(char32_t c) {
  return c == '.' || c == '!' || c == '?' || c == U'…' || c == U'。' || c == U'！' || c == U'？' ||
         c == U'．' || c == U'؟' || c == U'۔' || c == U'।' || c == U'॥' || c == U'።' || c == U'។';
}

bool closes(char32_t c) {
  return c == '"' || c == '\'' || c == ')' || c == ']' || c == '}' || c == U'”' || c == U'’' || c == U'»' ||
         c == U'›' || c == U'」' || c == U'』' || c == U'）' || c == U'】' || c == U'》';
}

bool is_capital_like(char32_t c) {
  return !is_lower(c) && c != ',' && c != ';' && c != ':' && c != U'—' && c != U'–' && c != '-';
}

template <std::size_t N>
bool is_one_of(const std::array<View, N>& words, View word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

/// The word that ends right before `end`, in lower case (of ASCII), without opening marks.
Text word_before(View text, std::size_t end) {
  std::size_t begin = end;
  while (begin > 0 && !is_space(text[begin - 1])) --begin;
  while (begin < end && (text[begin] == '(' || text[begin] == '"' || text[begin] == U'¿' ||
                         text[begin] == U'¡' || text[begin] == U'«' || text[begin] == U'“'))
    ++begin;
  Text word(text.substr(begin, end - begin));
  for (char32_t& c : word)
    if (c >= 'A' && c <= 'Z') c += 'a' - 'A';
  return word;
}

/// Whether the dot at `dot` only shortens a word. `next` is the first character of what follows, 0 at the
/// end.
bool is_shortening(View text, std::size_t dot, char32_t next) {
  const Text word = word_before(text, dot);
  if (next == 0 || word.empty()) return false;
  if (is_one_of(titles, word)) return word != U"no" || is_digit(next);
  const bool initial = word.size() == 1 && !is_digit(word[0]) && !breaks_anywhere(word[0]) && word != U"i";
  if (initial) return true;                       // "J. K. Rowling"
  if (word == U"ee" && next == 'U') return true;  // "EE. UU."
  return (is_one_of(abbreviations, word) || word == U"uu") && !is_capital_like(next);
}

/// One past the end of the sentence that begins at `begin`.
std::size_t sentence_end(View text, std::size_t begin) {
  for (std::size_t i = begin; i < text.size(); ++i) {
    if (!ends_sentence(text[i])) continue;
    const std::size_t mark = i;
    while (i + 1 < text.size() && (ends_sentence(text[i + 1]) || closes(text[i + 1]))) ++i;
    std::size_t following = i + 1;
    const bool ends_itself = text[mark] >= 0x3000;  // 。！？ need no space behind them
    if (following < text.size() && !is_space(text[following]) && !ends_itself)
      continue;  // "3.5", "a.m", "x.y"
    while (following < text.size() && is_space(text[following])) ++following;
    const char32_t next = following < text.size() ? text[following] : 0;
    const bool one_dot = text[mark] == '.' && i == mark;
    if (one_dot && is_shortening(text, mark, next)) continue;
    const bool trails_off = text[mark] == U'…' || (text[mark] == '.' && i > mark && text[mark + 1] == '.');
    if (trails_off && is_lower(next)) continue;
    return i + 1;
  }
  return text.size();
}

bool is_rule(View line) {
  return line.size() >= 3 && std::all_of(line.begin(), line.end(), [](char32_t c) {
           return c == '-' || c == '*' || c == '_' || c == '=' || c == U'—';
         });
}

bool begins_with_bullet(View line) {
  return line.size() > 2 && is_space(line[1]) &&
         (line[0] == '-' || line[0] == '*' || line[0] == '+' || line[0] == U'•' || line[0] == U'–' ||
          line[0] == U'—' || line[0] == U'·' || line[0] == U'●' || line[0] == U'▪' || line[0] == U'#');
}

View trimmed(View line) {
  while (!line.empty() && is_space(line.front())) line.remove_prefix(1);
  while (!line.empty() && is_space(line.back())) line.remove_suffix(1);
  return line;
}

/// Paragraphs: what lies between pauses, cleaned. Lines within one are joined.
std::vector<Text> paragraphs(std::string_view script) {
  Text text = to_code_points(script);
  std::replace(text.begin(), text.end(), U'\r', U'\n');
  for (std::size_t at = 0; (at = text.find(U"[pause]", at)) != Text::npos;) text.replace(at, 7, U"\n---\n");

  std::vector<Text> all;
  Text open;
  const auto close = [&] {
    const Text clean = to_code_points(clean_narration(to_utf8(open)));
    if (!clean.empty()) all.push_back(clean);
    open.clear();
  };
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    const View line = trimmed(View(text).substr(begin, end - begin));
    const bool empty = line.empty() || is_rule(line);
    if (empty || begins_with_bullet(line)) close();
    if (!empty) open.append(line).append(U"\n");
    begin = end + 1;
  }
  close();
  return all;
}

/// Where to cut `text` so that the first part is at most `most` columns: behind a comma if there is one in
/// the second half of the reach, else between words, else (a text without spaces) anywhere a character ends.
std::size_t cutting_point(View text, std::size_t most) {
  std::size_t width = 0, reach = 0;
  while (reach < text.size() && width + columns(text.substr(reach, 1)) <= most)
    width += columns(text.substr(reach++, 1));
  std::size_t comma = 0, space = 0;
  for (std::size_t i = 1; i < reach; ++i) {
    const char32_t c = text[i - 1];
    const bool wide_comma = c == U'、' || c == U'，' || c == U'；' || c == U'：';
    const bool narrow_comma =
        (c == ',' || c == ';' || c == ':' || c == U'—' || c == U'،' || c == U'؛') && is_space(text[i]);
    if (i > reach / 3 && (wide_comma || narrow_comma)) comma = i;
    if (is_space(text[i])) space = i;
  }
  if (comma != 0) return comma;
  if (space != 0) return space;
  while (reach > 1 && reach < text.size() && is_combining(text[reach])) --reach;
  return std::max<std::size_t>(reach, 1);
}

/// Splits what is too long into parts of about the same length.
void add_split(std::vector<Part>& parts, View sentence, bool after_pause, std::size_t most) {
  while (true) {
    sentence = trimmed(sentence);
    const std::size_t width = columns(sentence);
    if (width <= most) {
      if (!sentence.empty()) parts.push_back({Text(sentence), after_pause, width});
      return;
    }
    const std::size_t pieces = (width + most - 1) / most;
    const std::size_t even = std::min(most, width / pieces + most / 5);
    const std::size_t cut = cutting_point(sentence, even);
    const View head = trimmed(sentence.substr(0, cut));
    parts.push_back({Text(head), after_pause, columns(head)});
    sentence.remove_prefix(cut);
    after_pause = false;
  }
}

void append(Part& scene, const Part& part) {
  const bool unspaced = breaks_anywhere(scene.text.back()) && breaks_anywhere(part.text.front());
  if (!unspaced) scene.text += ' ';
  scene.text += part.text;
  scene.width += part.width + (unspaced ? 0 : 1);
}

}  // namespace

std::vector<std::string> split_script(std::string_view script, SceneLengths lengths) {
  std::vector<Part> parts;
  for (const Text& paragraph : paragraphs(script)) {
    bool first = true;
    for (std::size_t begin = 0; begin < paragraph.size();) {
      const std::size_t end = sentence_end(paragraph, begin);
      add_split(parts, View(paragraph).substr(begin, end - begin), first, lengths.most);
      first = false;
      begin = end;
      while (begin < paragraph.size() && is_space(paragraph[begin])) ++begin;
    }
  }

  const std::size_t tiny = lengths.least / 2;  // too short to stand alone even between two pauses
  std::vector<Part> scenes;
  for (Part& part : parts) {
    const bool fits = !scenes.empty() && scenes.back().width + 1 + part.width <= lengths.most;
    const bool short_one = fits && (scenes.back().width < lengths.least || part.width < lengths.least);
    const bool tiny_one = fits && (scenes.back().width < tiny || part.width < tiny);
    if (part.after_pause ? tiny_one : short_one) {
      append(scenes.back(), part);
    } else {
      scenes.push_back(std::move(part));
    }
  }
  std::vector<std::string> texts;
  texts.reserve(scenes.size());
  for (const Part& scene : scenes) texts.push_back(to_utf8(scene.text));
  return texts;
}

}  // namespace reelspool
