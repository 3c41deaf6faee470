#include "worker/cli/workshop.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <csignal>
#include <utility>

#include "worker/cli/checks.hpp"
#include "worker/cli/data_store.hpp"
#include "worker/engine/engine.hpp"
#include "worker/media/limits.hpp"
#include "worker/programs/programs.hpp"
#include "worker/providers/plugin_providers.hpp"
#include "worker/providers/plugin_watch.hpp"
#include "worker/steps/gather.hpp"

namespace reelspool {

namespace asio = boost::asio;
namespace fs = std::filesystem;

namespace {

/// Enough for a sync, a hash and a lock at once; more would only wait for the same disk.
constexpr std::size_t pool_threads = 4;

/// SIGTERM and SIGINT are held (SIG_BLOCK) from the first moment until the loop hears them (SIG_UNBLOCK), so that a stop that comes
/// while the store is being opened is a graceful one too. Threads made in between never take them.
void stop_signals(int block_or_unblock) {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  pthread_sigmask(block_or_unblock, &signals, nullptr);
}

std::string name_of_worker(const Settings& settings) {
  if (auto name = settings.text("WORKER_NAME"); !name.empty()) return name;
  std::array<char, 48> host{};
  gethostname(host.data(), host.size() - 1);
  std::string name(host.data());
  std::erase_if(name, [](char c) { return !is_job_id(std::string("x") + c); });
  while (name.starts_with('.')) name.erase(0, 1);
  return name + "-" + std::to_string(getpid());
}

int renders_at_once(const Settings& settings) {
  const auto wanted = static_cast<int>(settings.integer("MAX_CONCURRENT_RENDERS"));
  return wanted > 0 ? wanted : standard_concurrent_renders();
}

std::map<std::string, int> limits_of(const Settings& settings) {
  const auto limit = [&](std::string_view name) { return static_cast<int>(settings.integer(name)); };
  return {{"render", renders_at_once(settings)},    {"speech", limit("MAX_CONCURRENT_SPEECH")},
          {"image", limit("MAX_CONCURRENT_IMAGE")}, {"video", limit("MAX_CONCURRENT_VIDEO")},
          {"music", limit("MAX_CONCURRENT_MUSIC")}, {"sound_effect", limit("MAX_CONCURRENT_SOUND_EFFECT")}};
}

/// Where one kind alone is enabled its limit is that of the jobs too (J7).
int jobs_at_once(const Settings& settings) {
  const auto wanted = static_cast<int>(settings.integer("MAX_CONCURRENT_JOBS"));
  if (wanted > 0) return wanted;
  const auto limits = limits_of(settings);
  const auto only = limits.find(settings.text("ENABLE_WORKERS"));
  return only != limits.end() ? only->second : std::max(2, renders_at_once(settings));
}

}  // namespace

// In the order of their making; the end comes in reverse. What waits on the loop goes before the loop.
struct Workshop::Parts {
  const Settings& settings;
  Installation here = Installation::of_this_program();
  fs::path data = settings.path("DATA_DIR");
  std::string name = name_of_worker(settings);
  std::shared_ptr<JobStore> store;
  asio::io_context loop{1};
  Pool pool{pool_threads};
  Permits permits{loop.get_executor(), limits_of(settings)};
  Programs programs{loop.get_executor(), {here.libexec() / "reelspool-exec", data / "store" / "programs"}};
  Scripts scripts{programs, {settings.path("SCRIPTS_DIR"), here.scripts()}, runs_boxed(settings)};
  PluginProviders providers{loop.get_executor(), {pool, scripts, settings, here}};
  Engine engine;
  asio::signal_set signals{loop};
  bool stopping = false;

  Parts(const Settings& the_settings, std::shared_ptr<JobStore> the_store)
      : settings(the_settings),
        store(std::move(the_store)),
        engine(loop.get_executor(), {.store = *store,
                                     .pool = pool,
                                     .permits = permits,
                                     .providers = providers,
                                     .scripts = scripts,
                                     .settings = settings,
                                     .data = data,
                                     .concurrent_jobs = jobs_at_once(settings)}) {}
  ~Parts() { pool.join(); }
  Parts(const Parts&) = delete;
  Parts& operator=(const Parts&) = delete;

  void stop_on_signal() {
    signals.async_wait([this](const boost::system::error_code& error, int signal) {
      if (error) return;
      const std::string asked_by = signal == SIGTERM ? "SIGTERM" : "SIGINT";
      Log::info(stopping ? "stopping now: a second " + asked_by : "stopping: " + asked_by);
      std::exchange(stopping, true) ? engine.hurry() : engine.stop();
      stop_on_signal();  // for the next one
    });
  }

  asio::awaitable<Result<>> work(std::string only) {
    PluginWatch watch(loop.get_executor(), plugins_to_watch(settings, here));
    if (auto opened = co_await providers.open(); !opened) co_return std::move(opened.error());
    const auto both = co_await gather(run_engine(std::move(only), watch), providers.follow(watch));
    if (!both) co_return both.error();
    co_return ok;
  }

  /// However the engine ends, nobody looks for plugins afterwards.
  asio::awaitable<Result<>> run_engine(std::string only, PluginWatch& watch) {
    struct Closing {
      PluginWatch& watch;
      ~Closing() { watch.close(); }
    } closing{watch};
    co_return co_await engine.run(std::move(only));
  }
};

Workshop::Workshop(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
Workshop::~Workshop() = default;

Result<std::unique_ptr<Workshop>> Workshop::open(const Settings& settings) {
  stop_signals(SIG_BLOCK);
  // Whoever reads the log may go away; the work goes on. Programs are started with the default again.
  std::signal(SIGPIPE, SIG_IGN);
  auto store = open_data_store(settings, name_of_worker(settings));
  if (!store) return std::move(store.error());
  auto parts = std::make_unique<Parts>(settings, *std::move(store));
  if (const int left_behind = parts->programs.sweep(); left_behind > 0)
    Log::info("ended processes that a killed worker left behind", {{"processes", left_behind}});
  return std::unique_ptr<Workshop>(new Workshop(std::move(parts)));
}

JobStore& Workshop::store() {
  return *parts_->store;
}
const fs::path& Workshop::data() const {
  return parts_->data;
}

Log::Fields Workshop::description() const {
  Json limits = Json::object();
  for (const auto& [kind, limit] : limits_of(parts_->settings)) limits[kind] = limit;
  return {{"worker", parts_->name},
          {"version", REELSPOOL_VERSION},
          {"store", parts_->data.string()},
          {"concurrentJobs", jobs_at_once(parts_->settings)},
          {"limits", limits}};
}

Result<> Workshop::run(const std::string& only) {
  boost::system::error_code error;
  parts_->signals.add(SIGTERM, error);
  if (!error) parts_->signals.add(SIGINT, error);
  if (error) return make_error(ErrorClass::transient, "waiting for signals: " + error.message());
  parts_->stop_on_signal();
  stop_signals(SIG_UNBLOCK);

  Result<> outcome = ok;
  asio::co_spawn(
      parts_->loop,
      [&]() -> asio::awaitable<void> {
        outcome = co_await parts_->work(only);
        parts_->loop.stop();  // idle plugin hosts and the signals would keep it waiting
      },
      asio::detached);
  parts_->loop.run();
  return outcome;
}

}  // namespace reelspool
