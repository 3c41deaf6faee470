#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "worker/cli/checks.hpp"

namespace reelspool {

/// The checks that run programs, each as a worker would run it: through the shim and its box.
std::vector<Finding> check_machine(const Settings& settings);

/// Where the PATH has a program; nothing when it has not.
std::optional<std::filesystem::path> find_program(const std::string& name);

}  // namespace reelspool
