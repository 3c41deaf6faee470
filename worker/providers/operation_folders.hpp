#pragma once

#include <filesystem>

#include "jobstore/json.hpp"
#include "jobstore/result.hpp"

namespace reelspool {

// Where the operations of one request have their files, so that they do not meet. All but folder_of() block: for the pool.
// Errors: those of system_error() (storage, transient).

/// Of operation 0 the step's own folder, of the others one inside it that no plugin can name: its names begin with no dot.
std::filesystem::path folder_of(const std::filesystem::path& step_folder, int number);

/// Makes an operation's folder, with the files that the request names: links, for inputs are read only.
Result<> furnish(const std::filesystem::path& folder, const std::filesystem::path& step_folder,
                 const Json& request);

/// What an operation made, to where the step's products are looked for.
Result<> bring_out(const std::filesystem::path& folder, const std::filesystem::path& step_folder);

}  // namespace reelspool
