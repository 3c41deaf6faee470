#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "worker/story/caption_style.hpp"
#include "worker/story/words.hpp"

namespace reelspool {

/// A word in a caption. `glued`: it follows the one before it without a space (text written without spaces is
/// lit up in parts, and a word too long for a line is broken).
struct CaptionWord {
  std::string text;
  double start_s = 0;
  double end_s = 0;
  bool glued = false;
};

/// What is on the screen at once: one or two lines, from the moment its first word is said.
struct Cue {
  std::vector<std::vector<CaptionWord>> lines;
  double start_s = 0;
  double end_s = 0;  ///< never after the next one's start
};

/// Lays words out in cues. Every word appears once, in order; a cue begins with its first word and no word of
/// it is due before; cues do not overlap. A cue ends with a sentence, at a pause, or where its lines are
/// full, and is then about as long as its neighbours, so that no word is left alone. Linear in the words.
/// `words` must be in order and not overlap: sound_times() sees to it.
std::vector<Cue> make_cues(const std::vector<TimedWord>& words, const CaptionRoom& room);

/// One word at a time: each a cue, until the next one begins or it has been held a while.
std::vector<Cue> make_word_cues(const std::vector<TimedWord>& words);

/// Later by `seconds`.
std::vector<Cue> moved(std::vector<Cue> cues, double seconds);

}  // namespace reelspool
