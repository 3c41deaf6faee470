#include "worker/cli/checks.hpp"
#include "worker/cli/commands.hpp"
#include "worker/cli/exit_status.hpp"

namespace reelspool {
namespace {

std::string_view word(Finding::Level level) {
  switch (level) {
    case Finding::Level::good:
      return "ok";
    case Finding::Level::poor:
      return "poor";
    case Finding::Level::unusable:
      return "unusable";
  }
  return "";
}

void print_for_people(const std::vector<Finding>& findings) {
  for (const Finding& finding : findings) {
    std::string line(word(finding.level));
    line.resize(10, ' ');
    print_line(line + finding.subject + ": " + finding.what);
    if (!finding.advice.empty()) print_line("          -> " + finding.advice);
  }
}

void print_as_json(const std::vector<Finding>& findings) {
  Json all = Json::array();
  for (const Finding& finding : findings)
    all.push_back({{"level", word(finding.level)},
                   {"subject", finding.subject},
                   {"what", finding.what},
                   {"advice", finding.advice}});
  print_line(all.dump(2));
}

}  // namespace

void add_doctor_command(CLI::App& app, Shell& shell) {
  CLI::App* command = app.add_subcommand(
      "doctor", "Check this machine: each finding says what to do; exit status 78 if unusable");
  shell.offer_json(command);
  shell.when_chosen(command, [&shell](const Settings& settings) -> Result<int> {
    const auto findings = check_fully(settings);
    shell.json() ? print_as_json(findings) : print_for_people(findings);
    return any_unusable(findings) ? exit_status::bad_configuration : exit_status::success;
  });
}

}  // namespace reelspool
