#pragma once

#include <optional>
#include <string_view>

namespace reelspool {

/// "1500", "90s", "15m", "2h", "500ms" in milliseconds; nothing for anything else.
std::optional<double> parse_duration(std::string_view text);

}  // namespace reelspool
