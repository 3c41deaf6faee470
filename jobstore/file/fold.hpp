#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "jobstore/file/ended_jobs.hpp"
#include "jobstore/file/fair_queue.hpp"
#include "jobstore/file/live_attempts.hpp"
#include "jobstore/file/owned_by_id.hpp"
#include "jobstore/file/record.hpp"
#include "jobstore/file/row.hpp"
#include "jobstore/file/row_index.hpp"
#include "jobstore/file/snapshot.hpp"
#include "jobstore/job.hpp"
#include "jobstore/job_store.hpp"
#include "jobstore/result.hpp"

namespace reelspool {

/// What is remembered of a removed job, so that an old copy of jobs.json never runs it again.
struct Gone {
  Status status = Status::done;
  std::uint64_t body_hash = 0;
  std::string idempotency_key;
  Time at{};
  std::uint64_t number = 0;  ///< of its record
};
/// DESIGN 3: an old copy of jobs.json may come back for that long.
inline constexpr std::chrono::days removed_jobs_are_remembered{90};

class FoldWalk;

/// The journal folded: all jobs in memory, with the indexes that make claiming, listing and following changes
/// independent of how many there are. It changes only by apply(): what a process holds in memory is what any
/// other would read from disk.
///
/// Threads    One at a time; the store's mutex sees to it.
class Fold {
 public:
  /// `rules`: what this process claims; nothing: everything.
  explicit Fold(std::shared_ptr<const ClaimRules> rules = std::make_shared<ClaimRules>());
  ~Fold();
  /// An empty one whose changes go on where those of `before` ended.
  static Fold after(const Fold& before) {
    Fold fold(before.attempts_.rules());
    fold.now_ = before.now_;
    fold.news_ = before.news_ + 1;
    return fold;
  }
  Fold(Fold&&) noexcept;
  Fold& operator=(Fold&&) noexcept;

  /// Errors: invalid_request  the record makes no sense here; nothing was changed
  Result<> apply(const Record& record);

  const Row* find(std::string_view id) const;
  const Gone* find_gone(std::string_view id) const;
  const std::map<std::string, Gone, std::less<>>& all_gone() const { return gone_; }
  /// Id of the job, living or removed, that came with this idempotencyKey; empty when none did.
  std::string_view id_with_key(std::string_view idempotency_key) const;
  /// A value for others, with its params.
  static Job copy(const Row& row);

  /// Jobs whose time has come by `now` become claimable, and so do those whose starts were limited until then.
  void make_due(const TwoClocks& now);
  /// The next one to claim (FairQueue), of those that the rules allow now. Nothing when there is none.
  const Row* best() const;
  bool is_claimable(const Row& row) const;
  /// When the next job becomes claimable by time alone.
  std::optional<Time> next_due() const;
  /// A pending job that waits for one that will never be done; and that one's id.
  struct Doomed {
    const Row* row;
    std::string prerequisite;
  };
  std::optional<Doomed> doomed() const;

  /// Names of workers that run something, and what each runs.
  std::vector<std::string> busy_workers() const;
  std::vector<const Row*> run_by(std::string_view worker) const;

  /// In the order of their places.
  const RowIndex<std::uint64_t>& with_status(Status status) const {
    return by_status_[static_cast<std::size_t>(status)];
  }
  const RowIndex<std::uint64_t>& all() const { return by_place_; }
  /// Those that have ended, in the order of their ends.
  const EndedJobs& ended() const { return ended_; }
  /// Whether a job that has not ended names it in its dependsOn.
  bool is_awaited(const Row& row) const { return awaited_.contains(row.job.id.view()); }
  /// Lines for the archive, by the number of the removal, of jobs whose removal is not finished.
  const std::map<std::uint64_t, std::string>& unarchived() const { return unarchived_; }
  std::size_t delayed() const { return delayed_.size(); }
  bool is_paused() const { return is_paused_; }

