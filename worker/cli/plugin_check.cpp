#include "worker/cli/plugin_check.hpp"

#include <algorithm>
#include <system_error>

#include "worker/cli/chosen_plugin.hpp"
#include "worker/cli/exit_status.hpp"
#include "worker/cli/shell.hpp"
#include "worker/config/legible.hpp"
#include "worker/providers/conformance.hpp"

namespace reelspool {
namespace {

namespace fs = std::filesystem;
using Outcome = Conformance::Outcome;

const char* word(Outcome outcome) {
  return outcome == Outcome::passed ? "passed" : outcome == Outcome::failed ? "FAILED" : "skipped";
}

void print(const std::vector<Conformance>& findings) {
  for (const Conformance& finding : findings) {
    print_line(std::string(word(finding.outcome)) + "  " + finding.check);
    if (!finding.message.empty()) print_line("        " + legible_line(finding.message));
    if (!finding.advice.empty()) print_line("        what to do: " + finding.advice);
  }
}

void print_json(const std::vector<Conformance>& findings) {
  Json all = Json::array();
  for (const Conformance& finding : findings)
    all.push_back({{"check", finding.check},
                   {"outcome", finding.outcome == Outcome::failed ? "failed" : word(finding.outcome)},
                   {"message", finding.message},
                   {"advice", finding.advice}});
  print_line(all.dump(2, ' ', false, Json::error_handler_t::replace));
}

/// A library that cannot even be loaded is checked too: that is then what is found.
Result<Plugin> library_of(const Settings& settings, const std::string& word) {
  if (!names_a_library(word)) return choose_plugin(settings, word);
  std::error_code failed;
  Plugin plugin;
  plugin.found = plugin.library = fs::absolute(word, failed);
  plugin.manifest.name = plugin.found.stem().string();
  if (failed || !fs::is_regular_file(plugin.found, failed))
    return make_error(ErrorClass::invalid_request, "there is no file " + word);
  return plugin;
}

}  // namespace

Result<int> check_plugin(const Settings& settings, const PluginCheck& check, bool json) {
  auto plugin = library_of(settings, check.plugin);
  if (!plugin) return std::move(plugin.error());
  // By the name that it must have, and not by the content hash of a copy.
  plugin->library = plugin->found;
  const fs::path beside = plugin->found.parent_path() / "transcripts";
  const auto findings =
      check_conformance({.host = host_options(settings, *plugin),
                         .transcripts = check.transcripts.empty() ? beside : fs::path(check.transcripts),
                         .settings = Json::object()});
  json ? print_json(findings) : print(findings);
  const auto failures = std::count_if(findings.begin(), findings.end(), [](const Conformance& finding) {
    return finding.outcome == Outcome::failed;
  });
  if (!json) print_line(std::to_string(findings.size()) + " checks, " + std::to_string(failures) + " failed");
  return failures == 0 ? exit_status::success : exit_status::failed;
}

}  // namespace reelspool
