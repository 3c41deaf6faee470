#pragma once

#include <sys/types.h>

#include <filesystem>
#include <string>
#include <vector>

namespace reelspool {

/// A process that holds a lock of the store, as the kernel tells it.
struct LockHolder {
  pid_t pid = 0;
  std::string program;  ///< "reelspool worker": the first two words of its command line
  std::string worker;   ///< its name, if it is a worker of this store
  bool is_stopped = false;
};

/// Who holds the lock <store>/lock now. By /proc/locks, which names the process that took a flock(2): nothing has to be
/// written when a lock is taken, and what is told is true also of one that was killed, or of another version. (F_GETLK
/// does not see flock(2); a name in the file would cost a write at every transaction, and stay behind.)
/// Empty: nobody; or a process of another container, which cannot be seen from here.
std::vector<LockHolder> holders_of_store_lock(const std::filesystem::path& store);

/// For people: who it is, and what to do about it.
/// "process 77 (reelspool worker, the worker 'w1') has it and is stopped; let it go on with kill -CONT 77, or end it with kill -KILL 77"
std::string described(const std::vector<LockHolder>& holders);

}  // namespace reelspool
