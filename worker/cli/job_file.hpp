#pragma once

#include <string>

#include "jobstore/result.hpp"

namespace reelspool {

/// Reads a file with one job ("-": standard input), as JSON object text. A job without an id gets one that
/// begins with the file's name, so that a person finds it again: "ad-en-4f2k9c". Errors: invalid_request that
/// names the file and what is wrong with it.
Result<std::string> read_job_file(const std::string& file);

}  // namespace reelspool
