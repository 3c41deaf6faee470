// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>

#include "jobstore/result.hpp"

namespace reelspool::words {

/// The whole file. Errors: invalid_request when it is missing, unreadable, or larger than `limit_bytes`.
Result<std::string> read_text(const std::filesystem::path& path, std::size_t limit_bytes);

/// Writes beside `path` and renames: a reader sees the whole file or none. Errors: storage, transient
/// (system_error).
Result<> write_whole(const std::filesystem::path& path, std::string_view bytes);

/// A RIFF/WAVE file of 16-bit PCM, one channel.
std::string wav_bytes(std::span<const std::int16_t> samples, int rate_hz);

}  // namespace reelspool::words
