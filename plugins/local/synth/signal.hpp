#pragma once

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numbers>

namespace reelspool::synth {

inline constexpr int rate_hz = 48000;
inline constexpr std::size_t block_samples = 64;  // how often filters and envelopes are looked at: 1.3 ms

/// A stretch of stereo sound.
struct Block {
  std::array<float, block_samples> left{}, right{};
};

/// White noise, -1 to 1. Source: xorshift32, Marsaglia 2003.
class Noise {
 public:
  explicit Noise(std::uint32_t seed) : state_(seed | 1U) {}
  float next() {
    state_ ^= state_ << 13U;
    state_ ^= state_ >> 17U;
    state_ ^= state_ << 5U;
    return static_cast<float>(static_cast<std::int32_t>(state_)) * 0x1p-31F;
  }

 private:
  std::uint32_t state_;
};

/// A phase that goes round, and the waves read off it.
class Phase {
 public:
  explicit Phase(double start = 0) : at_(start) {}
  void advance(double frequency_hz) {
    step_ = frequency_hz / rate_hz;
    at_ += step_;
    if (at_ >= 1) at_ -= static_cast<double>(static_cast<long>(at_));
  }
  float sine() const { return sine(0); }
  float sine(float shift) const {
    return std::sin(static_cast<float>(2 * std::numbers::pi * at_) + shift);  // of float: four times as fast
  }
  /// A saw whose corner is rounded over two samples, so that it does not alias. Source: PolyBLEP, Välimäki 2007.
  float saw() const {
    double value = 2 * at_ - 1;
    if (at_ < step_) {
      const double t = at_ / step_;
      value -= t + t - t * t - 1;
    } else if (at_ > 1 - step_) {
      const double t = (at_ - 1) / step_;
      value -= t * t + t + t + 1;
    }
    return static_cast<float>(value);
  }

 private:
  double at_, step_ = 0.001;
};

/// A filter of second order that may be moved while it sounds. Source: Simper, "Solving the continuous SVF equations", 2013.
class Filter {
 public:
  void set(double cutoff_hz, double resonance) {
    g_ = static_cast<float>(std::tan(std::numbers::pi * std::min(cutoff_hz, rate_hz * 0.45) / rate_hz));
    k_ = static_cast<float>(1 / resonance);
    a1_ = 1 / (1 + g_ * (g_ + k_));
  }
  float low(float in) {
    step(in);
    return low_;
  }
  float band(float in) {
    step(in);
    return band_ * k_;
  }
  float high(float in) {
    step(in);
    return in - k_ * band_ - low_;
  }

 private:
  void step(float in) {
    const float v3 = in - second_;
    band_ = a1_ * first_ + g_ * a1_ * v3;
    low_ = second_ + g_ * band_;
    first_ = 2 * band_ - first_;
    second_ = 2 * low_ - second_;
  }
  float g_ = 0.1F, k_ = 1, a1_ = 1, first_ = 0, second_ = 0, low_ = 0, band_ = 0;
};

/// Loudness that falls by 60 dB in a given time.
class Decay {
 public:
  explicit Decay(double seconds) : factor_(static_cast<float>(std::pow(0.001, 1 / (seconds * rate_hz)))) {}
  float next() { return level_ *= factor_; }

 private:
  float level_ = 1, factor_;
};

}  // namespace reelspool::synth
