#include "worker/cli/commands.hpp"
#include "worker/cli/data_store.hpp"
#include "worker/cli/exit_status.hpp"
#include "worker/cli/job_text.hpp"

namespace reelspool {
namespace {

Json step_as_json(const StepRecord& record) {
  auto body = parse_json(record.body);
  return {
      {"key", record.key},   {"phase", to_string(record.phase)}, {"attempt", record.attempt},
      {"hash", record.hash}, {"at", format_time(record.at)},     {"body", body ? *std::move(body) : Json()}};
}

std::string step_as_line(const StepRecord& record) {
  std::string key = record.key;
  key.resize(std::max<std::size_t>(key.size(), 24), ' ');
  return key + "  " + std::string(to_string(record.phase)) + "  " + format_time(record.at);
}

Result<int> show(const Settings& settings, const std::string& id, bool json) {
  const auto store = command_store(settings);
  auto job = store->find(id);
  if (!job) return std::move(job.error());
  auto steps = store->steps(id);
  if (!steps) return std::move(steps.error());
  if (json) {
    Json page = as_json(*job);
    Json records = Json::array();
    for (const StepRecord& record : *steps) records.push_back(step_as_json(record));
    page["steps"] = std::move(records);
    print_line(page.dump(2));
    return exit_status::success;
  }
  std::vector<std::string> lines;
  for (const StepRecord& record : *steps) lines.push_back(step_as_line(record));
  print_line(as_page(*job, lines));
  return exit_status::success;
}

}  // namespace

void add_show_command(CLI::App& app, Shell& shell) {
  CLI::App* command = app.add_subcommand("show", "Show one job: its state, how it ended, and its steps");
  shell.offer_json(command);
  const auto id = std::make_shared<std::string>();
  command->add_option("job", *id, "The job's id")->required();
  shell.when_chosen(command,
                    [&shell, id](const Settings& settings) { return show(settings, *id, shell.json()); });
}

}  // namespace reelspool
