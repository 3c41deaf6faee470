#pragma once

#include <cstdlib>
#include <string>
#include <vector>

#include "tests/support/media.hpp"

namespace reelspool::test {

/// Runs one of ffmpeg-scripts, told where the build's own programs are.
inline Ended local_script(const std::string& name, std::vector<std::string> options) {
  setenv("REELSPOOL_LIBEXEC", REELSPOOL_LIBEXEC, 1);
  return script(name, std::move(options));
}

}  // namespace reelspool::test
