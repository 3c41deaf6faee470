#pragma once

#include <filesystem>
#include <optional>
#include <string_view>

#include "jobstore/time.hpp"

namespace reelspool {

/// Deletes what <data>/jobs/<id>/ holds. Unless `with_outputs`, the files people may still want stay: final.*,
/// thumbnail.* and plan.json (REQUIREMENTS J11). An empty folder goes too. Best effort: the job is gone in any
/// case, and what cannot be deleted only costs room.
void delete_job_folder(const std::filesystem::path& data, std::string_view id, bool with_outputs);

/// When the youngest of the outputs in a job's folder was made; nothing: there is none.
std::optional<Time> newest_output(const std::filesystem::path& folder);

}  // namespace reelspool
