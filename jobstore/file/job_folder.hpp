#pragma once

#include <filesystem>
#include <string_view>

namespace reelspool {

/// Deletes what <data>/jobs/<id>/ holds. Unless `with_outputs`, the files people may still want stay: final.*,
/// thumbnail.* and plan.json (REQUIREMENTS J11). An empty folder goes too. Best effort: the job is gone in any
/// case, and what cannot be deleted only costs room.
void delete_job_folder(const std::filesystem::path& data, std::string_view id, bool with_outputs);

}  // namespace reelspool
