#include "worker/cli/plugin_models.hpp"

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>

#include "jobstore/time.hpp"
#include "worker/cli/checks.hpp"
#include "worker/cli/exit_status.hpp"
#include "worker/cli/scratch_folder.hpp"
#include "worker/cli/shell.hpp"
#include "worker/config/legible.hpp"
#include "worker/providers/plugin_providers.hpp"

namespace reelspool {
namespace {

namespace asio = boost::asio;

asio::awaitable<Result<>> forget(Json) {
  co_return ok;
}

Result<Json> ask(const Settings& settings, const std::string& name) {
  asio::io_context loop;
  Pool pool(1);
  const Installation here = Installation::of_this_program();
  Programs programs(loop.get_executor(),
                    {here.libexec() / "reelspool-exec", settings.path("DATA_DIR") / "store" / "programs"});
  Scripts scripts(programs, {settings.path("SCRIPTS_DIR"), here.scripts()}, runs_boxed(settings));
  PluginProviders providers(loop.get_executor(), {pool, scripts, settings, here});
  const ScratchFolder scratch;
  Stop stop;
  StepContext step;
  step.key = "models";
  step.folder = scratch.path();
  step.save = forget;
  step.stop = &stop;
  Result<Json> told = make_error(ErrorClass::transient, "asking " + name + " did not end");
  asio::co_spawn(
      loop,
      [&]() -> asio::awaitable<void> {
        auto opened = co_await providers.open();
        if (!opened)
          told = std::move(opened.error());
        else
          told = co_await providers.perform_by(name, "models", Json::object(), step);
        loop.stop();  // hosts and connections need not grow old first
      },
      asio::detached);
  loop.run();
  pool.join();
  return told;
}

/// By the catalogue, and today.
bool is_retired(const Json& model) {
  const auto date = model.find("retired");
  return date != model.end() && date->is_string() &&
         date->get_ref<const std::string&>() <= format_time(system_clock().now()).substr(0, 10);
}

bool is_missed(const Json& model) {
  return model["there"] == false && !is_retired(model);
}

const char* found(const Json& model) {
  if (model["there"].is_null()) return "unknown  ";
  if (model["there"].get<bool>()) return "there    ";
  return is_missed(model) ? "MISSING  " : "gone     ";
}

std::string line_of(const Json& model) {
  std::string line = found(model);
  line += model["kind"].get<std::string>() + " " + model["model"].get<std::string>();
  const auto note = [&](const char* name, const char* words) {
    if (model.contains(name) && model[name].is_string()) line += words + model[name].get<std::string>();
  };
  note("retired", is_retired(model) ? ", by the catalogue retired on " : ", to be retired on ");
  note("successor", ", its successor is ");
  return legible_line(line);
}

}  // namespace

Result<int> check_models(const Settings& settings, const std::string& name, bool json) {
  auto told = ask(settings, name);
  if (!told) return std::move(told.error());
  const Json& models = (*told)["models"];
  if (json)
    print_line(models.dump(2, ' ', false, Json::error_handler_t::replace));
  else
    for (const Json& model : models) print_line(line_of(model));
  const auto missing = std::count_if(models.begin(), models.end(), is_missed);
  if (!json) print_line(std::to_string(models.size()) + " models, " + std::to_string(missing) + " missing");
  return missing == 0 ? exit_status::success : exit_status::failed;
}

}  // namespace reelspool
