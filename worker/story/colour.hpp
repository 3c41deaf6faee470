#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace reelspool {

struct Colour {
  std::uint8_t red = 0, green = 0, blue = 0;
};

/// "#ffcc00" or "#fc0", in any case. Nothing for anything else.
std::optional<Colour> parse_colour(std::string_view text);
/// "#ffcc00"
std::string to_hex(Colour colour);

}  // namespace reelspool
