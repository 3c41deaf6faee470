#include "worker/cli/commands.hpp"
#include "worker/cli/some_jobs.hpp"

namespace reelspool {

void add_retry_command(CLI::App& app, Shell& shell) {
  CLI::App* command =
      app.add_subcommand("retry", "Try a failed or cancelled job again; finished steps are kept");
  shell.offer_json(command);
  const auto which = offer_some_jobs(command);
  shell.when_chosen(command, [&shell, which](const Settings& settings) {
    return for_some_jobs(
        settings, shell, *which, "pending again",
        [](JobStore& store, const std::string& id) -> Result<> {
          auto job = store.retry(id);
          if (!job) return std::move(job.error());
          return ok;
        },
        [](JobStore& store) { return store.retry_failed(); });
  });
}

}  // namespace reelspool
