#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "jobstore/result.hpp"
#include "worker/steps/work.hpp"

// The folders that an attempt writes in: <job>/work-<token>/<step>. All functions block: call them from the
// pool. Errors: those of system_error() (storage, transient).

namespace reelspool {

/// "scene-3-keyframe" of "scene-3/keyframe".
std::string folder_name(std::string_view key);
/// Letters, digits, dots, dashes and underscores, with slashes between; no part is empty or starts with a
/// dot.
bool is_step_key(std::string_view key);

/// Makes the job's folder and the attempt's. Of the work folders that attempts before it left behind, the
/// step folders named in `handed_over` move into this one (from the newest that has it), so that a
/// half-finished provider operation goes on with its files; the rest is removed.
Result<> open_work_folder(const std::filesystem::path& job_folder, const std::filesystem::path& work_folder,
                          const std::vector<std::string>& handed_over);

/// The step's folder; emptied first when `fresh`.
Result<std::filesystem::path> step_folder(const std::filesystem::path& work_folder, std::string_view key,
                                          bool fresh);

/// Removes what is in the work folder but the step folders named in `kept`, and the folder itself if nothing
/// is left.
Result<> tidy_work_folder(const std::filesystem::path& work_folder, const std::vector<std::string>& kept);

/// From where to where a step's products go, absolute. Each must be a file with something in it, inside the
/// step's folder and reached through no link; its public name is one plain name. Errors: plugin_crashed,
/// because a step that says it made what is not there is broken.
using Renames = std::vector<std::pair<std::filesystem::path, std::filesystem::path>>;
Result<Renames> products_of(const std::filesystem::path& step_folder, const std::filesystem::path& job_folder,
                            const std::vector<Product>& files);

}  // namespace reelspool
