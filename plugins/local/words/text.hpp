// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace reelspool::words {

/// A text as its reader sees it: words between white space, each with all that stands on it ("¿Qué?",
/// "\"12:30\","). No-break spaces do not part words. Positions are code points from 0; invalid UTF-8 counts
/// as one code point a byte.
struct Word {
  std::string text;       ///< as it stands in the text
  std::size_t begin = 0;  ///< first code point
  std::size_t end = 0;    ///< one past the last
  int letters = 0;        ///< letters, digits and signs that may be read aloud; 0 for a lone dash or emoji
};

/// What is handed to the synthesiser, and where each of its code points came from. Emoji, controls and
/// invisible characters are out (espeak-ng reads emoji by their names); nothing else is touched.
struct Speakable {
  std::string utf8;
  std::vector<std::size_t> origin;  ///< origin[i]: position in the text of code point i
};

std::vector<Word> split_words(std::string_view utf8);
Speakable make_speakable(std::string_view utf8);

}  // namespace reelspool::words
