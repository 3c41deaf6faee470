#include "worker/cli/commands.hpp"
#include "worker/cli/data_store.hpp"
#include "worker/cli/exit_status.hpp"

namespace reelspool {
namespace {

Result<int> stats(const Settings& settings, bool json) {
  const auto store = command_store(settings);
  const auto counted = store->stats();
  if (!counted) return counted.error();
  // total is what is still to be done, as the queues people know count it (REQUIREMENTS J13)
  const Json figures = {{"waiting", counted->waiting},
                        {"active", counted->active},
                        {"delayed", counted->delayed},
                        {"done", counted->done},
                        {"failed", counted->failed},
                        {"cancelled", counted->cancelled},
                        {"total", counted->waiting + counted->active + counted->delayed},
                        {"paused", counted->paused}};
  if (json) {
    print_line(figures.dump(2));
    return exit_status::success;
  }
  for (const auto& [name, value] : figures.items()) {
    std::string label = name;
    label.resize(12, ' ');
    print_line(label + to_text(value));
  }
  return exit_status::success;
}

}  // namespace

void add_stats_command(CLI::App& app, Shell& shell) {
  CLI::App* command = app.add_subcommand("stats", "Count the jobs by state");
  shell.offer_json(command);
  shell.when_chosen(command, [&shell](const Settings& settings) { return stats(settings, shell.json()); });
}

}  // namespace reelspool
