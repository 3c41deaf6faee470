#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace reelspool {

/// The size of a video's picture, in pixels; both even, as yuv420p needs them.
struct Frame {
  int width = 1080;
  int height = 1920;
  int short_side() const { return width < height ? width : height; }
};

/// The frame of an aspect ratio (9:16, 16:9, 1:1, 4:5) and a resolution, which is the short side: 480p, 720p,
/// 1080p, 1440p or 2160p. Nothing for any other.
std::optional<Frame> frame_of(std::string_view aspect_ratio, std::string_view resolution);

/// What to say to who asked for another.
inline constexpr std::string_view known_aspect_ratios = "9:16, 16:9, 1:1 or 4:5";
inline constexpr std::string_view known_resolutions = "480p, 720p, 1080p, 1440p or 2160p";

}  // namespace reelspool
