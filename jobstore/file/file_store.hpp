#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "jobstore/file/archive.hpp"
#include "jobstore/file/file_job_store.hpp"
#include "jobstore/file/liveness.hpp"
#include "jobstore/file/retention.hpp"
#include "jobstore/file/store_core.hpp"
#include "jobstore/file/store_watch.hpp"

namespace reelspool {

/// The file store behind file_job_store.hpp: each function is one transaction of StoreCore.
class FileStore final : public FileJobStore {
 public:
  static Result<std::unique_ptr<FileStore>> open(const FileStoreOptions& options);
  ~FileStore() override;

  // JobStore; file_store.cpp, file_store_attempts.cpp
  Result<Submitted> submit(std::string_view entry) override;
  Result<std::optional<Claimed>> claim() override;
  Result<std::optional<Claimed>> claim_job(std::string_view id) override;
  Result<> progress(const Claim& claim, const Progress& progress) override;
  Result<> update(const Claim& claim, std::string_view fields) override;
  Result<> append_step(const Claim& claim, const StepRecord& record) override;
  Result<std::vector<StepRecord>> steps(std::string_view id) override;
  Result<> publish_files(
      const Claim& claim,
      const std::vector<std::pair<std::filesystem::path, std::filesystem::path>>& files) override;
  Result<Job> finish(const Claim& claim, const Ending& ending) override;
  Result<Job> cancel(std::string_view id) override;
  Result<Job> retry(std::string_view id) override;
  Result<> remove(std::string_view id, bool with_outputs) override;
  Result<std::vector<std::string>> retry_failed() override;
  Result<std::vector<std::string>> remove_failed(bool with_outputs) override;
  Result<Job> find(std::string_view id) override;
  Result<std::vector<Job>> list(const Listing& listing) override;
  Result<Stats> stats() override;
  Result<std::vector<Job>> last_failures(std::size_t limit) override;
  Result<> set_paused(bool paused) override;
  Result<std::vector<std::string>> recover() override;
  Result<std::vector<std::string>> recover_from(std::string_view worker) override;
  void on_change(std::function<void()> listener) override;

  // Ledger; file_store_ledger.cpp
  Result<Changes> changes_since(std::uint64_t cursor, std::size_t limit) override;
  Result<std::vector<Outcome>> take_in(const std::vector<std::string_view>& entries) override;
  void on_movement(std::function<void()> listener) override;
  Result<> while_holding(const Claim& claim, const std::function<Result<>()>& act) override;
  Result<bool> others_run() override;
  Result<std::size_t> sweep() override;
  const std::filesystem::path& data() const override { return options_.data; }
  Files& files() override { return files_; }
  const Clock& clock() const override { return clock_; }

  // FileJobStore; file_store_upkeep.cpp
  Result<> compact() override;
  Result<> export_to(const std::function<Result<>(std::string_view)>& write) override;
  Result<std::vector<Imported>> import(const std::vector<std::string_view>& lines) override;

 private:
  explicit FileStore(const FileStoreOptions& options);

  Result<> prepare();
  Result<> start_watch();
  // file_store_removal.cpp
  bool sweeps() const;  ///< a worker, and there is something to keep to
  Result<> plan_first_sweep();
  void plan_next_sweep(std::optional<std::chrono::milliseconds> next);
  void sweep_in(std::chrono::milliseconds wait);
  void start_sweep();
  /// Deletes the folders of removed jobs and archives their lines. False: that failed, is reported, and is done later.
  bool clear_removed();
  Result<bool> clear_some_removed();  ///< false: there was nothing to do
  /// Of jobs that are gone; when to look again.
  std::optional<std::chrono::milliseconds> delete_old_outputs();
  void delete_old_outputs_of(std::vector<std::string>& ids);
  void report(const Error& problem);

  void moved(const StoreCore::Moved& moved);
  /// `own`: the jobs of our own name too, which one before us left behind.
  Result<std::vector<std::string>> take_back(bool own);
  /// Gives back all that `worker` runs; adds their ids.
  Result<> give_back(Writer& writer, std::string_view worker, std::vector<std::string>& ids);
  StoreWatch::Names still_held(const StoreWatch::Names& closed);
  Result<> check_room() const;
  using Choose = std::function<const Row*(const Fold&)>;
  Result<std::optional<Claimed>> claim_chosen(const Choose& choose);
  /// One wish about one job, then the job as it is.
  using Wish = std::function<Result<>(StoreCore::Writer&, const Row&)>;
  Result<Job> change(std::string_view id, const Wish& wish);
  /// The same wish about every failed job, a few hundred a transaction; their ids.
  Result<std::vector<std::string>> change_failed(const Wish& wish, const std::function<void()>& after_each);

  const FileStoreOptions options_;
  Files& files_;
  const Clock& clock_;
  const std::filesystem::path store_;

  Fd bell_;  // constant once open, as the next
  std::unique_ptr<StoreCore> core_;
  const Archive archive_;
  Liveness liveness_;  // under the store's lock

  std::mutex sweep_turn_;
  Retention retention_;                                         // guarded by sweep_turn_, as the next
  std::optional<std::chrono::milliseconds> outputs_looked_at_;  // running clock
  std::atomic<bool> is_sweeping_ = false, is_closing_ = false;
  std::thread sweeper_;  // started by the watch's thread only

  std::mutex mutex_;
  std::function<void()> change_listener_, movement_listener_;  // guarded by mutex_, as all below
  std::optional<Time> wakes_at_;
  std::size_t ended_ = 0;
  std::optional<std::chrono::milliseconds> sweeps_at_;  // running clock
  std::unique_ptr<StoreWatch> watch_;  // its destructor joins a thread that uses all of the above
};

Error no_such_job(std::string_view id);
/// Why a claim does not hold.
Error stale_claim(const Claim& claim);
/// The job that this claim owns; nothing if a newer one exists, or the attempt has ended.
const Row* held_row(const Fold& fold, const Claim& claim);

}  // namespace reelspool
