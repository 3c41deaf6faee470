#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace reelspool {

/// Text as code points: what splitting, counting and wrapping work on. Invalid UTF-8 decodes to U+FFFD, one
/// for each byte.
std::u32string to_code_points(std::string_view utf8);
std::string to_utf8(std::u32string_view text);

/// White space that may end a word or a line: not the no-break spaces. The ideographic space counts.
bool is_space(char32_t c);
/// C0, C1, byte-order marks and other invisible controls, new lines and tabs included; not the joiners that
/// Arabic, Indic scripts and emoji need.
bool is_control(char32_t c);
/// A mark or joiner that belongs to the character before it: a line never breaks in front of one.
bool is_combining(char32_t c);
/// Han, kana, hangul and their punctuation and full-width forms: as wide as two Latin letters.
bool is_wide(char32_t c);
/// Written without spaces between words (Han, kana; not hangul): a line may break between any two of them.
bool breaks_anywhere(char32_t c);
/// Pictographs and what joins and colours them. Nobody says them, and fonts draw most of them in colours
/// only.
bool is_emoji(char32_t c);
bool is_digit(char32_t c);
/// Lower case of the Latin, Greek and Cyrillic alphabets; scripts without case are neither.
bool is_lower(char32_t c);

/// `utf8` without any of the characters of `unwanted`; trimmed of spaces where that left some at the ends or doubled.
std::string without_characters(std::string_view utf8, std::string_view unwanted);

/// Columns that a text takes, where a Latin letter takes one, a wide character two and a combining one none.
std::size_t columns(std::u32string_view text);
std::size_t columns(std::string_view utf8);
/// Code points; at most utf8.size().
std::size_t count_characters(std::string_view utf8);

}  // namespace reelspool
