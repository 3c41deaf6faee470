#include "worker/media/limits.hpp"

#include <algorithm>
#include <fstream>
#include <limits>
#include <optional>
#include <sstream>
#include <string>
#include <thread>

namespace reelspool {
namespace {

constexpr std::uint64_t bytes_per_render = 2'000'000'000;
constexpr unsigned cores_per_render = 4;

/// The number in a file of one; nothing for "max" or no file.
std::optional<std::uint64_t> number_in(const std::filesystem::path& path) {
  std::ifstream in(path);
  std::uint64_t number = 0;
  if (in >> number) return number;
  return std::nullopt;
}

/// The number after `word` in a file of "word number" lines.
std::optional<std::uint64_t> number_after(const std::filesystem::path& path, const std::string& word) {
  std::ifstream in(path);
  for (std::string line; std::getline(in, line);) {
    std::istringstream fields(line);
    std::string first;
    std::uint64_t number = 0;
    if (fields >> first >> number && first == word) return number;
  }
  return std::nullopt;
}

/// The names of one version's files.
struct MemoryGroup {
  const char* limit;
  const char* used;
  const char* file_pages;
};
constexpr MemoryGroup version_2{"memory.max", "memory.current", "inactive_file"};
constexpr MemoryGroup version_1{"memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"};

std::uint64_t left_in(const std::filesystem::path& folder, const MemoryGroup& names) {
  const auto limit = number_in(folder / names.limit);
  const auto used = number_in(folder / names.used);
  if (!limit || !used) return std::numeric_limits<std::uint64_t>::max();
  const std::uint64_t busy =
      *used - std::min(*used, number_after(folder / "memory.stat", names.file_pages).value_or(0));
  return *limit - std::min(*limit, busy);
}

/// What the group and all above it leave. In a container the group's own path is often not visible: then its
/// mount's root is the container's group.
std::uint64_t left_below(const std::filesystem::path& mount, const std::filesystem::path& group,
                         const MemoryGroup& names) {
  std::uint64_t left = left_in(mount, names);
  std::filesystem::path folder = mount;
  for (const auto& part : group.relative_path()) left = std::min(left, left_in(folder /= part, names));
  return left;
}

}  // namespace

int concurrent_renders(unsigned logical_cores, std::uint64_t free_bytes) {
  const std::uint64_t by_memory = free_bytes / bytes_per_render;
  return static_cast<int>(
      std::max<std::uint64_t>(1, std::min<std::uint64_t>(logical_cores / cores_per_render, by_memory)));
}

int standard_concurrent_renders() {
  // hardware_concurrency respects the affinity mask, so also a container's cpuset.
  return concurrent_renders(std::thread::hardware_concurrency(), free_memory_bytes());
}

std::uint64_t free_memory_bytes(const std::filesystem::path& root) {
  const auto available_kib = number_after(root / "proc/meminfo", "MemAvailable:");
  if (!available_kib) return 0;
  std::uint64_t free = *available_kib * 1024;

  std::ifstream groups(root / "proc/self/cgroup");  // lines "id:controllers:path"; version 2 is "0::path"
  for (std::string line; std::getline(groups, line);) {
    const auto first = line.find(':');
    const auto second = line.find(':', first + 1);
    if (first == std::string::npos || second == std::string::npos) continue;
    const std::string controllers = "," + line.substr(first + 1, second - first - 1) + ",";
    const std::filesystem::path group = line.substr(second + 1);
    if (controllers == ",,")
      free = std::min(free, left_below(root / "sys/fs/cgroup", group, version_2));
    else if (controllers.find(",memory,") != std::string::npos)
      free = std::min(free, left_below(root / "sys/fs/cgroup/memory", group, version_1));
  }
  return free;
}

}  // namespace reelspool
