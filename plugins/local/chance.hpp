#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace reelspool::local {

/// A seeded source of chance: the same seed gives the same choices on every machine.
/// Source: splitmix64, Sebastiano Vigna, public domain.
class Chance {
 public:
  explicit Chance(std::uint64_t seed) : state_(seed) {}

  std::uint64_t next() {
    std::uint64_t z = (state_ += 0x9E3779B97F4A7C15ULL);
    z = (z ^ (z >> 30U)) * 0xBF58476D1CE4E5B9ULL;
    z = (z ^ (z >> 27U)) * 0x94D049BB133111EBULL;
    return z ^ (z >> 31U);
  }
  double between(double low, double high) { return low + (high - low) * unit(); }
  std::size_t below(std::size_t count) { return static_cast<std::size_t>(next() % count); }
  bool coin() { return (next() >> 63U) != 0; }
  int sign() { return coin() ? 1 : -1; }

 private:
  double unit() { return static_cast<double>(next() >> 11U) * 0x1p-53; }
  std::uint64_t state_;
};

/// A seed out of words. Source: FNV-1a, 64 bits.
inline std::uint64_t seed_of(std::string_view text) {
  std::uint64_t hash = 0xCBF29CE484222325ULL;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001B3ULL;
  return hash;
}

}  // namespace reelspool::local
