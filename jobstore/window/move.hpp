#pragma once

#include <filesystem>

namespace reelspool::window {

/// Renames, unless the name `to` is taken (EEXIST). 0, or the errno. Where renameat2 has no such flag, a second name does
/// it.
int move_without_replacing(const std::filesystem::path& from, const std::filesystem::path& to);

}  // namespace reelspool::window
