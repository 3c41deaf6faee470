#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "jobstore/file/files.hpp"
#include "jobstore/result.hpp"

namespace reelspool {

/// Who lives. A worker holds the lock on store/workers/<name> as long as its process lives; the kernel frees it,
/// however the process ends, and a moment before that closes the file, which watchers of the folder are told
/// (IN_CLOSE_WRITE). So nobody is taken for dead early, and no time-out is tuned.
///
/// hold() and probing happen under the store's lock: a probe never stands in the way of a worker that starts.
class Liveness {
 public:
  Liveness(Files& files, const std::filesystem::path& store);

  /// Takes the lock of this name and keeps it. Errors: unavailable  a living worker has it
  Result<> hold(const std::string& name);
  /// The name that is held; empty: none.
  const std::string& name() const { return name_; }
  /// Gives it up: the file first, so that peers see no name without an owner.
  void release();

  /// A worker whose lock is free, or whose file is not there. Never the one held here.
  Result<bool> is_dead(const std::string& name);
  /// Deletes a dead worker's file.
  Result<> bury(const std::string& name);

  const std::filesystem::path& folder() const { return folder_; }

 private:
  Files& files_;
  std::filesystem::path folder_;
  std::string name_;
  Fd lock_;
};

}  // namespace reelspool
