#include "worker/cli/commands.hpp"
#include "worker/cli/one_job.hpp"

namespace reelspool {

void add_retry_command(CLI::App& app, Shell& shell) {
  add_one_job_command(app, shell, "retry", "Try a failed or cancelled job again; finished steps are kept",
                      [](JobStore& store, const std::string& id) { return store.retry(id); });
}

}  // namespace reelspool
