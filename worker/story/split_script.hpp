#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace reelspool {

/// How long the scenes of a script may be, in columns (a Latin letter is one, a Han character two, so that a
/// scene takes about the same time in any script: 40 to 160 are 3 to 13 seconds).
struct SceneLengths {
  std::size_t least = 40;  ///< shorter ones are joined with a neighbour where the two fit
  std::size_t most = 160;  ///< longer sentences are split, at commas where there are any
};

/// Splits a script into what each scene says, by sentence and pause; the texts are clean_narration()s.
///
/// A sentence ends at . ! ? … and their like in other scripts (。！？ ؟ ।), with the quotes and brackets that
/// close there; not in "Dr. Ruiz", "3.5", "J. K.", "EE. UU.", "e.g. this" or "... and on". A pause is an
/// empty line, a line of dashes, a bullet, or "[pause]": no scene runs across one unless a part would be
/// tiny. All words come out, in order. Linear in the text.
std::vector<std::string> split_script(std::string_view script, SceneLengths lengths = {});

}  // namespace reelspool
