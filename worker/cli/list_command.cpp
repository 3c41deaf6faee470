#include "worker/cli/commands.hpp"
#include "worker/cli/data_store.hpp"
#include "worker/cli/exit_status.hpp"
#include "worker/cli/job_text.hpp"

namespace reelspool {
namespace {

struct Wanted {
  std::string status;
  std::size_t limit = 100;
  std::string after;
};

Result<int> list(const Settings& settings, const Wanted& wanted, bool json) {
  const auto store = command_store(settings);
  Listing listing{status_from(wanted.status), wanted.limit, wanted.after};
  auto jobs = store->list(listing);
  if (!jobs) return std::move(jobs.error());
  if (json) {
    Json all = Json::array();
    for (const Job& job : *jobs) all.push_back(as_json(job));
    print_line(all.dump(2));
    return exit_status::success;
  }
  if (jobs->empty()) {
    print_line("No jobs.");
    return exit_status::success;
  }
  print_line(row_heading());
  for (const Job& job : *jobs) print_line(as_row(job));
  return exit_status::success;
}

}  // namespace

void add_list_command(CLI::App& app, Shell& shell) {
  CLI::App* command = app.add_subcommand("list", "List jobs, newest first");
  shell.offer_json(command);
  const auto wanted = std::make_shared<Wanted>();
  command->add_option("--status", wanted->status, "Only jobs in this state")
      ->check(CLI::IsMember({"pending", "running", "done", "failed", "cancelled"}));
  command->add_option("--limit", wanted->limit, "How many at the most (100)")->check(CLI::Range(1, 100000));
  command->add_option("--after", wanted->after, "Go on after this job: the last id of the page before");
  shell.when_chosen(
      command, [&shell, wanted](const Settings& settings) { return list(settings, *wanted, shell.json()); });
}

}  // namespace reelspool
