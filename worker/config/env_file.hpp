#pragma once

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "jobstore/result.hpp"

namespace reelspool {

/// The assignments of a .env file, in order: NAME=value, `export NAME=value`, 'single' and "double" quotes
/// (with \n, \" and \\ inside double ones), comments from # at the start of a line or after a blank. Nothing is expanded.
/// A missing file has no assignments. Errors: invalid_request that names file and line; storage when it
/// cannot be read.
Result<std::vector<std::pair<std::string, std::string>>> read_env_file(const std::filesystem::path& file);

}  // namespace reelspool
