#pragma once

#include <cstdint>
#include <string_view>

namespace reelspool {

/// CRC-32C (Castagnoli; reflected polynomial 0x82F63B78, as in iSCSI, RFC 3720 B.4) of `bytes`, going on from
/// `before`, the CRC of what came before them (0: nothing). crc32c("123456789") is 0xE3069283.
std::uint32_t crc32c(std::string_view bytes, std::uint32_t before = 0);

}  // namespace reelspool
