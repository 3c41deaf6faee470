#include "plugins/elevenlabs/words.hpp"

#include <algorithm>

namespace reelspool::elevenlabs {
namespace {

using sdk::Json;

bool is_space(const std::string& character) {
  // Among them the spaces that are no ASCII: no-break, ideographic, line and paragraph separators.
  return character == " " || character == "\n" || character == "\t" || character == "\r" ||
         character == "\u00a0" || character == "\u3000" || character == "\u2028" || character == "\u2029";
}

}  // namespace

std::vector<Word> words_of(const Json& alignment, const std::vector<std::size_t>& cuts) {
  const Json& characters = sdk::at(alignment, "/characters");
  const Json& starts = sdk::at(alignment, "/character_start_times_seconds");
  const Json& ends = sdk::at(alignment, "/character_end_times_seconds");
  if (!characters.is_array() || !starts.is_array() || !ends.is_array() ||
      starts.size() != characters.size() || ends.size() != characters.size())
    return {};
  std::vector<Word> words;
  Word word;
  double until = 0;  // the end of what was said so far
  bool tag = false;
  const auto finish = [&] {
    if (!word.text.empty()) words.push_back(word);
    word = {};
  };
  for (std::size_t i = 0; i < characters.size(); ++i) {
    if (!characters[i].is_string() || !starts[i].is_number() || !ends[i].is_number()) return {};
    const std::string character = characters[i].get<std::string>();
    const double start = starts[i].get<double>(), end = ends[i].get<double>();
    if (!(start >= 0) || !(end >= start) || !(end < 86'400) || start + 0.5 < until) return {};
    if (std::binary_search(cuts.begin(), cuts.end(), i)) finish();
    if (character == "[") tag = true;
    if (tag || is_space(character)) finish();
    if (tag && character == "]") {
      tag = false;
    } else if (!tag && !is_space(character)) {
      if (word.text.empty()) word.start = std::max(start, until);
      word.text += character;
      word.end = std::max(end, word.start);
      until = word.end;
    }
  }
  finish();
  return words;
}

}  // namespace reelspool::elevenlabs
