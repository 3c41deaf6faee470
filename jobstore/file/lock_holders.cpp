#include "jobstore/file/lock_holders.hpp"

#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <sstream>
#include <system_error>

namespace reelspool {
namespace {

namespace fs = std::filesystem;

/// A line of /proc/locks: "7: FLOCK  ADVISORY  WRITE 4711 fe:01:1835021 0 EOF". Source: proc_locks(5).
struct Flock {
  pid_t pid = 0;
  unsigned major = 0, minor = 0;
  ino_t inode = 0;
};

std::vector<Flock> all_flocks() {
  std::vector<Flock> found;
  std::ifstream locks("/proc/locks");
  for (std::string line; std::getline(locks, line);) {
    std::istringstream words(line);
    std::string number, kind, advisory, access, place;
    Flock flock;
    words >> number >> kind >> advisory >> access >> flock.pid >> place;
    unsigned long long inode = 0;
    // Who waits for it has an arrow in the place of the kind.
    if (kind == "FLOCK" && words &&
        std::sscanf(place.c_str(), "%x:%x:%llu", &flock.major, &flock.minor, &inode) == 3) {
      flock.inode = inode;
      found.push_back(flock);
    }
  }
  return found;
}

bool has_open(pid_t pid, const struct ::stat& file) {
  std::error_code problem;
  for (fs::directory_iterator entry("/proc/" + std::to_string(pid) + "/fd", problem), end;
       !problem && entry != end; entry.increment(problem)) {
    struct ::stat open {};
    if (::stat(entry->path().c_str(), &open) == 0 && open.st_dev == file.st_dev && open.st_ino == file.st_ino)
      return true;
  }
  return false;
}

std::vector<pid_t> holders_of(const fs::path& path, const std::vector<Flock>& flocks) {
  std::vector<pid_t> pids;
  struct ::stat file {};
  if (::stat(path.c_str(), &file) != 0) return pids;
  for (const Flock& flock : flocks) {
    if (flock.inode != file.st_ino) continue;
    // Btrfs and overlayfs tell stat(2) another device than their locks have.
    const bool is_on_its_device = flock.major == major(file.st_dev) && flock.minor == minor(file.st_dev);
    if (is_on_its_device || has_open(flock.pid, file)) pids.push_back(flock.pid);
  }
  return pids;
}

std::string text_of(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::string program_of(const fs::path& process) {
  std::istringstream line(text_of(process / "cmdline"));
  std::string program, command;
  std::getline(line, program, '\0');
  std::getline(line, command, '\0');
  program = fs::path(program).filename().string();
  return command.empty() ? program : program + " " + command;
}

/// Its name, which comes first, may contain anything.
bool is_stopped(const fs::path& process) {
  const std::string stat = text_of(process / "stat");
  const std::size_t behind_name = stat.rfind(") ");
  if (behind_name == std::string::npos || behind_name + 2 >= stat.size()) return false;
  const char state = stat[behind_name + 2];
  return state == 'T' || state == 't';
}

std::string worker_of(pid_t pid, const fs::path& workers, const std::vector<Flock>& flocks) {
  std::error_code problem;
  for (fs::directory_iterator file(workers, problem), end; !problem && file != end; file.increment(problem)) {
    const std::vector<pid_t> holders = holders_of(file->path(), flocks);
    if (std::find(holders.begin(), holders.end(), pid) != holders.end())
      return file->path().filename().string();
  }
  return {};
}

std::string described(const LockHolder& holder) {
  const std::string pid = std::to_string(holder.pid);
  std::string text = "process " + pid;
  std::string who = holder.program;
  if (!holder.worker.empty()) who += (who.empty() ? "" : ", ") + ("the worker '" + holder.worker + "'");
  if (!who.empty()) text += " (" + who + ")";
  if (holder.is_stopped)
    return text + " has it and is stopped; let it go on with kill -CONT " + pid +
           ", or end it with kill -KILL " + pid;
  return text + " has it; if it hangs, end it with kill -KILL " + pid +
         ": nothing that was acknowledged is lost";
}

}  // namespace

std::vector<LockHolder> holders_of_store_lock(const fs::path& store) {
  const std::vector<Flock> flocks = all_flocks();
  std::vector<LockHolder> holders;
  for (const pid_t pid : holders_of(store / "lock", flocks)) {
    const fs::path process = "/proc/" + std::to_string(pid);
    holders.push_back({.pid = pid,
                       .program = program_of(process),
                       .worker = worker_of(pid, store / "workers", flocks),
                       .is_stopped = is_stopped(process)});
  }
  return holders;
}

std::string described(const std::vector<LockHolder>& holders) {
  if (holders.empty())
    return "who has it cannot be seen from here: perhaps a process in another container, or on another "
           "machine";
  std::string text;
  for (const LockHolder& holder : holders) text += (text.empty() ? "" : "; ") + described(holder);
  return text;
}

}  // namespace reelspool
