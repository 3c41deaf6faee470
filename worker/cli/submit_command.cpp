#include "worker/cli/commands.hpp"
#include "worker/cli/data_store.hpp"
#include "worker/cli/exit_status.hpp"
#include "worker/cli/job_file.hpp"
#include "worker/cli/job_text.hpp"

namespace reelspool {
namespace {

Result<int> submit(const Settings& settings, const std::string& file, bool json) {
  auto entry = read_job_file(file);
  if (!entry) return std::move(entry.error());
  const auto store = command_store(settings);
  auto submitted = store->submit(*entry);
  if (!submitted) return std::move(submitted.error()).while_doing(file);
  if (json) {
    print_line(as_json(submitted->job).dump(2));
  } else {
    print_line(submitted->job.id +
               (submitted->is_new ? "" : ": known already; this is the first job of that id"));
  }
  return exit_status::success;
}

}  // namespace

void add_submit_command(CLI::App& app, Shell& shell) {
  CLI::App* command = app.add_subcommand("submit", "Submit the job in a file; a worker makes it");
  shell.offer_json(command);
  const auto file = std::make_shared<std::string>();
  command->add_option("file", *file, "A file with one job as JSON; - for standard input")->required();
  shell.when_chosen(
      command, [&shell, file](const Settings& settings) { return submit(settings, *file, shell.json()); });
}

}  // namespace reelspool
