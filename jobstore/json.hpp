#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "jobstore/result.hpp"

namespace reelspool {

/// Objects keep the order in which they came.
using Json = nlohmann::ordered_json;

/// Deeper input is refused: dump() and most walkers recurse.
inline constexpr int max_json_depth = 64;

/// Strict JSON, UTF-8, no comments. Errors: invalid_request, "line 3, column 14: expected ','", or nested too
/// deeply.
Result<Json> parse_json(std::string_view text);

/// One line, invalid UTF-8 replaced (never throws).
std::string to_text(const Json& json);

}  // namespace reelspool
