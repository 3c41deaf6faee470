#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include "jobstore/result.hpp"
#include "jobstore/time.hpp"

// What tests of any job store begin with. Nothing here knows how a store keeps its jobs.
namespace reelspool {

/// A folder of its own for one test, gone afterwards.
class Scratch {
 public:
  /// `in_memory`: where a sync costs nothing, for tests that repeat themselves hundreds of times.
  enum class Place { on_disk, in_memory };
  explicit Scratch(Place place = Place::on_disk) {
    const std::filesystem::path memory = "/dev/shm";
    const bool is_in_memory = place == Place::in_memory && ::access(memory.c_str(), W_OK) == 0;
    std::string name =
        ((is_in_memory ? memory : std::filesystem::temp_directory_path()) / "reelspool-jobstore-XXXXXX")
            .string();
    if (::mkdtemp(name.data()) == nullptr) std::abort();
    path_ = name;
  }
  ~Scratch() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  Scratch(const Scratch&) = delete;

  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path store() const { return path_ / "store"; }

 private:
  std::filesystem::path path_;
};

/// A clock that stands until it is moved.
class StandingClock final : public Clock {
 public:
  Time now() const override { return Time(std::chrono::milliseconds(now_ms_.load())); }
  void advance(std::chrono::milliseconds by) { now_ms_ += by.count(); }

 private:
  std::atomic<std::int64_t> now_ms_{1'800'000'000'000};  // 2027-01-15T08:00:00Z
};

/// The value, or the test is over with the error's text.
template <class T>
T must(Result<T> result) {
  if (!result) {
    ADD_FAILURE() << result.error().message;
    std::abort();
  }
  return std::move(*result);
}

inline std::string entry_text(const std::string& id, const std::string& more = {}) {
  return R"({"id":")" + id + R"(","type":"storyboard","params":{"n":1.10})" +
         (more.empty() ? "" : "," + more) + "}";
}

inline std::string contents(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

inline void put_file(const std::filesystem::path& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
}

}  // namespace reelspool

/// EXPECT that a Result is good, with its error's text if not.
#define EXPECT_GOOD(expression)                                    \
  do {                                                             \
    const auto& checked_result = (expression);                     \
    EXPECT_TRUE(checked_result) << checked_result.error().message; \
  } while (false)
