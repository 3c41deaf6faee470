#pragma once

#include <string>
#include <vector>

#include "worker/config/settings.hpp"

namespace reelspool {

/// One thing that was looked at, and what to do about it.
struct Finding {
  enum class Level { good, poor, unusable } level = Level::good;
  std::string subject;  ///< "ffmpeg", "DATA_DIR"
  std::string what;     ///< what was found
  std::string advice;   ///< what to do; empty when good
};

/// What a worker needs before it may start, looked at without starting a program: folders, rights, space, the
/// parts of this installation, programs on the PATH. Milliseconds.
std::vector<Finding> check_quickly(const Settings& settings);

/// All of that, and what only running things tells: ffmpeg's version, filters and encoders (a real short
/// encode through the sandbox), fonts, voices, plugins and the settings that name them. Seconds.
std::vector<Finding> check_fully(const Settings& settings);

/// Whether programs are started boxed. On a kernel without Landlock that fails; there, and only there, SANDBOX=if_possible
/// starts them without.
bool runs_boxed(const Settings& settings);

bool any_unusable(const std::vector<Finding>& findings);

}  // namespace reelspool
