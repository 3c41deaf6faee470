#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>

#include "jobstore/claim_rules.hpp"
#include "jobstore/job_store.hpp"
#include "jobstore/result.hpp"
#include "jobstore/retention_rules.hpp"
#include "jobstore/time.hpp"

namespace reelspool::conformance {

/// One job store, empty at first, as the suite needs it: opened any number of times, as other processes would have
/// it, on a clock that stands. All that a kind of store has to bring to be tested.
///
///   class PostgresMaker final : public StoreMaker { ... };
///   INSTANTIATE_TEST_SUITE_P(Postgres, JobStoreConformance, testing::Values(+[]() -> std::unique_ptr<StoreMaker> {
///     return std::make_unique<PostgresMaker>(); }));
///
/// and link the tests of this folder (CMake: the object library reelspool_jobstore_conformance).
class StoreMaker {
 public:
  virtual ~StoreMaker() = default;

  /// Another handle on the store, as another process would have it. `worker` names the worker; empty: a client,
  /// which claims nothing. The store is to give entries three attempts that do not say, and to set a job aside
  /// when its worker died `max_interruptions` times.
  /// Errors: as the store has them: unavailable  a living worker has this name
  ///                                invalid_request, field "worker"  it is no name
  virtual Result<std::shared_ptr<JobStore>> open(const std::string& worker) = 0;
  /// What handles that are opened from now on keep to; at first entries stay for ever.
  void keep_to(const RetentionRules& rules) { retention_ = rules; }
  /// What handles that are opened from now on claim by; at first everything, at once.
  void claim_by(const ClaimRules& rules) { claim_rules_ = rules; }
  /// What a worker does by itself once a minute: entries that have to leave do. How many. Asked of a client's handle.
  virtual Result<std::size_t> sweep(JobStore& handle) = 0;
  /// The process that holds this handle dies: nothing more is written by it, its claims are left as they are. It is
  /// the handle's last copy. When this returns others can know of the death.
  virtual void kill(std::shared_ptr<JobStore> handle) = 0;

  virtual Time now() const = 0;
  virtual void advance(std::chrono::milliseconds by) = 0;
  /// The data directory, below which the jobs' folders are.
  virtual std::filesystem::path data() const = 0;

  static constexpr int max_attempts = 3;
  static constexpr int max_interruptions = 3;

 protected:
  RetentionRules retention_;
  ClaimRules claim_rules_;
};

using MakeStores = std::unique_ptr<StoreMaker> (*)();

}  // namespace reelspool::conformance
