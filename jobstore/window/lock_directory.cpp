#include "jobstore/window/lock_directory.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <ctime>

namespace reelspool::window {
namespace {

/// False also when it went away meanwhile.
bool is_stale(const std::filesystem::path& directory) {
  struct stat status {};
  timespec now{};
  if (lstat(directory.c_str(), &status) != 0 || clock_gettime(CLOCK_REALTIME, &now) != 0) return false;
  return now.tv_sec - status.st_mtim.tv_sec > LockDirectory::stale_after.count();
}

}  // namespace

LockDirectory LockDirectory::take(const std::filesystem::path& directory, Watch& watch,
                                  std::chrono::milliseconds longest) {
  const Moment deadline = std::chrono::steady_clock::now() + longest;
  for (;;) {
    if (mkdir(directory.c_str(), 0777) == 0) return LockDirectory(directory);
    if (errno != EEXIST) return LockDirectory({});
    if (is_stale(directory) && rmdir(directory.c_str()) == 0)
      continue;  // its owner is dead, as proper-lockfile sees it
    if (!watch.wait_for_free_lock(deadline)) return LockDirectory({});
  }
}

LockDirectory::~LockDirectory() {
  if (held()) rmdir(directory_.c_str());
}

}  // namespace reelspool::window
