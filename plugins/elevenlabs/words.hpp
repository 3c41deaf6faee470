#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "plugins/sdk/http_answer.hpp"

namespace reelspool::elevenlabs {

struct Word {
  std::string text;
  double start = 0, end = 0;  ///< seconds
};

/// The words of an "alignment" ({"characters", "character_start_times_seconds", "character_end_times_seconds"}): split at
/// white space, without audio tags such as [whispers], in order, never overlapping. Empty when it is none: lists of
/// unequal length, something else than text and numbers, a time that goes back. `cuts`: numbers of characters before which a
/// word ends though no white space stands there, in order: where another speaker begins.
std::vector<Word> words_of(const sdk::Json& alignment, const std::vector<std::size_t>& cuts = {});

}  // namespace reelspool::elevenlabs
