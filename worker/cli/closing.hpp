#pragma once

#include "jobstore/job.hpp"

namespace reelspool {

/// The last words of `run` and `watch` on an ended job: where its video is, or why there is none; with
/// `json`, the entry. Returns the exit status: success, failed or cancelled.
int close_with(const Job& job, bool json);

}  // namespace reelspool
