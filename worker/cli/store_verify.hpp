#pragma once

#include <string>
#include <vector>

#include "jobstore/result.hpp"
#include "worker/config/settings.hpp"

namespace reelspool {

/// `reelspool store verify [FILE]...`: reads the private store, and says what would become of what front ends wrote; all of
/// it without changing anything, also beside living workers.
struct Verification {
  std::vector<std::string> files;  ///< judged instead of jobs.json and the drop folder; empty: those
  std::string as;                  ///< "jobs" or "drop": what the files are; empty: what they look like
};
/// Prints the findings. The exit status: success, store_damaged, or would_be_refused.
Result<int> verify_store(const Settings& settings, const Verification& wanted, bool json);

}  // namespace reelspool
