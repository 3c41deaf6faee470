#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "plugins/local/chance.hpp"

namespace reelspool::synth {

using local::Chance;

/// Seven notes of an octave, as semitones over the first.
using Scale = std::array<int, 7>;
inline constexpr Scale major{0, 2, 4, 5, 7, 9, 11};
inline constexpr Scale minor{0, 2, 3, 5, 7, 8, 10};
inline constexpr Scale lydian{0, 2, 4, 6, 7, 9, 11};

struct Key {
  int root = 60;  ///< MIDI number of the first note, 60 to 71
  Scale scale = major;

  /// MIDI number of a step of the scale: 0 is the root, 7 the root an octave up, -1 the note below.
  int pitch(int step) const;
  bool contains(int midi) const;
};

/// A chord by its place in the scale. All its notes are in the key.
struct Chord {
  int degree = 0;  ///< 0-6: I to VII
  bool seventh = false;
  bool ninth = false;

  /// Steps of the scale, root first: root, third, fifth, and the seventh and ninth where it has them.
  std::vector<int> steps() const;
};

/// Spreads the chord's notes around `centre` (MIDI), so that each voice moves as little as can be from the chord before
/// (empty: none). The third is always there; with more than four notes the fifth goes.
std::vector<int> voice_chord(const Key& key, const Chord& chord, const std::vector<int>& before, int centre);

/// The chord's notes from `lowest` up, `count` of them, over the octaves.
std::vector<int> ladder(const Key& key, const Chord& chord, int lowest, int count);

double frequency_hz(double midi);  ///< equal temperament, A4 (69) = 440 Hz

}  // namespace reelspool::synth
