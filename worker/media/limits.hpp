#pragma once

#include <cstdint>
#include <filesystem>

namespace reelspool {

/// MAX_CONCURRENT_RENDERS where it is not set: the smaller of logical cores / 4 and free memory / 2 GB, at
/// least 1 (J7). One 1080p encode keeps 4 cores busy and takes up to 2 GB with its filters; two at a time on
/// two cores are slower than one after the other.
int standard_concurrent_renders();
/// The rule by itself.
int concurrent_renders(unsigned logical_cores, std::uint64_t free_bytes);

/// Memory that this process may still take: what the machine can give without swapping (MemAvailable), and
/// what each control group above it leaves (v2 and v1; pages of files count as free). `root` is "/" but in
/// tests. 0 when /proc/meminfo cannot be read.
std::uint64_t free_memory_bytes(const std::filesystem::path& root = "/");

}  // namespace reelspool
