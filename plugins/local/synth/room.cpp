#include "plugins/local/synth/room.hpp"

#include <algorithm>
#include <cmath>

namespace reelspool::synth {

Room::Room(double rings_s) : before_(rate_hz / 55) {
  // Lengths without common factors, 29 to 79 ms: no pitch of their own.
  constexpr std::array<std::size_t, 8> lengths{1399, 1693, 1999, 2309, 2633, 2999, 3391, 3797};
  for (std::size_t i = 0; i < lines_.size(); ++i) {
    lines_[i].samples.resize(lengths[i]);
    lines_[i].gain =
        static_cast<float>(std::pow(0.001, static_cast<double>(lengths[i]) / (rings_s * rate_hz)));
  }
  thin_left_.set(220, 0.7);
  thin_right_.set(220, 0.7);
}

void Room::process(Block& block) {
  constexpr float darkening = 0.42F;
  for (std::size_t i = 0; i < block_samples; ++i) {
    const float in = before_[at_];
    before_[at_] = 0.5F * (block.left[i] + block.right[i]);
    at_ = at_ + 1 == before_.size() ? 0 : at_ + 1;
    std::array<float, 8> out{};
    float sum = 0;
    for (std::size_t k = 0; k < 8; ++k) {
      Line& line = lines_[k];
      line.dark += (1 - darkening) * (line.samples[line.at] - line.dark);
      out[k] = line.dark * line.gain;
      sum += out[k];
    }
    for (std::size_t k = 0; k < 8; ++k) {
      Line& line = lines_[k];
      const float side = k % 2 == 0 ? block.left[i] : block.right[i];
      line.samples[line.at] = out[k] - 0.25F * sum + 0.35F * (0.7F * in + 0.3F * side);
      line.at = line.at + 1 == line.samples.size() ? 0 : line.at + 1;
    }
    block.left[i] = thin_left_.high(out[0] + out[2] - out[4] + out[6]);
    block.right[i] = thin_right_.high(out[1] - out[3] + out[5] + out[7]);
  }
}

Echo::Echo(double seconds)
    : left_(static_cast<std::size_t>(std::max(seconds, 0.01) * rate_hz)), right_(left_.size()) {
  dark_left_.set(2600, 0.6);
  dark_right_.set(2600, 0.6);
}

void Echo::process(Block& block) {
  constexpr float again = 0.42F;
  for (std::size_t i = 0; i < block_samples; ++i) {
    const float from_left = left_[at_], from_right = right_[at_];
    left_[at_] = dark_left_.low(0.5F * (block.left[i] + block.right[i]) + again * from_right);
    right_[at_] = dark_right_.low(again * from_left);
    at_ = at_ + 1 == left_.size() ? 0 : at_ + 1;
    block.left[i] = from_left;
    block.right[i] = from_right;
  }
}

void Limiter::process(Block& block) {
  float peak = 0;
  for (std::size_t i = 0; i < block_samples; ++i) {
    peak = std::max({peak, std::abs(block.left[i]), std::abs(block.right[i])});
  }
  std::swap(ahead_[at_], block);
  at_ = (at_ + 1) % ahead_.size();
  // `block` is now the oldest of four; the loudest of the four decides how far down the gain has to be at its end.
  float loudest = peak;
  for (const Block& next : ahead_) {
    for (std::size_t i = 0; i < block_samples; ++i) {
      loudest = std::max({loudest, std::abs(next.left[i]), std::abs(next.right[i])});
    }
  }
  const float target = loudest > ceiling_ ? ceiling_ / loudest : 1.0F;
  constexpr float recovery = 0.012F;  // a block: about 100 ms
  const float next = target < gain_ ? target : std::min(target, gain_ + recovery * (1 - gain_) + 1e-4F);
  const float step = (next - gain_) / block_samples;
  for (std::size_t i = 0; i < block_samples; ++i) {
    gain_ += step;
    block.left[i] = std::clamp(block.left[i] * gain_, -ceiling_, ceiling_);
    block.right[i] = std::clamp(block.right[i] * gain_, -ceiling_, ceiling_);
  }
}

}  // namespace reelspool::synth
