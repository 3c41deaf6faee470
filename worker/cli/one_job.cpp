#include "worker/cli/one_job.hpp"

#include "worker/cli/data_store.hpp"
#include "worker/cli/exit_status.hpp"
#include "worker/cli/job_text.hpp"

namespace reelspool {

void add_one_job_command(CLI::App& app, Shell& shell, const std::string& name, const std::string& about,
                         std::function<Result<Job>(JobStore& store, const std::string& id)> act) {
  CLI::App* command = app.add_subcommand(name, about);
  shell.offer_json(command);
  const auto id = std::make_shared<std::string>();
  command->add_option("job", *id, "The job's id")->required();
  shell.when_chosen(command, [&shell, id, act = std::move(act)](const Settings& settings) -> Result<int> {
    const auto store = command_store(settings);
    auto job = act(*store, *id);
    if (!job) return std::move(job.error());
    print_line(shell.json() ? as_json(*job).dump(2) : as_page(*job, {}));
    return exit_status::success;
  });
}

}  // namespace reelspool
