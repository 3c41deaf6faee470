#include "worker/cli/commands.hpp"
#include "worker/cli/one_job.hpp"

namespace reelspool {

void add_cancel_command(CLI::App& app, Shell& shell) {
  add_one_job_command(app, shell, "cancel", "Cancel a pending or running job",
                      [](JobStore& store, const std::string& id) { return store.cancel(id); });
}

}  // namespace reelspool
