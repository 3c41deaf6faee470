#include "worker/http/media_type.hpp"

#include <algorithm>
#include <array>

namespace reelspool {
namespace {

struct Magic {
  std::string_view begins;
  std::string_view type;
};

using namespace std::string_view_literals;

constexpr std::array magics = {
    Magic{"\x89PNG\r\n\x1A\n", "image/png"},
    Magic{"\xFF\xD8\xFF", "image/jpeg"},
    Magic{"GIF87a", "image/gif"},
    Magic{"GIF89a", "image/gif"},
    Magic{"ID3", "audio/mpeg"},
    Magic{"OggS", "audio/ogg"},
    Magic{"fLaC", "audio/flac"},
    Magic{"\x1A\x45\xDF\xA3", "video/webm"},
    Magic{"%PDF-", "application/pdf"},
    Magic{"\x1F\x8B", "application/gzip"},
    Magic{"PK\x03\x04"sv, "application/zip"},
};

/// What a RIFF file holds.
std::string_view riff_type(std::string_view what) {
  if (what == "WEBP") return "image/webp";
  if (what == "WAVE") return "audio/wav";
  if (what == "AVI ") return "video/x-msvideo";
  return "application/octet-stream";
}

/// By the major brand of `ftyp`.
std::string_view mp4_type(std::string_view brand) {
  if (brand == "avif" || brand == "avis") return "image/avif";
  if (brand == "heic" || brand == "heix" || brand == "mif1") return "image/heic";
  if (brand == "M4A " || brand == "M4B ") return "audio/mp4";
  if (brand == "qt  ") return "video/quicktime";
  return "video/mp4";
}

bool is_mpeg_audio(std::string_view bytes) {
  if (bytes.size() < 2) return false;
  const auto first = static_cast<unsigned char>(bytes[0]), second = static_cast<unsigned char>(bytes[1]);
  return first == 0xFF && (second & 0xE0) == 0xE0;
}

}  // namespace

std::string_view media_type(std::string_view beginning) {
  for (const Magic& magic : magics)
    if (beginning.starts_with(magic.begins)) return magic.type;
  if (beginning.size() >= 12 && beginning.starts_with("RIFF")) return riff_type(beginning.substr(8, 4));
  if (beginning.size() >= 12 && beginning.substr(4, 4) == "ftyp") return mp4_type(beginning.substr(8, 4));
  if (is_mpeg_audio(beginning)) return (beginning[1] & 0x06) == 0 ? "audio/aac" : "audio/mpeg";
  const auto text = std::find_if(beginning.begin(), beginning.end(),
                                 [](char c) { return c != ' ' && c != '\n' && c != '\r' && c != '\t'; });
  if (text != beginning.end() && (*text == '{' || *text == '[')) return "application/json";
  if (text != beginning.end() && *text == '<') return "text/html";
  return "application/octet-stream";
}

}  // namespace reelspool
