#include "jobstore/window/displaced.hpp"

#include <algorithm>
#include <cerrno>
#include <csignal>

namespace reelspool::window {

Identity identity_of(const Files::Stat& stat) {
  return {stat.device, stat.inode, stat.size_bytes, stat.modified_ns};
}

Writers lease(const Fd& fd) {
  fcntl(fd.number(), F_SETSIG, SIGURG);  // the default, SIGIO, would end the process
  if (fcntl(fd.number(), F_SETLEASE, F_RDLCK) == 0) return Writers::none_and_leased;
  return errno == EAGAIN ? Writers::some : Writers::unknown;
}

void release_lease(const Fd& fd) {
  fcntl(fd.number(), F_SETLEASE, F_UNLCK);
}

void Displaced::add(std::filesystem::path path, Fd file, std::optional<Identity> read, Moment now) {
  waiting_.push_back({std::move(path), std::move(file), read, now + longest_stay});
}

Result<> Displaced::settle(Moment now) {
  for (auto waiting = waiting_.begin(); waiting != waiting_.end();) {
    if (!waiting->file) {
      Result<Fd> file = files_.open(waiting->path, open_flags);
      if (!file) return std::move(file.error());
      waiting->file = *std::move(file);
    }
    const bool unwritable = lease(waiting->file) == Writers::none_and_leased;
    if (!unwritable && now < waiting->until) {
      ++waiting;
      continue;
    }
    if (Result<> finished = finish(*waiting); !finished) return finished;
    waiting = waiting_.erase(waiting);  // closes the file, and with it goes the lease
  }
  return ok;
}

Result<> Displaced::finish(Waiting& waiting) {
  Result<Files::Stat> stat = files_.stat(waiting.file);
  if (!stat) return std::move(stat.error());
  if (waiting.read != identity_of(*stat)) {
    Result<bool> taken = take_in_(waiting.path, waiting.file);
    if (!taken) return std::move(taken.error());
    waiting.read = identity_of(*stat);  // were the next line to fail, it is not taken in again
    if (!*taken) return ok;
  }
  return files_.unlink(waiting.path);
}

std::optional<Moment> Displaced::deadline() const {
  const auto first = std::min_element(waiting_.begin(), waiting_.end(),
                                      [](const Waiting& a, const Waiting& b) { return a.until < b.until; });
  return first == waiting_.end() ? std::nullopt : std::optional(first->until);
}

}  // namespace reelspool::window
