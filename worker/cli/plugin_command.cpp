#include "worker/cli/chosen_plugin.hpp"
#include "worker/cli/commands.hpp"
#include "worker/cli/exit_status.hpp"
#include "worker/cli/plugin_check.hpp"
#include "worker/cli/plugin_models.hpp"
#include "worker/cli/plugin_new.hpp"
#include "worker/cli/plugin_step.hpp"
#include "worker/cli/plugin_text.hpp"
#include "worker/config/legible.hpp"

namespace reelspool {
namespace {

namespace asio = boost::asio;

void print(const Registry& registry, bool json) {
  Json all = Json::array();
  for (const auto& plugin : registry.plugins()) {
    if (json) {
      all.push_back(plugin_json(*plugin));
      continue;
    }
    print_line(plugin->manifest.name + " " + legible_line(plugin->manifest.version) + "  (" +
               standing(*plugin) + ")");
    print_line("  makes " + kinds_of(plugin->manifest));
  }
  if (json) print_line(all.dump(2));
  for (const auto& complaint : registry.complaints()) Shell::complain(complaint.error);
}

Result<int> list(const Settings& settings, bool json) {
  auto printed = with_registry(settings, [&](Registry& registry) -> asio::awaitable<Result<>> {
    print(registry, json);
    co_return ok;
  });
  if (!printed) return std::move(printed.error());
  return exit_status::success;
}

Result<int> allow(const Settings& settings, const std::string& name) {
  auto allowed = with_registry(settings, [&](Registry& registry) { return registry.allow(name); });
  if (!allowed) return std::move(allowed.error());
  print_line(name + ": allowed");
  return exit_status::success;
}

Result<int> describe(const Settings& settings, const std::string& plugin, bool json) {
  auto chosen = choose_plugin(settings, plugin);
  if (!chosen) return std::move(chosen.error());
  std::string text = json ? plugin_json(*chosen).dump(2) : plugin_text(*chosen);
  while (text.ends_with('\n')) text.pop_back();
  print_line(text);
  return exit_status::success;
}

constexpr const char* name_or_file = "A plugin's name, or the path of a library";

}  // namespace

void add_plugin_command(CLI::App& app, Shell& shell) {
  CLI::App* command = app.add_subcommand("plugin", "See, allow, write and try provider plugins");
  command->alias("plugins");
  command->require_subcommand(1);
  const auto word = std::make_shared<std::string>();

  CLI::App* all =
      command->add_subcommand("list", "The plugins, what they make, and whether they may be used");
  shell.offer_json(all);
  shell.when_chosen(all, [&shell](const Settings& settings) { return list(settings, shell.json()); });

  CLI::App* grant = command->add_subcommand("allow", "Let a plugin do what its manifest asks for");
  grant->add_option("plugin", *word, "The plugin's name")->required();
  shell.when_chosen(grant, [word](const Settings& settings) { return allow(settings, *word); });

  CLI::App* manifest = command->add_subcommand("describe", "What a plugin makes, and what it asks for");
  manifest->add_option("plugin", *word, name_or_file)->required();
  shell.offer_json(manifest);
  shell.when_chosen(
      manifest, [&shell, word](const Settings& settings) { return describe(settings, *word, shell.json()); });

  CLI::App* step = command->add_subcommand(
      "step", "Ask a plugin \"what next?\" once: the input on standard input, its answer on standard output");
  step->add_option("plugin", *word, name_or_file)->required();
  shell.when_chosen(step, [word](const Settings& settings) { return play_one_step(settings, *word); });

  const auto wanted = std::make_shared<PluginCheck>();
  CLI::App* check = command->add_subcommand("check", "Try whether a plugin holds what it must, in its box");
  check->add_option("plugin", wanted->plugin, name_or_file)->required();
  check->add_option("--transcripts", wanted->transcripts,
                    "A folder of transcripts to replay; default: transcripts, beside the library");
  const auto models = std::make_shared<bool>(false);
  check->add_flag("--models", *models, "Instead: ask its provider which models of its catalogue there are");
  shell.offer_json(check);
  shell.when_chosen(check, [&shell, wanted, models](const Settings& settings) {
    return *models ? check_models(settings, wanted->plugin, shell.json())
                   : check_plugin(settings, *wanted, shell.json());
  });

  const auto plan = std::make_shared<NewPlugin>();
  CLI::App* made =
      command->add_subcommand("new", "Write a plugin to begin with: it builds, and works as it is");
  made->add_option("name", plan->name, "Its name: small letters, digits, - and _")->required();
  made->add_option("folder", plan->folder, "Where to; default: a new folder of its name");
  made->add_option("--kind", plan->kind, "What it makes: image, speech, music ...")->capture_default_str();
  made->add_option("--language", plan->language, "What it is written in")
      ->check(CLI::IsMember({"c", "c++"}))
      ->capture_default_str();
  made->add_flag("--remote", plan->remote, "It asks a service: submit a task, poll, fetch the result");
  shell.when_chosen(made, [plan](const Settings&) { return write_new_plugin(*plan); });
}

}  // namespace reelspool
