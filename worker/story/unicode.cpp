#include "worker/story/unicode.hpp"

#include <algorithm>
#include <array>

namespace reelspool {
namespace {

struct Range {
  char32_t first, last;
};

template <std::size_t N>
bool within(const std::array<Range, N>& ranges, char32_t c) {
  return std::any_of(ranges.begin(), ranges.end(),
                     [c](const Range& range) { return c >= range.first && c <= range.last; });
}

// From UAX 11 (East Asian Width W and F), without the pictographs, which are is_emoji's.
constexpr std::array<Range, 9> wide = {{{0x1100, 0x115F},
                                        {0x2E80, 0x303E},
                                        {0x3041, 0x33FF},
                                        {0x3400, 0x4DBF},
                                        {0x4E00, 0xA4CF},
                                        {0xAC00, 0xD7A3},
                                        {0xF900, 0xFAFF},
                                        {0xFE30, 0xFE4F},
                                        {0xFF00, 0xFF60}}};
constexpr std::array<Range, 6> unspaced = {{{0x2E80, 0x30FF},
                                            {0x3400, 0x4DBF},
                                            {0x4E00, 0x9FFF},
                                            {0xF900, 0xFAFF},
                                            {0xFF01, 0xFF60},
                                            {0x20000, 0x3FFFD}}};
// General categories Mn, Mc and Me of the scripts that fonts of Debian cover, the joiners and variation
// selectors.
constexpr std::array<Range, 17> combining = {{{0x0300, 0x036F},
                                              {0x0483, 0x0489},
                                              {0x0591, 0x05BD},
                                              {0x05BF, 0x05C7},
                                              {0x0610, 0x061A},
                                              {0x064B, 0x065F},
                                              {0x0670, 0x0670},
                                              {0x06D6, 0x06ED},
                                              {0x0900, 0x0903},
                                              {0x093A, 0x094F},
                                              {0x0E31, 0x0E3A},
                                              {0x0E47, 0x0E4E},
                                              {0x1AB0, 0x1AFF},
                                              {0x200C, 0x200D},
                                              {0x20D0, 0x20FF},
                                              {0xFE00, 0xFE0F},
                                              {0x1F3FB, 0x1F3FF}}};
constexpr std::array<Range, 9> pictographs = {{{0x2600, 0x27BF},
                                               {0x2B05, 0x2B07},
                                               {0x2B1B, 0x2B1C},
                                               {0x2B50, 0x2B55},
                                               {0x20E3, 0x20E3},
                                               {0xFE0F, 0xFE0F},
                                               {0x1F000, 0x1FAFF},
                                               {0x231A, 0x231B},
                                               {0x23E9, 0x23FA}}};

/// Reads the code point at `i` and moves `i` past it.
char32_t decode(std::string_view text, std::size_t& i) {
  const auto lead = static_cast<unsigned char>(text[i]);
  const std::size_t length = lead < 0x80                                        ? 1
                             : lead >= 0xC2 && lead < 0xE0                      ? 2
                             : lead >= 0xE0 && lead < 0xF0                      ? 3
                             : lead >= 0xF0 && lead < 0xF5 /* up to U+10FFFF */ ? 4
                                                                                : 0;
  if (length == 1) return static_cast<char32_t>(text[i++]);
  if (length == 0 || i + length > text.size()) return ++i, U'\uFFFD';
  char32_t c = lead & (0x7Fu >> length);
  for (std::size_t k = 1; k < length; ++k) {
    const auto next = static_cast<unsigned char>(text[i + k]);
    if ((next & 0xC0) != 0x80) return ++i, U'\uFFFD';
    c = (c << 6) | (next & 0x3Fu);
  }
  const bool overlong = (length == 3 && c < 0x800) || (length == 4 && c < 0x10000);
  if (overlong || c > 0x10FFFF || (c >= 0xD800 && c < 0xE000)) return ++i, U'\uFFFD';
  i += length;
  return c;
}

}  // namespace

std::u32string to_code_points(std::string_view utf8) {
  std::u32string text;
  text.reserve(utf8.size());
  for (std::size_t i = 0; i < utf8.size();) text += decode(utf8, i);
  return text;
}

std::string to_utf8(std::u32string_view text) {
  std::string utf8;
  utf8.reserve(text.size());
  for (const char32_t c : text) {
    if (c < 0x80) {
      utf8 += static_cast<char>(c);
    } else if (c < 0x800) {
      utf8 += {static_cast<char>(0xC0 | (c >> 6)), static_cast<char>(0x80 | (c & 0x3F))};
    } else if (c < 0x10000) {
      utf8 += {static_cast<char>(0xE0 | (c >> 12)), static_cast<char>(0x80 | ((c >> 6) & 0x3F)),
               static_cast<char>(0x80 | (c & 0x3F))};
    } else {
      utf8 += {static_cast<char>(0xF0 | (c >> 18)), static_cast<char>(0x80 | ((c >> 12) & 0x3F)),
               static_cast<char>(0x80 | ((c >> 6) & 0x3F)), static_cast<char>(0x80 | (c & 0x3F))};
    }
  }
  return utf8;
}

bool is_space(char32_t c) {
  return c == ' ' || (c >= 9 && c <= 13) || c == 0x85 || c == 0x1680 || (c >= 0x2000 && c <= 0x2006) ||
         (c >= 0x2008 && c <= 0x200B) || c == 0x2028 || c == 0x2029 || c == 0x205F || c == 0x3000;
}

bool is_control(char32_t c) {
  return c < 0x20 || (c >= 0x7F && c < 0xA0) || c == 0xAD || c == 0x2028 || c == 0x2029 || c == 0x2060 ||
         c == 0xFEFF || (c >= 0xFFF9 && c <= 0xFFFB) || (c >= 0xE0000 && c <= 0xE007F);
}

bool is_combining(char32_t c) {
  return c >= 0x300 && within(combining, c);
}

bool is_wide(char32_t c) {
  return c >= 0x1100 && (within(wide, c) || is_emoji(c) || (c >= 0x20000 && c <= 0x3FFFD));
}

bool breaks_anywhere(char32_t c) {
  return c >= 0x2E80 && within(unspaced, c);
}

bool is_emoji(char32_t c) {
  return c >= 0x20E3 && within(pictographs, c);
}

bool is_digit(char32_t c) {
  return (c >= '0' && c <= '9') || (c >= 0x0660 && c <= 0x0669) || (c >= 0xFF10 && c <= 0xFF19);
}

bool is_lower(char32_t c) {
  if (c >= 'a' && c <= 'z') return true;
  if ((c >= 0xDF && c <= 0xF6) || (c >= 0xF8 && c <= 0xFF)) return true;
  if (c >= 0x100 && c <= 0x17F) return (c % 2 == 1) != ((c >= 0x139 && c <= 0x148) || c >= 0x179);
  return (c >= 0x3AC && c <= 0x3CE) || (c >= 0x430 && c <= 0x45F);
}

std::string without_characters(std::string_view utf8, std::string_view unwanted) {
  if (unwanted.empty()) return std::string(utf8);
  const std::u32string out = to_code_points(unwanted);
  std::u32string kept;
  bool dropped = false;  // the one before: then its joiners and colours go with it
  for (const char32_t c : to_code_points(utf8)) {
    dropped = out.find(c) != std::u32string::npos || (dropped && is_combining(c));
    const bool doubled = is_space(c) && (kept.empty() || is_space(kept.back()));
    if (!dropped && !doubled) kept += c;
  }
  while (!kept.empty() && is_space(kept.back())) kept.pop_back();
  return to_utf8(kept);
}

std::size_t columns(std::u32string_view text) {
  std::size_t sum = 0;
  for (const char32_t c : text) sum += is_combining(c) ? 0 : is_wide(c) ? 2 : 1;
  return sum;
}

std::size_t columns(std::string_view utf8) {
  return columns(to_code_points(utf8));
}

std::size_t count_characters(std::string_view utf8) {
  return to_code_points(utf8).size();
}

}  // namespace reelspool
