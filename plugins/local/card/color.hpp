#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace reelspool::local {

/// A colour of sRGB, each part 0-1.
struct Rgb {
  double r = 0, g = 0, b = 0;
};

/// "#rrggbb", "rrggbb" or "#rgb"; nothing for anything else.
std::optional<Rgb> parse_color(std::string_view text);

std::string hex(Rgb color);      ///< "#rrggbb"
std::string ass_hex(Rgb color);  ///< "&HBBGGRR&", as ASS writes colours

/// `share` of `to`, the rest of `from`.
Rgb mix(Rgb from, Rgb to, double share);

/// 0 (black) to 1 (white). Source: WCAG 2.1, relative luminance.
double luminance(Rgb color);

struct Hsl {
  double hue = 0;  ///< 0-1, red at 0
  double saturation = 0, lightness = 0;
};
Hsl to_hsl(Rgb color);
Rgb to_rgb(Hsl color);

}  // namespace reelspool::local
