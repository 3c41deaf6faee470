#pragma once

#include "jobstore/job_store.hpp"

namespace reelspool {

/// The half of a job store that a command has. What only a worker may do (claim, all that carries a claim, recover,
/// on_change) is refused: invalid_request, code "not_for_commands".
class CommandStore : public JobStore {
 public:
  Result<std::optional<Claimed>> claim() final;
  Result<std::optional<Claimed>> claim_job(std::string_view id) final;
  Result<> progress(const Claim& claim, const Progress& progress) final;
  Result<> update(const Claim& claim, std::string_view fields) final;
  Result<> append_step(const Claim& claim, const StepRecord& record) final;
  Result<> publish_files(
      const Claim& claim,
      const std::vector<std::pair<std::filesystem::path, std::filesystem::path>>& files) final;
  Result<Job> finish(const Claim& claim, const Ending& ending) final;
  Result<std::vector<std::string>> recover() final;
  Result<std::vector<std::string>> recover_from(std::string_view worker) final;
  void on_change(std::function<void()> listener) final;
};

}  // namespace reelspool
