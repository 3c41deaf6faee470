#include "worker/cli/checks.hpp"
#include "worker/cli/claim_rules.hpp"
#include "worker/cli/commands.hpp"
#include "worker/cli/exit_status.hpp"
#include "worker/cli/workshop.hpp"
#include "worker/config/log.hpp"
#include "worker/providers/provider_limits.hpp"

// The worker from above: look at the machine, open the workshop, run until told to stop. What happens to a
// job is in worker/engine/engine.cpp; what makes a video of it, in worker/pipeline/.

namespace reelspool {
namespace {

/// Names everything that is missing at once, not one thing a start.
bool machine_is_fit(const Settings& settings) {
  const auto findings = check_quickly(settings);
  for (const Finding& finding : findings) {
    if (finding.level == Finding::Level::good) continue;
    const std::string text = finding.subject + ": " + finding.what + "; " + finding.advice;
    finding.level == Finding::Level::unusable ? Log::error(text) : Log::warn(text);
  }
  return !any_unusable(findings);
}

template <class T>
Result<> unless_wrong(const Result<T>& setting) {
  return setting ? Result<>(ok) : Result<>(setting.error());
}

Result<int> work(const Settings& settings) {
  Log::set_up(settings);
  for (const Result<>& readable : {unless_wrong(claim_rules(settings)),
                                   unless_wrong(read_provider_limits(settings.text("PROVIDER_LIMITS")))})
    if (!readable) {
      Log::error(readable.error().message);
      return exit_status::bad_configuration;
    }
  if (!machine_is_fit(settings)) return exit_status::bad_configuration;
  auto workshop = Workshop::open(settings);
  if (!workshop) return std::move(workshop.error());
  Log::info("worker started", (*workshop)->description());
  if (auto ran = (*workshop)->run(); !ran) return std::move(ran.error());
  Log::info("worker stopped");
  return exit_status::success;
}

}  // namespace

void add_worker_command(CLI::App& app, Shell& shell) {
  CLI::App* command = app.add_subcommand("worker", "Work on jobs until stopped (SIGTERM or SIGINT)");
  shell.when_chosen(command, work);
}

}  // namespace reelspool
