#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace reelspool {

/// Decodes RFC 4648 base64, the standard or the URL alphabet, white space skipped, padding optional. Nothing
/// for anything else.
std::optional<std::string> decode_base64(std::string_view text);

/// RFC 4648 base64 in the standard alphabet, padded, on one line.
std::string encode_base64(std::string_view bytes);

}  // namespace reelspool
