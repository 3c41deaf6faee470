#pragma once

#include <chrono>
#include <string>
#include <vector>

namespace reelspool {

/// How many jobs of some types may run at once, or begin within a time (REQUIREMENTS J6, J7). It counts the
/// attempts of all processes on the store, so it holds over all that have it.
struct ClaimLimit {
  std::vector<std::string> types;  ///< of job, as submitted
  int at_once = 0;                 ///< 0: any number
  int starts = 0;                  ///< claims within `per`; 0: any number
  std::chrono::milliseconds per{0};
};

/// What a process claims. Jobs that the rules hold back stay pending, for a later moment or another process.
struct ClaimRules {
  std::vector<ClaimLimit> limits;       ///< a type may be in several: all of them hold
  std::vector<std::string> only_types;  ///< empty: all. Not asked of a job that is claimed by its id
};

}  // namespace reelspool
