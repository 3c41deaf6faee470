#include <atomic>
#include <thread>

#include "worker/cli/checks.hpp"
#include "worker/cli/closing.hpp"
#include "worker/cli/commands.hpp"
#include "worker/cli/exit_status.hpp"
#include "worker/cli/follow.hpp"
#include "worker/cli/job_file.hpp"
#include "worker/cli/progress_display.hpp"
#include "worker/cli/workshop.hpp"

namespace reelspool {
namespace {

/// Shows a job's progress from a thread of its own while this process works on it.
class Onlooker {
 public:
  Onlooker(std::filesystem::path job_folder, std::uint64_t since, bool json)
      : thread_([this, folder = std::move(job_folder), since, json] {
          const auto followed = follow_job(folder, since, end_, [&](const Sighting& sighting) {
            if (!json) display_.show(sighting);
            return true;
          });
          if (!followed) Shell::complain(followed.error());  // the work goes on unseen
        }) {}
  ~Onlooker() {
    end_ = true;
    thread_.join();
    display_.finish();
  }
  Onlooker(const Onlooker&) = delete;
  Onlooker& operator=(const Onlooker&) = delete;

 private:
  std::atomic<bool> end_{false};
  ProgressDisplay display_;
  std::thread thread_;
};

Result<int> run(const Settings& settings, const std::string& file, bool json) {
  auto entry = read_job_file(file);
  if (!entry) return std::move(entry.error());
  const auto findings = check_quickly(settings);
  for (const Finding& finding : findings)
    if (finding.level == Finding::Level::unusable)
      Shell::complain(
          make_error(ErrorClass::unavailable, finding.subject + ": " + finding.what + "; " + finding.advice));
  if (any_unusable(findings)) return exit_status::bad_configuration;

  auto workshop = Workshop::open(settings);
  if (!workshop) return std::move(workshop.error());
  auto submitted = (*workshop)->store().submit(*entry);
  if (!submitted) return std::move(submitted.error()).while_doing(file);
  const std::string id = submitted->job.id;
  {
    const Onlooker onlooker((*workshop)->data() / "jobs" / id, submitted->job.rev, json);
    if (auto ran = (*workshop)->run(id); !ran) return std::move(ran.error());
  }
  auto job = (*workshop)->store().find(id);
  if (!job) return std::move(job.error());
  return close_with(*job, json);
}

}  // namespace

void add_run_command(CLI::App& app, Shell& shell) {
  CLI::App* command = app.add_subcommand(
      "run", "Submit the job in a file, make it here and now, and print where the video is");
  shell.offer_json(command);
  const auto file = std::make_shared<std::string>();
  command->add_option("file", *file, "A file with one job as JSON; - for standard input")->required();
  shell.when_chosen(command,
                    [&shell, file](const Settings& settings) { return run(settings, *file, shell.json()); });
}

}  // namespace reelspool
