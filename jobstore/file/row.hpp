#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "jobstore/file/text.hpp"
#include "jobstore/job.hpp"
#include "jobstore/job_store.hpp"

namespace reelspool {

/// A time or none, in 8 bytes.
class MaybeTime {
 public:
  MaybeTime() = default;
  MaybeTime(std::optional<Time> time) : time_(time.value_or(none)) {}
  explicit operator bool() const { return time_ != none; }
  Time operator*() const { return time_; }
  operator std::optional<Time>() const { return time_ == none ? std::nullopt : std::optional(time_); }

 private:
  static constexpr Time none = Time::min();
  Time time_ = none;
};

/// What is kept in memory of a Job: its text and little more. See Job for what the members mean; the params are found
/// in the body when somebody asks (Fold::copy).
struct KeptJob {
  Text id, type, body, worker, stage, message;
  Text fields;  ///< empty: {}
  Time created_at{}, updated_at{};
  MaybeTime started_at, finished_at, run_at;
  std::uint64_t rev = 0, token = 0;
  double progress = 0;
  int priority = 0;
  int attempt = 0, max_attempts = 3, interruptions = 0;
  int scene = 0, scenes = 0;
  int eta_seconds = -1;  ///< below 0: none
  Status status = Status::pending;
  bool cancel_requested = false;
};

/// One job in memory.
struct Row {
  KeptJob job;
  bool is_due = false;        ///< a delayed one whose time has come
  std::uint64_t place = 0;    ///< number of its job record: age, and the order in jobs.json
  std::uint64_t changed = 0;  ///< when it last changed, in Fold::now()
  std::uint64_t body_hash = 0;
  std::uint64_t ended = 0;      ///< number of the record by which it ended last; 0: it has not yet
  std::uint64_t retry_rev = 0;  ///< its rev at the last retry: a cancel older than that means the run before
  Text idempotency_key;
  Text user;  ///< whose turn it takes (FairQueue); empty: nobody's in particular
  std::vector<std::string> depends_on;
  std::vector<StepRecord> steps;  ///< newest of each key, in order of first appearance
};

inline std::string_view id_of(const Row& row) {
  return row.job.id;
}

}  // namespace reelspool
