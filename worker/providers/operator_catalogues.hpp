#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "jobstore/result.hpp"

namespace reelspool {

/// What an operator changes of a plugin's catalogue (models, prices ...): NAME.json in a folder of plugins, the plugin's `catalogue`
/// (plugins/sdk/MESSAGES.md).
struct OperatorCatalogue {
  std::filesystem::path path;
  Result<std::string>
      text;  ///< JSON object text, on one line. Errors: invalid_request or storage, that say what to do
};

/// Those of a folder, by name; none where it is not there. Reads the files, so call it in the pool.
std::vector<OperatorCatalogue> operator_catalogues(const std::filesystem::path& folder);

}  // namespace reelspool
