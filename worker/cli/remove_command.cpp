#include "worker/cli/commands.hpp"
#include "worker/cli/data_store.hpp"
#include "worker/cli/exit_status.hpp"

namespace reelspool {

void add_remove_command(CLI::App& app, Shell& shell) {
  CLI::App* command = app.add_subcommand("remove", "Forget an ended job and delete its working files");
  const auto id = std::make_shared<std::string>();
  const auto files = std::make_shared<bool>(false);
  command->add_option("job", *id, "The job's id")->required();
  command->add_flag("--files", *files, "Delete the finished video, thumbnail and plan as well");
  shell.when_chosen(command, [id, files](const Settings& settings) -> Result<int> {
    const auto store = command_store(settings);
    if (auto removed = store->remove(*id, *files); !removed) return std::move(removed.error());
    print_line(*id + ": removed" + (*files ? "" : "; the finished video is kept"));
    return exit_status::success;
  });
}

}  // namespace reelspool
