#include "plugins/local/card/color.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace reelspool::local {
namespace {

int byte_of(double part) {
  return static_cast<int>(std::lround(std::clamp(part, 0.0, 1.0) * 255));
}

std::optional<int> digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return {};
}

std::string written(const char* format, int first, int second, int third) {
  char text[16];
  std::snprintf(text, sizeof text, format, first, second, third);
  return text;
}

}  // namespace

std::optional<Rgb> parse_color(std::string_view text) {
  if (text.starts_with('#')) text.remove_prefix(1);
  const bool is_short = text.size() == 3;
  if (!is_short && text.size() != 6) return {};
  double parts[3];
  for (std::size_t i = 0; i < 3; ++i) {
    const auto high = digit(text[is_short ? i : 2 * i]);
    const auto low = digit(text[is_short ? i : 2 * i + 1]);
    if (!high || !low) return {};
    parts[i] = (*high * 16 + *low) / 255.0;
  }
  return Rgb{parts[0], parts[1], parts[2]};
}

std::string hex(Rgb color) {
  return written("#%02x%02x%02x", byte_of(color.r), byte_of(color.g), byte_of(color.b));
}

std::string ass_hex(Rgb color) {
  return written("&H%02X%02X%02X&", byte_of(color.b), byte_of(color.g), byte_of(color.r));
}

Rgb mix(Rgb from, Rgb to, double share) {
  const auto part = [share](double a, double b) { return a + (b - a) * share; };
  return {part(from.r, to.r), part(from.g, to.g), part(from.b, to.b)};
}

double luminance(Rgb color) {
  const auto linear = [](double part) {
    return part <= 0.04045 ? part / 12.92 : std::pow((part + 0.055) / 1.055, 2.4);
  };
  return 0.2126 * linear(color.r) + 0.7152 * linear(color.g) + 0.0722 * linear(color.b);
}

Hsl to_hsl(Rgb color) {
  const double high = std::max({color.r, color.g, color.b});
  const double low = std::min({color.r, color.g, color.b});
  const double span = high - low;
  Hsl result{0, 0, (high + low) / 2};
  if (span <= 0) return result;
  result.saturation = span / (1 - std::abs(2 * result.lightness - 1));
  if (high == color.r) {
    result.hue = (color.g - color.b) / span / 6;
  } else if (high == color.g) {
    result.hue = ((color.b - color.r) / span + 2) / 6;
  } else {
    result.hue = ((color.r - color.g) / span + 4) / 6;
  }
  if (result.hue < 0) result.hue += 1;
  return result;
}

Rgb to_rgb(Hsl color) {
  const double chroma = (1 - std::abs(2 * color.lightness - 1)) * color.saturation;
  const auto part = [&](double shift) {
    double k = std::fmod(color.hue * 6 + shift, 6);
    if (k < 0) k += 6;
    // A trapezoid around the wheel: full for a third, none for a third.
    const double share = std::clamp(2 - std::abs(k - 3), 0.0, 1.0);
    return color.lightness + chroma * (share - 0.5);
  };
  return {1 * part(3), part(1), part(5)};
}

}  // namespace reelspool::local
