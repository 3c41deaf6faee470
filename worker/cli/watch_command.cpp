#include "worker/cli/closing.hpp"
#include "worker/cli/commands.hpp"
#include "worker/cli/data_store.hpp"
#include "worker/cli/follow.hpp"
#include "worker/cli/progress_display.hpp"

namespace reelspool {
namespace {

Result<int> watch(const Settings& settings, const std::string& id, bool json) {
  const auto store = command_store(settings);
  auto job = store->find(id);
  if (!job) return std::move(job.error());

  if (!has_ended(job->status)) {
    ProgressDisplay display;
    const std::atomic<bool> never{false};
    const auto followed =
        follow_job(settings.path("DATA_DIR") / "jobs" / id, job->rev, never, [&](const Sighting& sighting) {
          json ? print_line(to_text(sighting.status)) : display.show(sighting);
          std::fflush(stdout);
          return true;
        });
    if (!followed) return followed.error();
    job = store->find(id);
    if (!job) return std::move(job.error());
  }
  return close_with(*job, json);
}

}  // namespace

void add_watch_command(CLI::App& app, Shell& shell) {
  CLI::App* command = app.add_subcommand("watch", "Follow one job to its end");
  shell.offer_json(command);
  const auto id = std::make_shared<std::string>();
  command->add_option("job", *id, "The job's id")->required();
  shell.when_chosen(command,
                    [&shell, id](const Settings& settings) { return watch(settings, *id, shell.json()); });
}

}  // namespace reelspool
