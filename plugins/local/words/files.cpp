// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugins/local/words/files.hpp"

#include <cerrno>
#include <cstdio>
#include <memory>

namespace reelspool::words {
namespace {

using File = std::unique_ptr<std::FILE, int (*)(std::FILE*)>;

File open_file(const std::filesystem::path& path, const char* mode) {
  return {std::fopen(path.c_str(), mode), &std::fclose};
}

void append_number(std::string& bytes, std::uint32_t value, int size) {
  for (int i = 0; i < size; ++i) bytes += static_cast<char>((value >> (8 * i)) & 0xFFU);  // little-endian
}

}  // namespace

Result<std::string> read_text(const std::filesystem::path& path, std::size_t limit_bytes) {
  const File file = open_file(path, "rb");
  if (!file) return bad_field("text-file", "cannot read " + path.string());
  std::string text(limit_bytes + 1, '\0');
  text.resize(std::fread(text.data(), 1, text.size(), file.get()));
  if (std::ferror(file.get()) != 0) return bad_field("text-file", "cannot read " + path.string());
  if (text.size() > limit_bytes) {
    return bad_field("text-file", path.string() + " is longer than " + std::to_string(limit_bytes) +
                                      " bytes; split it into shorter texts");
  }
  return text;
}

Result<> write_whole(const std::filesystem::path& path, std::string_view bytes) {
  const std::filesystem::path staged = path.string() + ".part";
  const std::string activity = "writing " + path.string();
  File file = open_file(staged, "wb");
  if (!file) return system_error(activity, errno);
  const bool written = std::fwrite(bytes.data(), 1, bytes.size(), file.get()) == bytes.size();
  const int write_error = errno;
  const bool closed = std::fclose(file.release()) == 0;  // a full disk may show only here
  if (!written || !closed) {
    const int error = written ? errno : write_error;
    std::remove(staged.c_str());
    return system_error(activity, error);
  }
  if (std::rename(staged.c_str(), path.c_str()) != 0) return system_error(activity, errno);
  return ok;
}

std::string wav_bytes(std::span<const std::int16_t> samples, int rate_hz) {
  constexpr std::uint32_t sample_bytes = 2;
  constexpr std::uint32_t header_bytes = 36;  // what follows the RIFF size, without the samples
  const auto data_bytes = static_cast<std::uint32_t>(samples.size() * sample_bytes);
  const auto rate = static_cast<std::uint32_t>(rate_hz);
  std::string bytes;
  bytes.reserve(8 + header_bytes + data_bytes);
  bytes += "RIFF";
  append_number(bytes, header_bytes + data_bytes, 4);
  bytes += "WAVEfmt ";
  append_number(bytes, 16, 4);                   // size of the format block
  append_number(bytes, 1, 2);                    // PCM
  append_number(bytes, 1, 2);                    // channels
  append_number(bytes, rate, 4);                 // samples a second
  append_number(bytes, rate * sample_bytes, 4);  // bytes a second
  append_number(bytes, sample_bytes, 2);         // bytes a frame
  append_number(bytes, 8 * sample_bytes, 2);     // bits a sample
  bytes += "data";
  append_number(bytes, data_bytes, 4);
  for (const std::int16_t sample : samples) append_number(bytes, static_cast<std::uint16_t>(sample), 2);
  return bytes;
}

}  // namespace reelspool::words
