#pragma once

#include <string_view>

namespace reelspool {

/// What the bytes are by how they begin, whatever a name or a header says: "image/png", "video/mp4" ...;
/// "application/octet-stream" for what is not known. The first 64 bytes are enough.
/// Source: WHATWG "MIME Sniffing", sections 6 and 7; ISO 14496-12 for `ftyp`.
std::string_view media_type(std::string_view beginning);

}  // namespace reelspool
