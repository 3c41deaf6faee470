#include "worker/story/frame.hpp"

#include <array>

namespace reelspool {
namespace {

struct Ratio {
  std::string_view name;
  int across, down;
};
constexpr std::array<Ratio, 4> ratios = {{{"9:16", 9, 16}, {"16:9", 16, 9}, {"1:1", 1, 1}, {"4:5", 4, 5}}};

struct Resolution {
  std::string_view name;
  int short_side;
};
constexpr std::array<Resolution, 5> resolutions = {
    {{"480p", 480}, {"720p", 720}, {"1080p", 1080}, {"1440p", 1440}, {"2160p", 2160}}};

int even(int length) {
  return (length + 1) / 2 * 2;
}

}  // namespace

std::optional<Frame> frame_of(std::string_view aspect_ratio, std::string_view resolution) {
  for (const Ratio& ratio : ratios) {
    if (ratio.name != aspect_ratio) continue;
    for (const Resolution& size : resolutions) {
      if (size.name != resolution) continue;
      const int unit = ratio.across < ratio.down ? ratio.across : ratio.down;
      return Frame{even(size.short_side * ratio.across / unit), even(size.short_side * ratio.down / unit)};
    }
  }
  return std::nullopt;
}

}  // namespace reelspool
