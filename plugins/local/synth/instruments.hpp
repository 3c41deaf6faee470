#pragma once

#include <cstdint>
#include <memory>

#include "plugins/local/synth/score.hpp"
#include "plugins/local/synth/signal.hpp"

namespace reelspool::synth {

/// One note that is sounding.
class Voice {
 public:
  virtual ~Voice() = default;
  /// Writes the next block, silence before `from` (the sample at which it starts, in its first block). False once it is over.
  virtual bool render(Block& out, std::size_t from) = 0;
};

/// The instrument of the note's part. `brightness` as in Score; `seed` makes strokes of one instrument differ.
std::unique_ptr<Voice> start_voice(const Note& note, double brightness, std::uint32_t seed);

/// How loud a part is in the whole, and how much of it goes to the echo and into the room.
struct Place {
  float level, echo, room;
  bool ducks;  ///< gives way to the kick
};
Place place_of(Part part);

}  // namespace reelspool::synth
