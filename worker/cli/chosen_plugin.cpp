#include "worker/cli/chosen_plugin.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <system_error>

#include "worker/cli/shell.hpp"
#include "worker/providers/plugin_providers.hpp"

namespace reelspool {
namespace {

namespace asio = boost::asio;
namespace fs = std::filesystem;

Result<Plugin> describe_library(const Settings& settings, const std::string& file) {
  std::error_code failed;
  const fs::path path = fs::absolute(file, failed);
  if (failed || !fs::is_regular_file(path, failed))
    return make_error(ErrorClass::invalid_request, "there is no file " + file);
  Plugin plugin;
  plugin.found = plugin.library = path;
  plugin.manifest.name = path.stem().string();
  BoxedPlugin boxed(host_options(settings, plugin));
  auto text = boxed.describe();
  if (!text) return std::move(text.error());
  auto manifest = read_manifest(*text);
  if (!manifest) return std::move(manifest.error()).while_doing(file);
  plugin.manifest = std::move(*manifest);
  return plugin;
}

std::string why_unusable(const Registry& registry, const std::string& name) {
  if (const Error* complaint = registry.complaint_of(name)) return complaint->message;
  std::string names;
  for (const auto& plugin : registry.plugins()) names += (names.empty() ? "" : ", ") + plugin->manifest.name;
  return "no plugin is named \"" + name + "\"; there are: " + (names.empty() ? "none" : names) +
         ". A library is named by its path: ./" + name + ".so";
}

}  // namespace

Result<> with_registry(const Settings& settings, const WithRegistry& then) {
  asio::io_context loop;
  Pool pool(1);
  Registry registry(loop.get_executor(), pool, registry_options(settings, Installation::of_this_program()));
  Result<> outcome = make_error(ErrorClass::transient, "looking for plugins did not end");
  asio::co_spawn(
      loop,
      [&]() -> asio::awaitable<void> {
        outcome = co_await registry.scan();
        if (outcome) outcome = co_await then(registry);
      },
      asio::detached);
  loop.run();
  pool.join();
  return outcome;
}

bool names_a_library(const std::string& word) {
  return word.find('/') != std::string::npos || word.ends_with(".so");
}

Result<Plugin> choose_plugin(const Settings& settings, const std::string& name_or_file) {
  if (names_a_library(name_or_file)) return describe_library(settings, name_or_file);
  Result<Plugin> chosen = make_error(ErrorClass::transient, "not looked for");
  auto found = with_registry(settings, [&](Registry& registry) -> asio::awaitable<Result<>> {
    const auto plugin = registry.find(name_or_file);
    for (const auto& complaint : registry.complaints())
      if (complaint.is_of_catalogue() && complaint.found.stem() == name_or_file)
        Shell::complain(complaint.error);
    if (plugin)
      chosen = *plugin;
    else
      chosen = make_error(ErrorClass::invalid_request, why_unusable(registry, name_or_file));
    co_return ok;
  });
  if (!found) return std::move(found.error());
  return chosen;
}

PluginHost::Options host_options(const Settings& settings, const Plugin& plugin) {
  return {.program = Installation::of_this_program().libexec() / "reelspool-plugin-host",
          .library = plugin.library,
          .name = plugin.manifest.name,
          .without_landlock = plugin.allowed && settings.text("SANDBOX") == "if_possible"};
}

}  // namespace reelspool
