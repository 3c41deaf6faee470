#pragma once

#include <string_view>

namespace reelspool {

/// What a character is written in, and what to install on Debian or Ubuntu to draw it.
struct WritingSystem {
  char32_t first, last;
  std::string_view name;     ///< "Han"
  std::string_view package;  ///< "fonts-noto-cjk"
};

/// By ranges of Unicode 15 blocks; for a character of none of them a row that names nothing more exact than
/// "U+XXXX" could.
const WritingSystem& writing_system_of(char32_t character);

/// Whether nothing is drawn for it: controls, spaces, joiners, direction marks, variation selectors, tags.
/// Combining marks are drawn.
bool is_invisible(char32_t character);

}  // namespace reelspool
