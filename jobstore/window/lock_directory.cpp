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

/// 0: it is not there.
ino_t inode_of(const std::filesystem::path& directory) {
  struct stat status {};
  return lstat(directory.c_str(), &status) == 0 ? status.st_ino : 0;
}

}  // namespace

LockDirectory LockDirectory::take(const std::filesystem::path& directory, Watch& watch,
                                  std::chrono::milliseconds longest) {
  const Moment deadline = std::chrono::steady_clock::now() + longest;
  for (;;) {
    if (mkdir(directory.c_str(), 0777) == 0) return LockDirectory(directory, inode_of(directory));
    if (errno != EEXIST) return LockDirectory({}, 0);
    if (is_stale(directory) && rmdir(directory.c_str()) == 0)
      continue;  // its owner is dead, as proper-lockfile sees it
    if (!watch.wait_for_free_lock(deadline)) return LockDirectory({}, 0);
  }
}

LockDirectory::~LockDirectory() {
  // Held for longer than it lasts (a machine that slept), it may be somebody else's by now.
  if (held() && inode_of(directory_) == inode_) rmdir(directory_.c_str());
}

}  // namespace reelspool::window
