#include "plugins/local/card/palette.hpp"

#include <algorithm>
#include <vector>

#include "plugins/local/chance.hpp"

namespace reelspool::local {
namespace {

constexpr Rgb rgb(unsigned value) {
  return {static_cast<double>((value >> 16U) & 0xFFU) / 255, static_cast<double>((value >> 8U) & 0xFFU) / 255,
          static_cast<double>(value & 0xFFU) / 255};
}

constexpr std::array<Palette, 8> house{{
    // dusk, lagoon, ember, meadow
    {rgb(0x120826), {rgb(0x3A1672), rgb(0x8A2A9B), rgb(0xE0457F), rgb(0xFF9A62)}, rgb(0xFFD166)},
    {rgb(0x03131F), {rgb(0x0A3D5C), rgb(0x0C7489), rgb(0x19B5A5), rgb(0x9BEFC8)}, rgb(0xFFE27A)},
    {rgb(0x18080A), {rgb(0x5A1220), rgb(0xB32A2A), rgb(0xF0603A), rgb(0xFFBE6B)}, rgb(0xFFE7B8)},
    {rgb(0x06140F), {rgb(0x0E4536), rgb(0x1F7F56), rgb(0x61B95F), rgb(0xDDEB7A)}, rgb(0xF6FF9E)},
    // electric, blush, carbon, harbour
    {rgb(0x080A22), {rgb(0x20258A), rgb(0x4B3FE0), rgb(0x7A6BFF), rgb(0x43D4FF)}, rgb(0x8DF7FF)},
    {rgb(0x1C0A1A), {rgb(0x641A4C), rgb(0xB93468), rgb(0xF4697E), rgb(0xFFC7A6)}, rgb(0xFFE3D0)},
    {rgb(0x0B0D10), {rgb(0x20262D), rgb(0x35404A), rgb(0x5C6F63), rgb(0xB9EE5A)}, rgb(0xCBFF5E)},
    {rgb(0x071127), {rgb(0x143070), rgb(0x2763C9), rgb(0x4E9BF5), rgb(0xFF8B73)}, rgb(0xFFB59E)},
}};

Rgb with_lightness(Hsl color, double lightness, double turn = 0) {
  color.lightness = lightness;
  color.hue += turn;
  return to_rgb(color);
}

}  // namespace

Palette house_palette(std::uint64_t seed) {
  return house[Chance(seed).below(house.size())];
}

Palette brand_palette(std::span<const std::string> colors, std::uint64_t seed) {
  std::vector<Rgb> found;
  for (const std::string& text : colors) {
    if (const auto color = parse_color(text)) found.push_back(*color);
  }
  if (found.empty()) return house_palette(seed);

  const Hsl main = to_hsl(found.front());
  Palette palette;
  palette.base = with_lightness(main, 0.055);
  // Towards the bright end the hue turns a little, as light does: a ramp of one hue looks like plastic.
  palette.tones = {with_lightness(main, 0.18, -0.02), with_lightness(main, 0.34),
                   with_lightness(main, 0.52, 0.02), with_lightness(main, 0.72, 0.05)};
  if (found.size() > 1) {
    palette.tones[3] = found[1];
    palette.tones[2] = mix(palette.tones[1], found[1], 0.5);
  }
  // Type in the accent stands on the darker tones: at least this light (WCAG 2.1 large text on luminance
  // 0.1).
  constexpr double lightest_ground = 0.1;
  const auto contrast = [](Rgb ink) { return (luminance(ink) + 0.05) / (lightest_ground + 0.05); };
  palette.accent = found.size() > 1 ? found.back() : with_lightness(main, 0.82, 0.08);
  for (int i = 0; i < 20 && contrast(palette.accent) < 4; ++i)
    palette.accent = mix(palette.accent, {1, 1, 1}, 0.15);
  return palette;
}

}  // namespace reelspool::local