  /// A number that grows with every change.
  std::uint64_t now() const { return now_; }
  /// Grows when a job may have become claimable, or a cancel of a running one was wished.
  std::uint64_t news() const { return news_; }
  const RowIndex<std::uint64_t>& changes() const { return by_change_; }
  struct Removal {
    std::uint64_t place;
    std::string id;
  };
  const std::map<std::uint64_t, Removal>& removals() const { return removals_; }
  /// After loading anew: what `before` had and this one has not is a removal, like those that `before` knew of.
  void note_removals_since(const Fold& before);
  /// All records of a snapshot. Removed jobs are left out if they went before `forget_before`, unless a job that
  /// is here names them in its dependsOn.
  void write(SnapshotText& text, Time forget_before) const;
  /// The same in steps, while the fold goes on changing: what stands in the snapshot is the state as it is now, after
  /// the record numbered `sequence`. A row that is about to change before its turn is written down first.
  void begin_walk(std::uint64_t sequence, Time forget_before);
  bool is_walked() const { return walk_ != nullptr; }
  /// The walk that began behind that record is still on; it is not when the fold was loaded anew.
  bool is_walked_from(std::uint64_t sequence) const;
  /// Adds the next rows, at most `most`. False: that was all.
  bool walk(SnapshotText& text, std::size_t most);
  /// Does nothing when another walk is on.
  void end_walk(std::uint64_t sequence);

 private:
  Result<> apply_job(const Record& record);
  Result<> apply_set(const Record& record);
  Result<> apply_progress(const Record& record);
  Result<> apply_step(const Record& record);
  Result<> apply_gone(const Record& record);
  Result<> apply_head(const Record& record);
  Result<> apply_queue(const Record& record);

  Row* row_of(std::string_view id);
  /// That a job of this id was removed, and the key that it came with.
  void forget(const std::string& id);
  void enter(Row& row);  ///< into all indexes; as changed now
  void leave(Row& row);  ///< out of all indexes
  FairQueue::Place queued(const Row& row) const {
    return {row.job.priority, row.user.view(), attempts_.lane_of(row.job.type.view()), row.place};
  }
  void place_pending(Row& row);
  void displace_pending(Row& row);
  void look_at_opened_lane(std::string_view type);
  void touch(Row& row);
  /// Jobs that wait for `id` may have become claimable, or doomed.
  void look_again_at_dependents(const std::string& id);

  /// For the walk, before a row changes or goes, and before a removed job is forgotten.
  void keep(const Row& row);
  void keep(const std::string& id, const Gone& gone);
  bool step(FoldWalk& walk, SnapshotText& text, std::size_t most) const;
  using Lines = std::vector<std::pair<RecordKind, std::string>>;
  /// What a snapshot says before it comes to the jobs.
  Lines lines_of_the_whole(Time forget_before) const;

  enum class Waiting { ready, delayed, blocked, doomed };
  Waiting waiting(const Row& row, std::string* culprit = nullptr) const;

  OwnedById<Row> rows_;
  std::map<std::string, Gone, std::less<>> gone_;
  std::unordered_map<std::string, std::string> ids_by_key_;
  std::unordered_map<std::string, std::set<std::string>> dependents_;
  std::map<std::string, int, std::less<>> awaited_;  ///< by how many that have not ended
  std::map<std::uint64_t, std::string> unarchived_;

  RowIndex<std::uint64_t> by_place_;
  std::array<RowIndex<std::uint64_t>, 5> by_status_;
  EndedJobs ended_;
  RowIndex<std::uint64_t> by_change_;
  std::map<std::uint64_t, Removal> removals_;
  FairQueue ready_;
  LiveAttempts attempts_;
  RowIndex<std::pair<Time, std::uint64_t>> delayed_;
  RowIndex<std::uint64_t> doomed_;
  std::map<std::string, std::map<std::uint64_t, Row*>, std::less<>> by_worker_;

  std::unique_ptr<FoldWalk> walk_;  ///< of a snapshot that is being taken

  bool is_paused_ = false;
  std::uint64_t now_ = 0;
  std::uint64_t news_ = 0;
};

}  // namespace reelspool
