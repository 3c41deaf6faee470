#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "jobstore/result.hpp"

namespace reelspool {

/// "fal=10" is ten at once, "clip=10/60s" ten in any minute.
struct Limit {
  std::string name;
  int count = 1;                                   ///< 1 to 100 000
  std::optional<std::chrono::milliseconds> per{};  ///< at most 90 days; nothing: at once
};

/// Words between commas, without blanks.
std::vector<std::string> words_of(std::string_view list);

/// Reads one limit; nothing where it is none.
std::optional<Limit> read_limit(std::string_view text);

}  // namespace reelspool
