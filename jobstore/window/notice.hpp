#pragma once

#include <functional>
#include <string>

namespace reelspool::window {

/// Something about the job file that a person should know; the caller writes it to the log.
struct Notice {
  enum class Level { info, warning, error };
  Level level = Level::info;
  std::string message;  ///< one line: what, why, what happens next
  std::string job;      ///< its id, when it is about one
};

/// Called from the window's thread; must not block for long. Empty: notices are dropped.
using Report = std::function<void(const Notice&)>;

}  // namespace reelspool::window
