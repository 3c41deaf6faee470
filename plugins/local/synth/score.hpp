#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "plugins/local/synth/harmony.hpp"

namespace reelspool::synth {

enum class Part { pad, strings, keys, pluck, bell, bass, kick, clap, shaker, tom, swell };

struct Note {
  Part part = Part::pad;
  double start_s = 0;
  double length_s = 0;
  int midi = 60;    ///< of drums: unused
  double loud = 1;  ///< 0-1
  double pan = 0;   ///< -1 left to 1 right
};

/// A piece of music, ready to be played. Notes in the order of their starts.
struct Score {
  double seconds = 0;
  double tempo_bpm = 0;
  Key key;
  std::string mode;           ///< "major", "minor", "lydian"
  std::vector<Chord> chords;  ///< one a bar, as often as there are bars; the last is where it comes to rest
  std::vector<Note> notes;
  double brightness = 0.5;  ///< 0-1: how open the pads sound
  double room = 0.5;        ///< 0-1: how much reverberation
};

/// upbeat, calm, warm, dramatic, corporate.
std::vector<std::string_view> moods();

/// Composes a bed: a progression of four chords that goes round, an opening that builds up, a middle that rises and rests, and
/// an ending on the tonic that dies away with the piece's last second, whatever its length. The tempo is the mood's, moved by
/// at most 12 % (more only under ten seconds) so that whole bars fill the time. The same mood, seed and length give the same
/// score. `seconds`: 1 to 3600. Nothing for a mood that is not one of moods().
std::optional<Score> compose(std::string_view mood, std::uint64_t seed, double seconds);

}  // namespace reelspool::synth
