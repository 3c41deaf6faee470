#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>

#include "plugins/local/card/color.hpp"

namespace reelspool::local {

/// The colours of all cards of a video. Dark enough everywhere for white type (and for white captions over
/// it).
struct Palette {
  Rgb base;                  ///< the deepest, almost black
  std::array<Rgb, 4> tones;  ///< from deep to bright: the light in the background, and the shapes
  Rgb accent;                ///< for one word, the number, small marks; stands out from every tone
  Rgb ink{1, 1, 1};          ///< for type
};

/// One of the house's palettes.
Palette house_palette(std::uint64_t seed);

/// Around a brand's colours: the first gives the tones, the second (when there is one) the bright end, and
/// the last the accent. What is not a colour is passed over; without any, the result is house_palette(seed).
Palette brand_palette(std::span<const std::string> colors, std::uint64_t seed);

}  // namespace reelspool::local
