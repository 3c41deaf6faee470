#pragma once

#include <string>

#include "jobstore/result.hpp"
#include "worker/config/settings.hpp"

namespace reelspool {

/// `reelspool plugin check`: what is to be checked, and where its transcripts are.
struct PluginCheck {
  std::string plugin;       ///< a name, or a library's path
  std::string transcripts;  ///< default: the folder `transcripts` beside the library
};

/// Runs every check of worker/providers/conformance.hpp and prints each with its outcome, and what to do about a failed one.
/// Returns the exit status: failed when one did not pass. Errors: as choose_plugin(), for a name.
Result<int> check_plugin(const Settings& settings, const PluginCheck& check, bool json);

}  // namespace reelspool
