#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "worker/cli/shell.hpp"

namespace reelspool {

/// Which jobs a command is about: one by its id, or with --failed all that have failed.
struct SomeJobs {
  std::string id;
  bool failed = false;
};
/// Adds the argument and the flag; one of the two must be given, and not both.
std::shared_ptr<const SomeJobs> offer_some_jobs(CLI::App* command);

/// Acts on those jobs, and prints "<id>: <what>" for each; with --json a list of the ids.
Result<int> for_some_jobs(const Settings& settings, const Shell& shell, const SomeJobs& which,
                          const std::string& what,
                          const std::function<Result<>(JobStore&, const std::string& id)>& one,
                          const std::function<Result<std::vector<std::string>>(JobStore&)>& all_failed);

}  // namespace reelspool
