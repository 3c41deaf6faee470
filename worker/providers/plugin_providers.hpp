#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "worker/config/settings.hpp"
#include "worker/providers/carrier.hpp"
#include "worker/providers/hedge.hpp"
#include "worker/providers/plugin_watch.hpp"
#include "worker/providers/providers.hpp"
#include "worker/providers/registry.hpp"

namespace reelspool {

/// Where this installation and these settings have plugins, and what is kept of them.
Registry::Options registry_options(const Settings& settings, const Installation& installation);

/// What a worker's PluginWatch looks at. Makes <data>/plugins where no other folder is set: one sees where plugins go.
PluginWatch::Options plugins_to_watch(const Settings& settings, const Installation& installation);

/// The providers of this machine: its plugins, in a chain for each kind.
///
/// Chain    <KIND>_PROVIDER first (one name, or several separated by commas), then every other allowed plugin
///          that makes the kind, by the "order" in its manifest, then by name. A provider that lacks a secret or
///          whose limits are met is passed over. Which failures move on to the next one is in steps/verdict.hpp;
///          those that are worth trying again go back to the step until its tries are used up, and an operation in flight is
///          not given up for another provider before its time is over (OperationLimits); then its provider is told to end it. A step that was begun by a provider goes on with it, in the version that began
///          it: also when that was replaced or removed since. A provider that was given up is not asked again within the
///          attempt, and the next one has all tries of the step for itself.
/// Threads  Loop thread only.
class PluginProviders : public Providers {
 public:
  struct Parts {
    Pool& pool;
    Scripts& scripts;
    const Settings& settings;
    Installation installation;
    HttpCarrier::Patience patience = {};
  };
  PluginProviders(boost::asio::any_io_executor executor, Parts parts);

  /// Finds the plugins; call before anything else. Starts no process for a plugin that was seen before.
  /// Errors: storage or transient, when the store's folder cannot be written; invalid_request  PROVIDER_LIMITS or a plugin's
  /// time-outs (OperationLimits) cannot be read.
  /// A plugin that cannot be used is no error: see registry().complaints().
  boost::asio::awaitable<Result<>> open();

  /// After open(), until the watch (made before open()) is closed: a plugin that is added, replaced, removed or allowed takes
  /// effect by itself. What has begun ends on the version that began it, or goes over to one whose manifest takes it over.
  boost::asio::awaitable<Result<>> follow(PluginWatch& watch);

  boost::asio::awaitable<Result<Json>> perform(std::string kind, Json request, StepContext& step) override;
  Result<> can(std::string_view kind, const Json& request) override;

  /// One request to one plugin, whatever the chain. Errors: as perform(); invalid_request  there is no such plugin;
  /// unavailable  it may not be used, lacks a secret, or does not make the kind
  boost::asio::awaitable<Result<Json>> perform_by(std::string name, std::string kind, Json request,
                                                  StepContext& step);

  /// For `reelspool plugin list`, `reelspool plugin allow NAME` and `doctor`.
  Registry& registry() { return registry_; }

 private:
  using Chain = std::vector<std::shared_ptr<const Plugin>>;
  Result<Chain> chain(std::string_view kind) const;
  std::string why_missing(const std::string& name) const;
  Result<Chain> able(std::string_view kind, const Json& request) const;
  Result<> configured(const Plugin& plugin) const;
  Json settings_for(const Plugin& plugin) const;
  Result<std::shared_ptr<const HttpGrant>> grant_of(const Plugin& plugin);
  Result<Carrier::SharedErrand> errand_for(std::shared_ptr<const Plugin> plugin, std::string kind,
                                           Json request);
  boost::asio::awaitable<Result<Json>> ask(std::shared_ptr<const Plugin> plugin, std::string kind,
                                           Json request, bool is_last, StepContext& step);
  std::shared_ptr<PluginHost> host_of(const Plugin& plugin);
  boost::asio::awaitable<std::shared_ptr<const Plugin>> begun_by(Json memory);
  void report(bool is_first);

  boost::asio::any_io_executor executor_;
  Parts parts_;
  Registry registry_;
  HttpClient http_client_;
  ProviderLimits limits_;
  HttpCarrier http_;
  Carrier carrier_;
  Hedge hedge_;
  // By the library's hash, of plugins that are in use.
  std::map<std::string, std::shared_ptr<PluginHost>> hosts_;
  std::map<std::string, std::shared_ptr<const HttpGrant>> grants_;
  // What the log has said: of each name the library's hash, whether it is allowed, and its catalogue's changes.
  using Known = std::map<std::string, std::tuple<std::string, bool, std::string>>;
  Known known_;
  std::set<std::string> complained_;
};

}  // namespace reelspool
