#pragma once

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <string_view>

#include "jobstore/time.hpp"

namespace reelspool::fuzz {

/// What must hold for every input; a fuzzer takes the abort for a finding and keeps the input.
inline void insist(bool holds, std::string_view promise, std::string_view detail = "") {
  if (holds) return;
  std::fprintf(stderr, "broken promise: %.*s\n%.*s\n", static_cast<int>(promise.size()), promise.data(),
               static_cast<int>(detail.size()), detail.data());
  std::abort();
}

/// The same for every run: an input does the same each time.
class FixedClock final : public Clock {
 public:
  Time now() const override { return Time(std::chrono::milliseconds(1'800'000'000'000)); }
};

/// A folder of this process's own in memory, where a sync costs nothing. Removed when the process ends.
class MemoryFolder {
 public:
  MemoryFolder() {
    std::string name = "/dev/shm/reelspool-fuzz-XXXXXX";
    if (mkdtemp(name.data()) == nullptr) std::abort();
    path_ = name;
  }
  ~MemoryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  MemoryFolder(const MemoryFolder&) = delete;
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

inline std::string contents(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

inline void write_file(const std::filesystem::path& file, std::string_view bytes) {
  std::ofstream(file, std::ios::binary | std::ios::trunc)
      .write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

}  // namespace reelspool::fuzz
