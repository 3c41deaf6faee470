#include "worker/cli/commands.hpp"
#include "worker/cli/some_jobs.hpp"

namespace reelspool {

void add_remove_command(CLI::App& app, Shell& shell) {
  CLI::App* command = app.add_subcommand("remove", "Forget an ended job and delete its working files");
  shell.offer_json(command);
  const auto which = offer_some_jobs(command);
  const auto files = std::make_shared<bool>(false);
  command->add_flag("--files", *files, "Delete the finished video, thumbnail and plan as well");
  shell.when_chosen(command, [&shell, which, files](const Settings& settings) {
    const std::string what = *files ? "removed" : "removed; a finished video is kept";
    return for_some_jobs(
        settings, shell, *which, what,
        [&](JobStore& store, const std::string& id) { return store.remove(id, *files); },
        [&](JobStore& store) { return store.remove_failed(*files); });
  });
}

}  // namespace reelspool
