#pragma once

#include <string>
#include <string_view>

namespace reelspool {

/// Text of a job or a plugin, for a terminal: control characters, which could move the cursor, change colours or set a
/// window's title, are written out ("\x1b"). New lines and tabs stay. JSON needs none of this.
std::string legible(std::string_view text);

/// The same in one line: a new line is written out as well, so that no text can pass for a line of the log.
std::string legible_line(std::string_view text);

}  // namespace reelspool
