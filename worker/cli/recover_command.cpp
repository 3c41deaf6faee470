#include "worker/cli/commands.hpp"
#include "worker/cli/data_store.hpp"
#include "worker/cli/exit_status.hpp"

namespace reelspool {
namespace {

Result<int> recover(const Settings& settings, const std::string& hung) {
  auto store = open_data_store(settings, {});  // not asked of a worker: it may be the one that hangs
  if (!store) return std::move(store.error());
  auto ids = hung.empty() ? (*store)->recover() : (*store)->recover_from(hung);
  if (!ids) return std::move(ids.error());
  for (const std::string& id : *ids) print_line(id + ": pending again");
  if (ids->empty())
    print_line(hung.empty() ? "No dead worker has left a job." : "The worker " + hung + " runs no job.");
  return exit_status::success;
}

}  // namespace

void add_recover_command(CLI::App& app, Shell& shell) {
  CLI::App* command = app.add_subcommand(
      "recover", "Give the jobs of dead workers back, as happens by itself where a worker lives");
  const auto hung = std::make_shared<std::string>();
  command
      ->add_option("--force", *hung,
                   "The name of a worker that lives but hangs: its jobs are given back, and what it still "
                   "writes for them is refused")
      ->type_name("NAME");
  shell.when_chosen(command, [hung](const Settings& settings) { return recover(settings, *hung); });
}

}  // namespace reelspool
