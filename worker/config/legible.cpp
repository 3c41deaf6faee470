#include "worker/config/legible.hpp"

namespace reelspool {
namespace {

std::string written_out(std::string_view text, bool keeps_lines) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string safe;
  for (std::size_t i = 0; i < text.size(); ++i) {
    auto byte = static_cast<unsigned char>(text[i]);
    const auto next = i + 1 < text.size() ? static_cast<unsigned char>(text[i + 1]) : 0u;
    const bool c1 = byte == 0xC2 && next >= 0x80 && next < 0xA0;  // U+0080 to U+009F: terminals obey some
    const bool kept = keeps_lines && (byte == '\n' || byte == '\t');
    if (!c1 && (kept || (byte >= 0x20 && byte != 0x7F))) {
      safe += text[i];
      continue;
    }
    if (c1) byte = static_cast<unsigned char>(text[++i]);
    safe += "\\x";
    safe += digits[byte >> 4];
    safe += digits[byte & 15];
  }
  return safe;
}

}  // namespace

std::string legible(std::string_view text) {
  return written_out(text, true);
}

std::string legible_line(std::string_view text) {
  return written_out(text, false);
}

}  // namespace reelspool
