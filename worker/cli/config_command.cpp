#include "worker/cli/commands.hpp"
#include "worker/cli/exit_status.hpp"

namespace reelspool {
namespace {

void print_as_json(const Settings& settings) {
  Json all = Json::array();
  for (const auto& effective : settings.effective())
    all.push_back({{"name", effective.setting->name},
                   {"value", effective.value},
                   {"source", effective.source},
                   {"default", effective.setting->standard},
                   {"unit", effective.setting->unit},
                   {"meaning", effective.setting->meaning}});
  print_line(all.dump(2));
}

void print_for_people(const Settings& settings) {
  for (const auto& effective : settings.effective()) {
    std::string line = std::string(effective.setting->name) + "=" + effective.value;
    line.resize(std::max<std::size_t>(line.size() + 2, 40), ' ');
    print_line(line + "# " + effective.source + (effective.value.empty() ? " (computed)" : ""));
  }
}

/// The table of the README, so that it cannot differ from the program (a test compares them).
void print_as_markdown() {
  print_line("| setting | default | unit | meaning |\n| --- | --- | --- | --- |");
  const auto cell = [](std::string_view text) {
    std::string escaped;
    for (const char c : text) escaped += c == '|' ? std::string("\\|") : std::string(1, c);
    return escaped;
  };
  for (const Setting& setting : settings_table())
    print_line("| `" + std::string(setting.name) + "` | " + cell(setting.standard) + " | " +
               cell(setting.unit) + " | " + cell(setting.meaning) +
               (setting.alias.empty() ? "" : " (also read as `" + std::string(setting.alias) + "`)") + " |");
}

}  // namespace

void add_config_command(CLI::App& app, Shell& shell) {
  CLI::App* command = app.add_subcommand("config", "Print the effective settings and where each came from");
  shell.offer_json(command);
  const auto markdown = std::make_shared<bool>(false);
  command->add_flag("--markdown", *markdown, "Print the table of all settings, as in the README");
  shell.when_chosen(command, [&shell, markdown](const Settings& settings) -> Result<int> {
    if (*markdown) {
      print_as_markdown();
    } else if (shell.json()) {
      print_as_json(settings);
    } else {
      print_for_people(settings);
    }
    return exit_status::success;
  });
}

}  // namespace reelspool
