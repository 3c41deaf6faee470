#pragma once

#include <string>

#include "jobstore/result.hpp"
#include "worker/config/settings.hpp"

namespace reelspool {

/// `reelspool plugin step`: reads one input (plugins/sdk/MESSAGES.md) from standard input, asks the plugin in its box, prints
/// the answer whole, and judges it as the worker would. What may be left out of the input: `event` (start), `state` (none),
/// `settings` (those of this machine that the manifest names), `now` and `random`.
/// Returns the exit status: failed when the answer is one that the worker would refuse, which is then said.
/// Errors: invalid_request for an input that the worker would never send, naming the member that is wrong.
Result<int> play_one_step(const Settings& settings, const std::string& plugin);

}  // namespace reelspool
