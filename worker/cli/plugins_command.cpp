#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>

#include "worker/cli/commands.hpp"
#include "worker/cli/exit_status.hpp"
#include "worker/config/legible.hpp"
#include "worker/providers/plugin_providers.hpp"

namespace reelspool {
namespace {

namespace asio = boost::asio;

std::string kinds_of(const Manifest& manifest) {
  std::string kinds;
  for (const auto& [kind, offer] : manifest.kinds) kinds += (kinds.empty() ? "" : ", ") + kind;
  return kinds;
}

std::string standing(const Plugin& plugin) {
  if (plugin.shipped) return "shipped";
  return plugin.allowed ? "allowed" : "waits: reelspool plugins allow " + plugin.manifest.name;
}

Json as_json(const Plugin& plugin) {
  Json kinds = Json::object();
  for (const auto& [kind, offer] : plugin.manifest.kinds)
    kinds[kind] = {{"languages", offer.languages},
                   {"models", offer.models},
                   {"limits", offer.limits},
                   {"cost", offer.cost}};
  return {{"name", plugin.manifest.name},
          {"version", plugin.manifest.version},
          {"kinds", kinds},
          {"settings", plugin.manifest.settings},
          {"secrets", plugin.manifest.secrets},
          {"hosts", plugin.manifest.hosts},
          {"scripts", plugin.manifest.scripts},
          {"shipped", plugin.shipped},
          {"allowed", plugin.allowed},
          {"file", plugin.found.string()}};
}

void print(const Registry& registry, bool json) {
  Json all = Json::array();
  for (const auto& plugin : registry.plugins()) {
    if (json) {
      all.push_back(as_json(*plugin));
      continue;
    }
    print_line(plugin->manifest.name + " " + legible_line(plugin->manifest.version) + "  (" +
               standing(*plugin) + ")");
    print_line("  makes " + kinds_of(plugin->manifest));
  }
  if (json) print_line(all.dump(2));
  for (const auto& complaint : registry.complaints())
    Shell::complain(
        make_error(ErrorClass::unavailable, complaint.found.string() + ": " + complaint.error.message));
}

asio::awaitable<Result<>> look(Registry& registry, std::string allow) {
  if (auto scanned = co_await registry.scan(); !scanned) co_return std::move(scanned.error());
  if (!allow.empty()) co_return co_await registry.allow(std::move(allow));
  co_return ok;
}

Result<int> plugins(const Settings& settings, const std::string& allow, bool json) {
  asio::io_context loop;
  Pool pool(1);
  Registry registry(loop.get_executor(), pool, registry_options(settings, Installation::of_this_program()));
  Result<> looked = make_error(ErrorClass::transient, "looking for plugins did not end");
  asio::co_spawn(
      loop, [&]() -> asio::awaitable<void> { looked = co_await look(registry, allow); }, asio::detached);
  loop.run();
  pool.join();
  if (!looked) return std::move(looked.error());
  if (allow.empty()) {
    print(registry, json);
  } else {
    print_line(allow + ": allowed");
  }
  return exit_status::success;
}

}  // namespace

void add_plugins_command(CLI::App& app, Shell& shell) {
  CLI::App* command =
      app.add_subcommand("plugins", "List the plugins, what they make, and whether they may be used");
  shell.offer_json(command);
  const auto name = std::make_shared<std::string>();
  CLI::App* allow = command->add_subcommand("allow", "Let a plugin do what its manifest asks for");
  allow->add_option("plugin", *name, "The plugin's name")->required();
  shell.when_chosen(
      command, [&shell, name](const Settings& settings) { return plugins(settings, *name, shell.json()); });
}

}  // namespace reelspool
