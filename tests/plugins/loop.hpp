#pragma once

#include <string>

#include "jobstore/json.hpp"
#include "tests/support/loop.hpp"
#include "worker/providers/plugin_host.hpp"

namespace reelspool::testing {

/// An input of the kind image for the plugin `mischief`.
inline std::string input_to(const char* misdeed) {
  return to_text({{"kind", "image"},
                  {"request", {{"do", misdeed}}},
                  {"state", nullptr},
                  {"event", {{"type", "start"}}},
                  {"random", "1"}});
}

inline PluginHost::Options host_of(const char* name) {
  return {.program = HOST_PROGRAM, .library = std::string(TEST_PLUGINS) + "/" + name + ".so", .name = name};
}

}  // namespace reelspool::testing
