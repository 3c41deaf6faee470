#pragma once

#include <string>
#include <string_view>

namespace reelspool {

/// A script as it is to be said (REQUIREMENTS S8): bullets, headings, emphasis marks and audio tags are out,
/// white space is folded, `!!!` is `!`. Words are never changed, added or lost; quotes, braces, backslashes
/// and percent signs stay.
///
///   "- **Fast**!!!\n- Fresh [excited]"  ->  "Fast! Fresh"
///
/// It may be left with nothing that could be said: see is_sayable().
std::string clean_narration(std::string_view text);

/// White space folded, control characters out: all that is done to a text that is seen or asked for, not
/// said.
std::string fold_spaces(std::string_view text);

/// Whether anything in it can be said aloud: a letter or a digit of any script.
bool is_sayable(std::string_view text);

}  // namespace reelspool
