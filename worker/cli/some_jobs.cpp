#include "worker/cli/some_jobs.hpp"

#include "worker/cli/data_store.hpp"
#include "worker/cli/exit_status.hpp"

namespace reelspool {

std::shared_ptr<const SomeJobs> offer_some_jobs(CLI::App* command) {
  const auto which = std::make_shared<SomeJobs>();
  CLI::Option_group* group = command->add_option_group("jobs");
  group->add_option("job", which->id, "The job's id");
  group->add_flag("--failed", which->failed, "All jobs that have failed");
  group->require_option(1);
  return which;
}

Result<int> for_some_jobs(const Settings& settings, const Shell& shell, const SomeJobs& which,
                          const std::string& what,
                          const std::function<Result<>(JobStore&, const std::string& id)>& one,
                          const std::function<Result<std::vector<std::string>>(JobStore&)>& all_failed) {
  const auto store = command_store(settings);
  std::vector<std::string> ids = {which.id};
  if (which.failed) {
    auto changed = all_failed(*store);
    if (!changed) return std::move(changed.error());
    ids = *std::move(changed);
  } else if (auto changed = one(*store, which.id); !changed) {
    return std::move(changed.error());
  }
  if (shell.json()) {
    print_line(Json(ids).dump(2));
    return exit_status::success;
  }
  for (const std::string& id : ids) print_line(id + ": " + what);
  if (ids.empty()) print_line("No job has failed.");
  return exit_status::success;
}

}  // namespace reelspool
