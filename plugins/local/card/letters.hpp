#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

/// UTF-8 text as letters: what laying out a headline needs to know about scripts. Invalid bytes are passed
/// over.
namespace reelspool::local::letters {

std::vector<std::string> split(std::string_view text);       ///< at white space
std::vector<std::string> characters(std::string_view text);  ///< one string a code point
std::size_t count(std::string_view text);                    ///< code points

std::string lower(std::string_view text);        ///< of Latin letters
std::string capitalised(std::string_view word);  ///< the first letter, after marks like "¿"; Latin letters

std::string trim_marks(std::string_view word);   ///< without punctuation and quotes at both ends
std::string trim_quotes(std::string_view word);  ///< without closing quotes and brackets
std::string trim_left(
    std::string_view word);  ///< without opening quotes, brackets and dashes; keeps ¿ ¡ # @ $
std::string trim_right(std::string_view word);  ///< without , . ; : and closing quotes; keeps ? ! … %
std::string without_pictographs(std::string_view text);

bool is_unspaced(
    std::string_view text);  ///< begins in a script without spaces (Han, Kana, Thai, Lao, Khmer, Burmese)
bool is_right_to_left(std::string_view text);  ///< begins in Arabic, Hebrew, Syriac or Thaana

/// Width of a text in Inter Display ExtraBold, in em. Scripts that the font does not have are estimated
/// generously.
double width_em(std::string_view text);

}  // namespace reelspool::local::letters
