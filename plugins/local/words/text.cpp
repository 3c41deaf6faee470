// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugins/local/words/text.hpp"

#include <algorithm>
#include <array>

namespace reelspool::words {
namespace {

struct CodePoint {
  char32_t value = 0;
  std::size_t offset = 0;  // of its first byte
  std::size_t size = 1;    // bytes
};

struct Range {
  char32_t first, last;
};

template <std::size_t N>
bool among(const std::array<Range, N>& ranges, char32_t c) {
  return std::ranges::any_of(ranges, [c](Range r) { return r.first <= c && c <= r.last; });
}

constexpr char32_t replacement = 0xFFFD;

CodePoint decode(std::string_view text, std::size_t at) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte(at);
  if (lead < 0x80) return {lead, at, 1};
  const std::size_t size = lead >= 0xF0 && lead < 0xF5 ? 4 : lead >= 0xE0 ? 3 : lead >= 0xC2 ? 2 : 0;
  if (size == 0 || lead >= 0xF5 || at + size > text.size()) return {replacement, at, 1};
  char32_t value = lead & (0x7FU >> size);
  for (std::size_t i = 1; i < size; ++i) {
    if ((byte(at + i) & 0xC0U) != 0x80U) return {replacement, at, 1};
    value = (value << 6U) | (byte(at + i) & 0x3FU);
  }
  constexpr std::array<char32_t, 5> smallest{0, 0, 0x80, 0x800, 0x10000};
  const bool surrogate = value >= 0xD800 && value <= 0xDFFF;
  if (value < smallest[size] || value > 0x10FFFF || surrogate) return {replacement, at, 1};
  return {value, at, size};
}

std::vector<CodePoint> decode_all(std::string_view text) {
  std::vector<CodePoint> points;
  for (std::size_t at = 0; at < text.size();) {
    points.push_back(decode(text, at));
    at += points.back().size;
  }
  return points;
}

bool is_space(char32_t c) {
  // Unicode White_Space without the no-break spaces (U+00A0, U+2007, U+202F), which hold a word together.
  static constexpr std::array<Range, 8> spaces{{{0x09, 0x0D},
                                                {0x20, 0x20},
                                                {0x85, 0x85},
                                                {0x1680, 0x1680},
                                                {0x2000, 0x2006},
                                                {0x2008, 0x200A},
                                                {0x2028, 0x2029},
                                                {0x3000, 0x3000}}};
  return among(spaces, c) || c == 0x205F;
}

bool is_pictograph(char32_t c) {
  static constexpr std::array<Range, 8> pictographs{{{0x2190, 0x21FF},
                                                     {0x2300, 0x23FF},
                                                     {0x25A0, 0x27BF},
                                                     {0x2B00, 0x2BFF},
                                                     {0xE000, 0xF8FF},
                                                     {0x1F000, 0x1FAFF},
                                                     {0xE0000, 0xE007F},
                                                     {0x20D0, 0x20F0}}};
  return among(pictographs, c);
}

/// Invisible, and no part of how a word is read (U+200C and U+200D are: they shape Persian and Indic words).
bool is_invisible(char32_t c) {
  static constexpr std::array<Range, 6> invisible{
      {{0x00, 0x08}, {0x0E, 0x1F}, {0x7F, 0x84}, {0x86, 0x9F}, {0xFE00, 0xFE0F}, {0x2060, 0x206F}}};
  return among(invisible, c) || c == 0xAD || c == 0x200B || c == 0xFEFF || c == replacement ||
         (c >= 0x200E && c <= 0x200F) || (c >= 0x202A && c <= 0x202E);
}

bool may_be_read(char32_t c) {
  if (is_space(c) || is_pictograph(c) || is_invisible(c)) return false;
  if (c < 0x80) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '&' ||
           c == '%' || c == '$' || c == '+' || c == '=' || c == '@' || c == '#';
  }
  static constexpr std::array<Range, 5> punctuation{
      {{0xA0, 0xA1}, {0xB7, 0xB8}, {0x2000, 0x206F}, {0x3001, 0x3020}, {0xFF01, 0xFF0F}}};
  const bool quote = c == 0xAB || c == 0xBB || c == 0xBF;
  return !quote && !among(punctuation, c);
}

}  // namespace

std::vector<Word> split_words(std::string_view utf8) {
  std::vector<Word> words;
  bool inside = false;
  const std::vector<CodePoint> points = decode_all(utf8);
  for (std::size_t i = 0; i < points.size(); ++i) {
    const CodePoint& point = points[i];
    if (is_space(point.value)) {
      inside = false;
      continue;
    }
    if (!inside) words.push_back({"", i, i, 0});
    inside = true;
    Word& word = words.back();
    if (point.value != replacement) word.text += utf8.substr(point.offset, point.size);
    word.end = i + 1;
    if (may_be_read(point.value)) ++word.letters;
  }
  std::erase_if(words, [](const Word& word) { return word.text.empty(); });
  return words;
}

Speakable make_speakable(std::string_view utf8) {
  Speakable result;
  const std::vector<CodePoint> points = decode_all(utf8);
  const auto append = [&result](std::string_view bytes, std::size_t position) {
    result.utf8 += bytes;
    result.origin.push_back(position);
  };
  bool after_pictograph = false;
  for (std::size_t i = 0; i < points.size(); ++i) {
    const CodePoint& point = points[i];
    const bool joiner = point.value == 0x200D && after_pictograph;  // a joiner within a compound emoji
    if (is_pictograph(point.value) || joiner) {
      append(" ", i);
      after_pictograph = true;
    } else if (is_space(point.value)) {
      append(point.value == '\n' ? "\n" : " ", i);
      after_pictograph = false;
    } else if (!is_invisible(point.value)) {
      append(utf8.substr(point.offset, point.size), i);
      after_pictograph = false;
    }
  }
  return result;
}

}  // namespace reelspool::words
