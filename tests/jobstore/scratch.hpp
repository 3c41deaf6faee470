#pragma once

#include <array>
#include <atomic>
#include <cerrno>
#include <cstdio>
#include <memory>
#include <string>

#include "jobstore/file/file_job_store.hpp"
#include "jobstore/file/files.hpp"
#include "tests/jobstore/arrange.hpp"

namespace reelspool {

/// Lets the n-th call fail (from 1; 0: none), of one sort or of any; counts all. Any thread.
class FailingFiles final : public Files {
 public:
  explicit FailingFiles(int nth = 0, int errno_value = EIO) : nth_(nth), errno_(errno_value) {}

  bool fired() const { return fired_; }
  int count(Call call) const { return counts_[static_cast<std::size_t>(call)]; }
  int total() const { return total_; }
  void reset_counts() {
    for (auto& count : counts_) count = 0;
    total_ = 0;
  }
  /// All calls of this sort fail from now on.
  void fail_all(Call call) { doomed_ = static_cast<int>(call); }
  void heal() { doomed_ = -1; }
  /// The next call of this sort fails, and no other.
  void fail_next(Call call) { next_ = static_cast<int>(call); }

 protected:
  int disturb(Call call) override {
    const int sort = static_cast<int>(call);
    ++counts_[static_cast<std::size_t>(call)];
    const bool is_nth = ++total_ == nth_;
    int expected = sort;
    if (is_nth) fired_ = true;
    return is_nth || doomed_ == sort || next_.compare_exchange_strong(expected, -1) ? errno_ : 0;
  }

 private:
  const int nth_, errno_;
  std::atomic<bool> fired_ = false;
  std::atomic<int> total_ = 0, doomed_ = -1, next_ = -1;
  std::array<std::atomic<int>, 13> counts_{};
};

inline FileStoreOptions options_for(const Scratch& scratch, std::string worker = {}) {
  FileStoreOptions options;
  options.data = scratch.path();
  options.worker = std::move(worker);
  options.role = options.worker.empty() ? FileStoreOptions::Role::client : FileStoreOptions::Role::worker;
  return options;
}

inline std::unique_ptr<FileJobStore> open_store(const FileStoreOptions& options) {
  return must(open_file_store(options));
}

inline std::filesystem::path segment(const Scratch& scratch, int number) {
  char name[32];
  std::snprintf(name, sizeof name, "journal-%06d", number);
  return scratch.store() / name;
}

/// Of a store that is opened anew.
inline std::size_t jobs_in(const Scratch& scratch) {
  return must(open_store(options_for(scratch))->list({.limit = 100000})).size();
}

}  // namespace reelspool
