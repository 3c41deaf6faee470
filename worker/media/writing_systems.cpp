#include "worker/media/writing_systems.hpp"

#include <algorithm>
#include <iterator>

namespace reelspool {
namespace {

constexpr std::string_view core = "fonts-noto-core";
constexpr std::string_view cjk = "fonts-noto-cjk";
// Not fonts-noto-color-emoji: libass draws outlines only, and shows boxes for a font of coloured bitmaps
// (measured with libass 0.17.1). Symbola looks better; Unifont has every character.
constexpr std::string_view emoji = "fonts-symbola or fonts-unifont";
constexpr std::string_view rare = "fonts-noto-extra or fonts-unifont";

/// In order. Source: Unicode 15 Blocks.txt, blocks of one script joined. What fonts-noto-core has: Debian
/// 12's package.
constexpr WritingSystem systems[] = {
    {0x0020, 0x024F, "Latin", core},
    {0x0250, 0x02FF, "phonetic", core},
    {0x0300, 0x036F, "combining marks", core},
    {0x0370, 0x03FF, "Greek", core},
    {0x0400, 0x052F, "Cyrillic", core},
    {0x0530, 0x058F, "Armenian", core},
    {0x0590, 0x05FF, "Hebrew", core},
    {0x0600, 0x06FF, "Arabic", core},
    {0x0700, 0x074F, "Syriac", core},
    {0x0750, 0x077F, "Arabic", core},
    {0x0780, 0x07BF, "Thaana", core},
    {0x07C0, 0x07FF, "N'Ko", core},
    {0x0800, 0x083F, "Samaritan", core},
    {0x0840, 0x085F, "Mandaic", core},
    {0x0860, 0x086F, "Syriac", core},
    {0x0870, 0x08FF, "Arabic", core},
    {0x0900, 0x097F, "Devanagari", core},
    {0x0980, 0x09FF, "Bengali", core},
    {0x0A00, 0x0A7F, "Gurmukhi", core},
    {0x0A80, 0x0AFF, "Gujarati", core},
    {0x0B00, 0x0B7F, "Oriya", core},
    {0x0B80, 0x0BFF, "Tamil", core},
    {0x0C00, 0x0C7F, "Telugu", core},
    {0x0C80, 0x0CFF, "Kannada", core},
    {0x0D00, 0x0D7F, "Malayalam", core},
    {0x0D80, 0x0DFF, "Sinhala", core},
    {0x0E00, 0x0E7F, "Thai", core},
    {0x0E80, 0x0EFF, "Lao", core},
    {0x0F00, 0x0FFF, "Tibetan", core},
    {0x1000, 0x109F, "Myanmar", core},
    {0x10A0, 0x10FF, "Georgian", core},
    {0x1100, 0x11FF, "Hangul", cjk},
    {0x1200, 0x139F, "Ethiopic", core},
    {0x13A0, 0x13FF, "Cherokee", core},
    {0x1400, 0x167F, "Canadian syllabics", core},
    {0x1680, 0x169F, "Ogham", core},
    {0x16A0, 0x16FF, "runic", core},
    {0x1780, 0x17FF, "Khmer", core},
    {0x1800, 0x18AF, "Mongolian", core},
    {0x18B0, 0x18FF, "Canadian syllabics", core},
    {0x1950, 0x19DF, "Tai Le and New Tai Lue", core},
    {0x19E0, 0x19FF, "Khmer", core},
    {0x1A20, 0x1AAF, "Tai Tham", core},
    {0x1AB0, 0x1AFF, "combining marks", core},
    {0x1B00, 0x1B7F, "Balinese", core},
    {0x1C50, 0x1C7F, "Ol Chiki", core},
    {0x1C80, 0x1C8F, "Cyrillic", core},
    {0x1C90, 0x1CBF, "Georgian", core},
    {0x1D00, 0x1DBF, "phonetic", core},
    {0x1DC0, 0x1DFF, "combining marks", core},
    {0x1E00, 0x1EFF, "Latin", core},
    {0x1F00, 0x1FFF, "Greek", core},
    {0x2000, 0x206F, "punctuation", core},
    {0x2070, 0x209F, "superscripts and subscripts", core},
    {0x20A0, 0x20CF, "currency signs", core},
    {0x20D0, 0x20FF, "combining marks", core},
    {0x2100, 0x218F, "letter-like symbols and number forms", core},
    {0x2190, 0x21FF, "arrows", core},
    {0x2200, 0x22FF, "mathematics", core},
    {0x2300, 0x25FF, "symbols", core},
    {0x2600, 0x27BF, "emoji", emoji},
    {0x27C0, 0x2AFF, "mathematics", core},
    {0x2B00, 0x2BFF, "symbols", core},
    {0x2C60, 0x2C7F, "Latin", core},
    {0x2C80, 0x2CFF, "Coptic", core},
    {0x2D00, 0x2D2F, "Georgian", core},
    {0x2D30, 0x2D7F, "Tifinagh", core},
    {0x2D80, 0x2DDF, "Ethiopic", core},
    {0x2DE0, 0x2DFF, "Cyrillic", core},
    {0x2E00, 0x2E7F, "punctuation", core},
    {0x2E80, 0x2FDF, "Han", cjk},
    {0x3000, 0x303F, "Chinese, Japanese and Korean punctuation", cjk},
    {0x3040, 0x309F, "hiragana", cjk},
    {0x30A0, 0x30FF, "katakana", cjk},
    {0x3100, 0x312F, "bopomofo", cjk},
    {0x3130, 0x318F, "Hangul", cjk},
    {0x3190, 0x33FF, "Chinese, Japanese and Korean symbols", cjk},
    {0x3400, 0x9FFF, "Han", cjk},
    {0xA000, 0xA4CF, "Yi", core},
    {0xA4D0, 0xA4FF, "Lisu", core},
    {0xA500, 0xA63F, "Vai", core},
    {0xA640, 0xA69F, "Cyrillic", core},
    {0xA720, 0xA7FF, "Latin", core},
    {0xA8E0, 0xA8FF, "Devanagari", core},
    {0xA960, 0xA97F, "Hangul", cjk},
    {0xA980, 0xA9DF, "Javanese", core},
    {0xA9E0, 0xA9FF, "Myanmar", core},
    {0xAA00, 0xAA5F, "Cham", core},
    {0xAA60, 0xAA7F, "Myanmar", core},
    {0xAB00, 0xAB2F, "Ethiopic", core},
    {0xAB30, 0xAB6F, "Latin", core},
    {0xAB70, 0xABBF, "Cherokee", core},
    {0xAC00, 0xD7FF, "Hangul", cjk},
    {0xE000, 0xF8FF, "private use", "the font that this text was made for"},
    {0xF900, 0xFAFF, "Han", cjk},
    {0xFB00, 0xFB4F, "ligatures", core},
    {0xFB50, 0xFDFF, "Arabic", core},
    {0xFE20, 0xFE2F, "combining marks", core},
    {0xFE30, 0xFE6F, "Chinese, Japanese and Korean punctuation", cjk},
    {0xFE70, 0xFEFE, "Arabic", core},
    {0xFF00, 0xFFEF, "half-width and full-width forms", cjk},
    {0x10000, 0x1D0FF, "a historic script", rare},
    {0x1D100, 0x1D3FF, "musical and counting symbols", rare},
    {0x1D400, 0x1D7FF, "mathematics", core},
    {0x1E900, 0x1E95F, "Adlam", core},
    {0x1EE00, 0x1EEFF, "mathematics", core},
    {0x1F000, 0x1FAFF, "emoji", emoji},
    {0x1FB00, 0x1FBFF, "symbols", rare},
    {0x20000, 0x323AF, "Han", cjk},
    {0xF0000, 0x10FFFF, "private use", "the font that this text was made for"},
};
constexpr WritingSystem unlisted{0, 0x10FFFF, "a rare script", rare};

struct Range {
  char32_t first, last;
};
/// In order. Source: Unicode 15, categories Cc, Cf, Zs, Zl, Zp and the variation selectors.
constexpr Range invisible[] = {
    {0x0000, 0x0020}, {0x007F, 0x00A0},   {0x00AD, 0x00AD}, {0x034F, 0x034F}, {0x061C, 0x061C},
    {0x1680, 0x1680}, {0x180B, 0x180F},   {0x2000, 0x200F}, {0x2028, 0x202F}, {0x205F, 0x206F},
    {0x3000, 0x3000}, {0x3164, 0x3164},   {0xD800, 0xDFFF}, {0xFE00, 0xFE0F}, {0xFEFF, 0xFEFF},
    {0xFFF9, 0xFFFB}, {0xE0000, 0xE0FFF},
};

/// The last range that begins at or before the character, or the end.
template <class Ranges>
auto range_of(const Ranges& ranges, char32_t character) {
  auto after = std::upper_bound(std::begin(ranges), std::end(ranges), character,
                                [](char32_t c, const auto& range) { return c < range.first; });
  if (after == std::begin(ranges)) return std::end(ranges);
  const auto range = std::prev(after);
  return character <= range->last ? range : std::end(ranges);
}

}  // namespace

const WritingSystem& writing_system_of(char32_t character) {
  const auto found = range_of(systems, character);
  return found == std::end(systems) ? unlisted : *found;
}

bool is_invisible(char32_t character) {
  return range_of(invisible, character) != std::end(invisible);
}

}  // namespace reelspool
