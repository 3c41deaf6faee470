#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace reelspool {

/// A word of a narration and when it is heard, in seconds from the narration's beginning.
struct TimedWord {
  std::string text;  ///< as it stands in the text, punctuation attached
  double start_s = 0;
  double end_s = 0;
};

/// The words of a text over a length of time, each with a share by its letters (REQUIREMENTS S12: where the
/// provider gives no times). A guess, and only as good as one.
std::vector<TimedWord> spread_words(std::string_view text, double seconds);

/// Times that can be shown: in order, none overlapping, none without length, all within 0 to `seconds`. What
/// a provider reports is not trusted to be so. Words without text are left out; no other word is.
std::vector<TimedWord> sound_times(std::vector<TimedWord> words, double seconds);

}  // namespace reelspool
