#pragma once

#include <functional>
#include <string>

#include "worker/cli/shell.hpp"

namespace reelspool {

/// Registers a subcommand that does one thing to one job and prints the job as it is then.
void add_one_job_command(CLI::App& app, Shell& shell, const std::string& name, const std::string& about,
                         std::function<Result<Job>(JobStore& store, const std::string& id)> act);

}  // namespace reelspool
