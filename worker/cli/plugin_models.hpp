#pragma once

#include <string>

#include "jobstore/result.hpp"
#include "worker/config/settings.hpp"

namespace reelspool {

/// `reelspool plugin check NAME --models`: asks the plugin's provider which models of the catalogue it has for these keys, and prints
/// each (REQUIREMENTS P12). It costs nothing. Returns the exit status: failed when a model that the catalogue would be asked for is not
/// there. Errors: invalid_request  no such plugin, or none that can be asked; and whatever the provider fails with
Result<int> check_models(const Settings& settings, const std::string& name, bool json);

}  // namespace reelspool
