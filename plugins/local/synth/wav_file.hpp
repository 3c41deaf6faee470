#pragma once

#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <span>
#include <string>

#include "plugins/local/synth/signal.hpp"

namespace reelspool::synth {

/// A WAV file of 16 bits, stereo, 48 kHz, written as it is made. Its header needs the length beforehand.
/// Writes to `path` itself: whoever calls gives a temporary name and renames.
class WavFile {
 public:
  /// `error` says what went wrong, and is empty when nothing did.
  WavFile(const std::filesystem::path& path, std::uint32_t frames);

  /// Left and right by turns, -1 to 1. False when it cannot be written; then error() says why.
  bool write(std::span<const float> stereo);
  /// Everything is handed to the system. False when that failed: a full disk may show only now.
  bool close();

  const std::string& error() const { return error_; }
  bool disk_full() const { return disk_full_; }

 private:
  bool fail();
  std::unique_ptr<std::FILE, int (*)(std::FILE*)> file_;
  std::string error_;
  bool disk_full_ = false;
  Noise dither_{0x5EED};
};

}  // namespace reelspool::synth
