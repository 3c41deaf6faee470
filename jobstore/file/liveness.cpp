#include "jobstore/file/liveness.hpp"

#include <fcntl.h>

namespace reelspool {

Liveness::Liveness(Files& files, const std::filesystem::path& store)
    : files_(files), folder_(store / "workers") {}

Result<> Liveness::hold(const std::string& name) {
  Result<Fd> file = files_.open(folder_ / name, O_RDWR | O_CREAT);
  if (!file) return std::move(file.error());
  Result<bool> is_ours = files_.try_lock(*file, Files::Sharing::exclusive);
  if (!is_ours) return std::move(is_ours.error());
  if (!*is_ours)
    return make_error(ErrorClass::unavailable,
                      "a worker named '" + name +
                          "' is running on this data directory already; give this one "
                          "another name, or end that one");
  lock_ = std::move(*file);
  name_ = name;
  return ok;
}

void Liveness::release() {
  if (name_.empty()) return;
  static_cast<void>(files_.unlink(folder_ / name_));
  lock_ = Fd();
  name_.clear();
}

Result<bool> Liveness::is_dead(const std::string& name) {
  if (name == name_) return false;
  // Read-only: closing it again is then no IN_CLOSE_WRITE, and so no news for anybody.
  Result<Fd> file = files_.open(folder_ / name, O_RDONLY);
  if (!file) {
    if (file.error().code == "ENOENT") return true;
    return std::move(file.error());
  }
  return files_.try_lock(*file, Files::Sharing::shared);
}

Result<> Liveness::bury(const std::string& name) {
  return files_.unlink(folder_ / name);
}

}  // namespace reelspool
