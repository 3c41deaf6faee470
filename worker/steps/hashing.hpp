#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <map>
#include <mutex>
#include <string>
#include <tuple>

#include "jobstore/result.hpp"
#include "worker/steps/work.hpp"

namespace reelspool {

/// SHA-256 of files' contents, each read once: remembered by (device, inode, size, change time), which a new
/// content cannot keep. Threads: any; reading blocks, so call it from the pool.
class ContentHashes {
 public:
  /// 64 hex digits. Errors: invalid_request where there is no such file or it may not be read; storage where
  /// the disk fails.
  Result<std::string> of_file(const std::filesystem::path& path);

 private:
  using Identity = std::tuple<dev_t, ino_t, off_t, std::int64_t, std::int64_t>;
  std::mutex mutex_;
  std::map<Identity, std::string> known_;  // guarded by mutex_
};

/// The hash of a step: its kind, its request (the order of an object's members does not matter) and the
/// contents of its inputs in their order. Paths do not matter, so the same picture elsewhere is the same
/// input.
Result<std::string> hash_of(const std::string& kind, const Json& request,
                            const std::vector<std::filesystem::path>& inputs, ContentHashes& contents);

}  // namespace reelspool
