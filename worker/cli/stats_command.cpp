#include "jobstore/shown_params.hpp"
#include "worker/cli/commands.hpp"
#include "worker/cli/data_store.hpp"
#include "worker/cli/exit_status.hpp"

namespace reelspool {
namespace {

constexpr std::size_t shown_failures = 10;  // J13

Json failure(const Job& job) {
  const auto fields = parse_json(job.fields);
  const auto field = [&](const char* name) {
    return fields && fields->is_object() && fields->contains(name) ? fields->at(name) : Json();
  };
  const Json made = field("attemptsMade");
  return {{"id", job.id},
          {"type", job.type},
          {"params", shown_params(job.params)},
          {"error", field("error")},
          {"attempts", made.is_number() ? made : Json(job.attempt)},
          {"finishedAt", job.finished_at ? Json(format_time(*job.finished_at)) : Json()}};
}

void print_failures(const Json& failures) {
  if (failures.empty()) return;
  print_line("\nThe last failures:");
  for (const Json& failed : failures) {
    const auto text = [&](const char* name) {
      return failed[name].is_string() ? failed[name].get<std::string>() : std::string("?");
    };
    print_line("  " + text("finishedAt") + "  " + text("id") + " (" + text("type") + ", attempt " +
               to_text(failed["attempts"]) + "): " + text("error"));
    print_line("      " + to_text(failed["params"]));
  }
}

Result<int> stats(const Settings& settings, bool json) {
  const auto store = command_store(settings);
  const auto counted = store->stats();
  if (!counted) return counted.error();
  const auto failed = store->last_failures(shown_failures);
  if (!failed) return failed.error();
  Json failures = Json::array();
  for (const Job& job : *failed) failures.push_back(failure(job));
  // total is what is still to be done, as the queues people know count it (REQUIREMENTS J13)
  Json figures = {{"waiting", counted->waiting},
                  {"active", counted->active},
                  {"delayed", counted->delayed},
                  {"done", counted->done},
                  {"failed", counted->failed},
                  {"cancelled", counted->cancelled},
                  {"total", counted->waiting + counted->active + counted->delayed},
                  {"paused", counted->paused}};
  if (json) {
    figures["recentFailures"] = failures;
    print_line(figures.dump(2));
    return exit_status::success;
  }
  for (const auto& [name, value] : figures.items()) {
    std::string label = name;
    label.resize(12, ' ');
    print_line(label + to_text(value));
  }
  print_failures(failures);
  return exit_status::success;
}

}  // namespace

void add_stats_command(CLI::App& app, Shell& shell) {
  CLI::App* command = app.add_subcommand("stats", "Count the jobs by state, and show what failed last");
  shell.offer_json(command);
  shell.when_chosen(command, [&shell](const Settings& settings) { return stats(settings, shell.json()); });
}

}  // namespace reelspool
