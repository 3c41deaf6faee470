#pragma once

#include <string>
#include <vector>

#include "jobstore/job.hpp"
#include "jobstore/json.hpp"

namespace reelspool {

/// The job as an entry of jobs.json, for --json.
Json as_json(const Job& job);
/// One row of `list`.
std::string as_row(const Job& job);
std::string row_heading();
/// What `show` prints for people.
std::string as_page(const Job& job, const std::vector<std::string>& step_lines);

}  // namespace reelspool
