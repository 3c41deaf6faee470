#include "plugins/local/synth/wav_file.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cmath>
#include <cstring>

namespace reelspool::synth {
namespace {

constexpr std::uint32_t frame_bytes = 4;

void append(std::string& bytes, std::uint32_t value, int size) {
  for (int i = 0; i < size; ++i) bytes += static_cast<char>((value >> (8 * i)) & 0xFFU);  // little-endian
}

std::string header(std::uint32_t frames) {
  constexpr std::uint32_t after_riff = 36;
  std::string bytes = "RIFF";
  append(bytes, after_riff + frames * frame_bytes, 4);
  bytes += "WAVEfmt ";
  append(bytes, 16, 4);  // size of the format block
  append(bytes, 1, 2);   // PCM
  append(bytes, 2, 2);   // channels
  append(bytes, rate_hz, 4);
  append(bytes, rate_hz * frame_bytes, 4);
  append(bytes, frame_bytes, 2);
  append(bytes, 16, 2);  // bits a sample
  bytes += "data";
  append(bytes, frames * frame_bytes, 4);
  return bytes;
}

}  // namespace

WavFile::WavFile(const std::filesystem::path& path, std::uint32_t frames)
    : file_(std::fopen(path.c_str(), "wb"), &std::fclose) {
  const std::string start = header(frames);
  if (!file_ || std::fwrite(start.data(), 1, start.size(), file_.get()) != start.size()) fail();
}

bool WavFile::write(std::span<const float> stereo) {
  if (!error_.empty()) return false;
  std::array<char, 1024> bytes{};
  while (!stereo.empty()) {
    const std::size_t count = std::min(stereo.size(), bytes.size() / 2);
    for (std::size_t i = 0; i < count; ++i) {
      // Triangular dither of one step: the end of a fade stays smooth instead of turning into a buzz.
      const float noise = 0.5F * (dither_.next() + dither_.next());
      const auto value =
          static_cast<std::int16_t>(std::lround(std::clamp(stereo[i] * 32767 + noise, -32768.0F, 32767.0F)));
      bytes[2 * i] = static_cast<char>(value & 0xFF);
      bytes[2 * i + 1] = static_cast<char>((value >> 8) & 0xFF);
    }
    if (std::fwrite(bytes.data(), 2, count, file_.get()) != count) return fail();
    stereo = stereo.subspan(count);
  }
  return true;
}

bool WavFile::close() {
  if (!error_.empty()) return false;
  return std::fclose(file_.release()) == 0 || fail();
}

bool WavFile::fail() {
  disk_full_ = errno == ENOSPC || errno == EDQUOT;
  error_ = std::strerror(errno);
  return false;
}

}  // namespace reelspool::synth
