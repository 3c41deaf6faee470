#include "plugins/local/card/letters.hpp"

#include <algorithm>
#include <array>
#include <initializer_list>

namespace reelspool::local::letters {
namespace {

struct Letter {
  char32_t code;
  std::string_view bytes;
};

/// The code points of a text; bytes that are none are skipped.
std::vector<Letter> decode(std::string_view text) {
  std::vector<Letter> letters;
  for (std::size_t at = 0; at < text.size();) {
    const auto lead = static_cast<unsigned char>(text[at]);
    const std::size_t size = lead < 0x80 ? 1 : lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : lead >= 0xC2 ? 2 : 0;
    if (size == 0 || at + size > text.size()) {
      ++at;
      continue;
    }
    char32_t code = size == 1 ? lead : lead & (0x7FU >> size);
    bool whole = true;
    for (std::size_t i = 1; i < size; ++i) {
      const auto next = static_cast<unsigned char>(text[at + i]);
      whole = whole && (next & 0xC0U) == 0x80U;
      code = (code << 6U) | (next & 0x3FU);
    }
    if (whole) letters.push_back({code, text.substr(at, size)});
    at += whole ? size : 1;
  }
  return letters;
}

struct Range {
  char32_t first, last;
};

bool among(std::initializer_list<Range> ranges, char32_t code) {
  return std::ranges::any_of(ranges,
                             [code](Range range) { return range.first <= code && code <= range.last; });
}

bool is_space(char32_t code) {
  return code <= 0x20 || code == 0x7F || code == 0x85 || code == 0x3000 ||
         among({{0x2000, 0x200A}, {0x2028, 0x2029}}, code);
}

bool is_pictograph(char32_t code) {
  return among({{0x2190, 0x21FF},
                {0x2300, 0x23FF},
                {0x25A0, 0x27BF},
                {0x2B00, 0x2BFF},
                {0xE000, 0xF8FF},
                {0xFE00, 0xFE0F},
                {0x20D0, 0x20F0},
                {0x1F000, 0x1FAFF},
                {0xE0000, 0xE007F}},
               code) ||
         code == 0x200D;
}

bool is_mark(char32_t code) {
  if (code < 0x80) {
    return std::string_view("!\"'()*,-./:;?[\\]_`{|}~<>^").find(static_cast<char>(code)) !=
           std::string_view::npos;
  }
  return among({{0x2010, 0x205E}, {0x3001, 0x3011}, {0xFF01, 0xFF0F}, {0xFF1A, 0xFF1F}}, code) ||
         code == 0xA1 || code == 0xAB || code == 0xBB || code == 0xBF || code == 0x60C || code == 0x61B ||
         code == 0x61F;
}

bool is_one_of(char32_t code, std::u32string_view marks) {
  return marks.find(code) != std::u32string_view::npos;
}

template <class Predicate>
std::string trim(std::string_view word, Predicate left, Predicate right) {
  const std::vector<Letter> letters = decode(word);
  std::size_t first = 0, last = letters.size();
  while (first < last && left(letters[first].code)) ++first;
  while (last > first && right(letters[last - 1].code)) --last;
  std::string trimmed;
  for (std::size_t i = first; i < last; ++i) trimmed += letters[i].bytes;
  return trimmed;
}

using Test = bool (*)(char32_t);
constexpr Test never = [](char32_t) { return false; };

/// Advance widths of Inter Display ExtraBold (hmtx, Inter 4.0), U+0020 to U+007E, in thousandths of an em.
constexpr std::array<int, 95> widths{
    213, 250, 366, 643, 638, 808, 665, 171, 380, 352, 515, 616, 260, 417,  257, 390, 654, 391,  599,
    627, 651, 613, 633, 567, 636, 633, 273, 270, 616, 614, 616, 544, 1013, 731, 640, 718, 693,  579,
    556, 729, 702, 251, 570, 696, 532, 870, 700, 740, 614, 754, 631, 633,  640, 677, 746, 1041, 687,
    722, 635, 376, 391, 345, 466, 480, 392, 551, 580, 539, 580, 546, 380,  589, 592, 243, 244,  569,
    245, 881, 595, 566, 582, 582, 385, 527, 384, 595, 577, 835, 566, 577,  531, 403, 304, 394,  624};

/// U+00C0 to U+017F by their base letter, which has the same width or nearly.
constexpr std::string_view base_letters =
    "AAAAAAMCEEEEIIIIDNOOOOOxOUUUUYPBaaaaaamceeeeiiiidnooooo+ouuuuypy"
    "AaAaAaCcCcCcCcDdDdEeEeEeEeEeGgGgGgGgHhHhIiIiIiIiIiMnJjKkkLlLlLlL"
    "lLlNnNnNnnNnOoOoOoMmRrRrRrSsSsSsSsTtTtTtUuUuUuUuUuUuWwYyYZzZzZzf";

double letter_width(char32_t code) {
  const auto narrow = [](char c) { return widths[static_cast<std::size_t>(c - 0x20)] / 1000.0; };
  if (code >= 0x20 && code < 0x7F) return narrow(static_cast<char>(code));
  if (code == 0xBF) return 0.545;
  if (code == 0xA1) return 0.295;
  if (code >= 0xC0 && code < 0xC0 + base_letters.size()) return narrow(base_letters[code - 0xC0]);
  if (among({{0x1100, 0x11FF},
             {0x2E80, 0xA4CF},
             {0xAC00, 0xD7FF},
             {0xF900, 0xFAFF},
             {0xFF00, 0xFF60},
             {0x20000, 0x3FFFF}},
            code)) {
    return 1;  // full width
  }
  if (among({{0x0300, 0x036F}, {0x0591, 0x05BD}, {0x064B, 0x065F}, {0x200B, 0x200F}}, code))
    return 0;  // on another
  return 0.68;
}

}  // namespace

std::vector<std::string> split(std::string_view text) {
  std::vector<std::string> words;
  bool inside = false;
  for (const Letter& letter : decode(text)) {
    const bool space = is_space(letter.code);
    if (!space && !inside) words.emplace_back();
    if (!space) words.back() += letter.bytes;
    inside = !space;
  }
  return words;
}

std::vector<std::string> characters(std::string_view text) {
  std::vector<std::string> characters;
  for (const Letter& letter : decode(text)) characters.emplace_back(letter.bytes);
  return characters;
}

std::size_t count(std::string_view text) {
  return decode(text).size();
}

std::string lower(std::string_view text) {
  std::string result;
  for (const Letter& letter : decode(text)) {
    std::string bytes(letter.bytes);
    if (bytes.size() == 1 && bytes[0] >= 'A' && bytes[0] <= 'Z') bytes[0] = static_cast<char>(bytes[0] + 32);
    // U+00C0-U+00DE: the second byte is 0x20 below that of the small letter.
    if (letter.code >= 0xC0 && letter.code <= 0xDE && letter.code != 0xD7)
      bytes[1] = static_cast<char>(bytes[1] + 0x20);
    result += bytes;
  }
  return result;
}

std::string capitalised(std::string_view word) {
  std::string result;
  bool found = false;
  for (const Letter& letter : decode(word)) {
    std::string bytes(letter.bytes);
    if (!found && !is_mark(letter.code)) {
      found = true;
      if (bytes.size() == 1 && bytes[0] >= 'a' && bytes[0] <= 'z')
        bytes[0] = static_cast<char>(bytes[0] - 32);
      if (letter.code >= 0xE0 && letter.code <= 0xFE && letter.code != 0xF7)
        bytes[1] = static_cast<char>(bytes[1] - 0x20);
    }
    result += bytes;
  }
  return result;
}

std::string trim_marks(std::string_view word) {
  return trim<Test>(word, is_mark, is_mark);
}

std::string trim_quotes(std::string_view word) {
  constexpr Test closing = [](char32_t code) { return is_one_of(code, U"\"')]}»”’›"); };
  return trim<Test>(word, never, closing);
}

std::string trim_left(std::string_view word) {
  constexpr Test opening = [](char32_t code) { return is_one_of(code, U"\"'([{«“‘‹-–—*_"); };
  return trim<Test>(word, opening, never);
}

std::string trim_right(std::string_view word) {
  constexpr Test closing = [](char32_t code) { return is_one_of(code, U",.;:\"')]}»”’›-–—*_，。、；：،؛"); };
  return trim<Test>(word, never, closing);
}

std::string without_pictographs(std::string_view text) {
  std::string result;
  for (const Letter& letter : decode(text)) {
    result += is_pictograph(letter.code) ? std::string_view(" ") : letter.bytes;
  }
  return result;
}

bool is_unspaced(std::string_view text) {
  const std::vector<Letter> letters = decode(trim_marks(text));
  return !letters.empty() && among({{0x0E00, 0x0EFF},
                                    {0x1000, 0x109F},
                                    {0x1780, 0x17FF},
                                    {0x2E80, 0x9FFF},
                                    {0xF900, 0xFAFF},
                                    {0x20000, 0x3FFFF}},
                                   letters.front().code);
}

bool is_right_to_left(std::string_view text) {
  const std::vector<Letter> letters = decode(trim_marks(text));
  return !letters.empty() &&
         among({{0x0590, 0x08FF}, {0xFB1D, 0xFDFF}, {0xFE70, 0xFEFC}}, letters.front().code);
}

double width_em(std::string_view text) {
  double width = 0;
  for (const Letter& letter : decode(text)) width += letter_width(letter.code);
  return width;
}

}  // namespace reelspool::local::letters
