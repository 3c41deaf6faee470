#pragma once

#include <array>
#include <string_view>
#include <vector>

#include "plugins/local/synth/score.hpp"

namespace reelspool::synth {

/// What the parts play in a bar of sixteen sixteenths: '.' rests, digits 1-9 are how loud.
using Pattern = std::string_view;

/// A sort of music: everything that compose() chooses from.
struct Mood {
  std::string_view name;
  double slowest_bpm, fastest_bpm;
  Scale scale;
  std::string_view mode;
  std::vector<std::array<int, 4>> progressions;  ///< degrees, a bar each
  bool sevenths, ninths;
  Part chords;                   ///< what holds the chords: pad or strings
  Part figure;                   ///< what plays the broken chords
  std::vector<Pattern> figures;  ///< rungs of the ladder ('0' the lowest), sixteen to the bar
  std::vector<Pattern> bass;     ///< loudness
  std::vector<Pattern> keys;     ///< chords struck on keys; empty: none
  std::vector<Pattern> kick, clap, shaker, tom;
  bool bell;  ///< a small tune in the fullest parts
  double brightness, room;
};

const std::vector<Mood>& all_moods();

}  // namespace reelspool::synth
