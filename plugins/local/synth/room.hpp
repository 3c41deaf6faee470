#pragma once

#include <array>
#include <vector>

#include "plugins/local/synth/signal.hpp"

namespace reelspool::synth {

/// Reverberation: eight delay lines that feed each other, each a little darker every time round.
/// Source: feedback delay network with a Householder matrix, Jot and Chaigne, 1991.
class Room {
 public:
  /// `rings_s`: until the sound has fallen by 60 dB.
  explicit Room(double rings_s);
  /// Replaces the block by what comes back from the room.
  void process(Block& block);

 private:
  struct Line {
    std::vector<float> samples;
    std::size_t at = 0;
    float gain = 0, dark = 0;
  };
  std::array<Line, 8> lines_;
  std::vector<float> before_;  // the way to the first wall
  std::size_t at_ = 0;
  Filter thin_left_, thin_right_;
};

/// An echo that goes from side to side.
class Echo {
 public:
  explicit Echo(double seconds);
  void process(Block& block);

 private:
  std::vector<float> left_, right_;
  std::size_t at_ = 0;
  Filter dark_left_, dark_right_;
};

/// Keeps peaks under a ceiling: looks 4 ms ahead, so that it is down in time, and comes up again slowly.
class Limiter {
 public:
  explicit Limiter(float ceiling) : ceiling_(ceiling) {}
  void process(Block& block);
  static constexpr std::size_t delay_samples = 3 * block_samples;

 private:
  float ceiling_, gain_ = 1;
  std::array<Block, 4> ahead_{};
  std::size_t at_ = 0;
};

}  // namespace reelspool::synth
