#pragma once

#include <filesystem>

namespace reelspool {

/// Whether the folder is on a file system on which another machine (or the host of a virtual one) writes without this
/// kernel's knowledge, so that inotify(7) tells nothing of it. False for what is not there.
bool hears_nothing(const std::filesystem::path& folder);

}  // namespace reelspool
