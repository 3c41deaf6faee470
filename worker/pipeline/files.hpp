#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "jobstore/result.hpp"

namespace reelspool {

// A pipeline's small dealings with files. All block: call them in the pool.

/// Writes a small file whole. Not synced: a step's products are, when they are published.
/// Errors: storage or transient, as system_error()
Result<> write_file(const std::filesystem::path& path, std::string_view bytes);

/// The same beside readers, who see the old file or the new one: by way of a name of the writer's own, `.<name>.<writer>`.
Result<> replace_file(const std::filesystem::path& path, std::string_view writer, std::string_view bytes);

/// Puts a file of the job into a step's folder under `name`, as a second name of the same bytes where the file system can
/// (what is in a job's folder is never written to again), else as a copy. What has that name already is replaced.
Result<> bring_file(const std::filesystem::path& from, const std::filesystem::path& folder,
                    const std::string& name);

/// `name`'s suffix with its dot, in lower case; `otherwise` for one that is not of `known` ("png jpg webp").
std::string suffix_of(std::string_view name, std::string_view known, std::string_view otherwise);

/// "file:///srv/my%20videos" of a path.
std::string file_url(const std::filesystem::path& path);

}  // namespace reelspool
