#include "worker/providers/plugin_providers.hpp"

#include <algorithm>
#include <cctype>
#include <chrono>
#include <initializer_list>
#include <set>
#include <system_error>
#include <tuple>
#include <utility>

#include "worker/config/log.hpp"
#include "worker/steps/verdict.hpp"

namespace reelspool {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;

/// "speech" -> "SPEECH_PROVIDER"; empty when the table has no such setting.
std::string chain_setting(std::string_view kind) {
  std::string name;
  for (unsigned char c : kind) name += static_cast<char>(std::toupper(c));
  name += "_PROVIDER";
  const auto table = settings_table();
  return std::any_of(table.begin(), table.end(), [&](const Setting& row) { return row.name == name; }) ? name
                                                                                                       : "";
}

std::vector<std::string> split_names(std::string_view list) {
  std::vector<std::string> names;
  std::string name;
  for (char c : std::string(list) + ",") {
    if (c != ',' && c != ' ') {
      name += c;
    } else if (!name.empty()) {
      names.push_back(std::exchange(name, {}));
    }
  }
  return names;
}

/// The proxy and the certificates are where other programs look for them too.
HttpClient::Options http_options(const Settings& settings) {
  const auto first = [&](std::initializer_list<const char*> names) {
    for (const char* name : names)
      if (std::string value = settings.raw(name); !value.empty()) return value;
    return std::string();
  };
  HttpClient::Options options;
  options.proxy = first({"HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"});
  options.no_proxy = first({"NO_PROXY", "no_proxy"});
  options.ca_file = first({"SSL_CERT_FILE"});
  options.user_agent = "reelspool/" REELSPOOL_VERSION;
  return options;
}

/// None where the setting cannot be read: open() says so.
std::vector<Limit> limits_in(const Settings& settings) {
  auto limits = read_provider_limits(settings.text("PROVIDER_LIMITS"));
  return limits ? std::move(*limits) : std::vector<Limit>();
}

bool is_given_up(const StepContext& step, const std::string& provider) {
  return std::any_of(step.given_up.begin(), step.given_up.end(),
                     [&](const Error& failure) { return failure.provider == provider; });
}

/// Whether the next provider is asked. What is worth trying again is the step's affair (it comes back here) until its tries
/// are used up; and what may yet be finished, or was perhaps paid for, is not given up for another one.
bool moves_on(const Error& error, const StepContext& step) {
  const Verdict known = verdict(error);
  const bool in_doubt = may_be_under_way(step.memory);
  const bool comes_back =
      known.step_again && !step.last_try && error.retry_after.value_or(0ms) <= RetryRules().longest_pause;
  return known.next_provider && !comes_back && !(known.keeps_operation && in_doubt);
}

/// One error for a whole chain. Its class is that of the failure that a later attempt could mend, if there is
/// one.
Error none_could(const std::string& kind, const std::vector<Error>& failures) {
  if (failures.size() == 1) return failures.front();
  const auto mendable = std::find_if(failures.begin(), failures.end(),
                                     [](const Error& error) { return verdict(error).job_again; });
  Error whole = mendable == failures.end() ? failures.back() : *mendable;
  whole.message = "no provider could make " + kind + ": ";
  for (const Error& error : failures)
    whole.message += (&error == &failures.front() ? "" : "; ") + error.provider + ": " + error.message;
  return whole;
}

/// "no voice for language "xx"; this machine's providers offer: en, es"
Error no_voice(std::string_view kind, const Json& request,
               const std::vector<std::shared_ptr<const Plugin>>& chain) {
  std::set<std::string> offered;
  for (const auto& plugin : chain) {
    const auto& languages = plugin->manifest.kinds.at(std::string(kind)).languages;
    offered.insert(languages.begin(), languages.end());
  }
  std::string list;
  for (const auto& language : offered) list += (list.empty() ? "" : ", ") + language;
  Error error =
      make_error(ErrorClass::invalid_request, "no voice for language \"" + request.value("language", "") +
                                                  "\"; this machine's providers offer: " + list);
  error.field = "language";
  return error;
}

}  // namespace

Registry::Options registry_options(const Settings& settings, const Installation& installation) {
  const std::filesystem::path data = settings.path("DATA_DIR");
  const std::filesystem::path own = settings.path("PLUGINS_DIR");
  return {.shipped = installation.plugins(),
          .own = {own.empty() ? data / "plugins" : own},
          .store = data / "store",
          .host = installation.libexec() / "reelspool-plugin-host",
          .without_landlock = settings.text("SANDBOX") == "if_possible"};
}

PluginWatch::Options plugins_to_watch(const Settings& settings, const Installation& installation) {
  const Registry::Options where = registry_options(settings, installation);
  std::error_code ignored;  // a folder that cannot be made is seen once somebody makes it
  if (settings.path("PLUGINS_DIR").empty())
    for (const auto& folder : where.own) std::filesystem::create_directories(folder, ignored);
  std::vector<std::filesystem::path> folders = where.own;
  folders.push_back(where.shipped);
  return {.folders = std::move(folders), .grants = where.store / "grants.json"};
}

PluginProviders::PluginProviders(asio::any_io_executor executor, Parts parts)
    : executor_(executor),
      parts_(std::move(parts)),
      registry_(executor, parts_.pool, registry_options(parts_.settings, parts_.installation)),
      http_client_(std::move(executor), http_options(parts_.settings)),
      limits_(executor_, parts_.settings.path("DATA_DIR") / "store/limits", limits_in(parts_.settings)),
      http_(parts_.pool, http_client_, parts_.patience, parts_.settings.path("DATA_DIR") / "store/gates",
            limits_),
      carrier_(
          parts_.pool, parts_.scripts, http_,
          {.retry_unknown = parts_.settings.text("ON_UNKNOWN_SUBMIT") == "retry",
           .most_paid_calls = static_cast<std::size_t>(parts_.settings.integer("MAX_PAID_CALLS_PER_STEP"))}),
      hedge_(parts_.pool, carrier_, limits_) {}

asio::awaitable<Result<>> PluginProviders::open() {
  if (auto limits = read_provider_limits(parts_.settings.text("PROVIDER_LIMITS")); !limits)
    co_return limits.error();
  auto scanned = co_await registry_.scan();
  if (!scanned) co_return std::move(scanned.error()).while_doing("looking for plugins");
  for (const auto& plugin : registry_.plugins()) {
    auto limits = operation_limits(parts_.settings, plugin->manifest.name, "");
    if (limits) continue;
    limits.error().cls = ErrorClass::invalid_request;  // what is wrong at the start is mended before it
    co_return std::move(limits.error());
  }
  report(true);
  co_return ok;
}

asio::awaitable<Result<>> PluginProviders::follow(PluginWatch& watch) {
  if (!watch.deaf_because().empty())
    Log::info("plugins are looked at every few seconds: " + watch.deaf_because());
  while (co_await watch.changed()) {
    auto scanned = co_await registry_.scan();
    if (!scanned) {
      Log::warn("looking for plugins: " + scanned.error().message + "; those that were known stay in use");
      continue;
    }
    report(false);
    // Whoever is asking a host keeps it; the others of versions that are gone end now.
    const auto is_gone = [&](const auto& entry) {
      const auto& plugins = registry_.plugins();
      return std::none_of(plugins.begin(), plugins.end(),
                          [&](const auto& plugin) { return plugin->hash == entry.first; });
    };
    std::erase_if(hosts_, is_gone);
    std::erase_if(grants_, is_gone);
  }
  co_return ok;
}

/// Logs what is new since the last time: complaints, plugins that wait, and, after the start, those that came, changed or went.
void PluginProviders::report(bool is_first) {
  std::set<std::string> complaints;
  for (const auto& complaint : registry_.complaints()) {
    complaints.insert(complaint.error.message);
    if (!complained_.contains(complaint.error.message))
      Log::warn((complaint.is_of_catalogue() ? "a plugin's catalogue is not changed: "
                                             : "a plugin cannot be used: ") +
                    complaint.error.message,
                {{"plugin", complaint.found.string()}});
  }
  complained_ = std::move(complaints);
  Known now;
  for (const auto& plugin : registry_.plugins()) {
    const Manifest& manifest = plugin->manifest;
    const auto standing = std::tuple(plugin->hash, plugin->allowed, plugin->catalogue);
    now[manifest.name] = standing;
    if (const auto before = known_.find(manifest.name); before != known_.end() && before->second == standing)
      continue;
    if (!plugin->allowed)
      Log::warn("plugin \"" + manifest.name +
                "\" is not used until you allow what it asks for: reelspool plugin allow " + manifest.name);
    else if (!is_first)
      Log::info("plugin \"" + manifest.name + "\" is in use from now on",
                {{"plugin", manifest.name}, {"version", manifest.version}, {"library", plugin->hash}});
  }
  for (const auto& [name, standing] : known_)
    if (!now.contains(name)) Log::info("plugin \"" + name + "\" is gone", {{"plugin", name}});
  known_ = std::move(now);
}

/// The version that goes on with a step which was begun: the one that began it, unless today's takes its state over. Nothing
/// when nobody began it, or neither is there any more.
asio::awaitable<std::shared_ptr<const Plugin>> PluginProviders::begun_by(Json memory) {
  if (!memory.is_object()) co_return nullptr;
  auto now = registry_.find(memory.value("provider", ""));
  if (now && !now->allowed) now = nullptr;
  const std::string hash = memory.value("plugin", "");
  if (now && now->hash == hash) co_return now;
  auto then = co_await registry_.version(hash);
  if (!then || then->manifest.name != memory.value("provider", "")) co_return now;
  const bool taken_over = now && std::find(now->manifest.takes_over.begin(), now->manifest.takes_over.end(),
                                           then->manifest.version) != now->manifest.takes_over.end();
  co_return taken_over ? now : then;
}

/// Why a plugin that a setting names cannot be found.
std::string PluginProviders::why_missing(const std::string& name) const {
  if (const Error* complaint = registry_.complaint_of(name))
    return "it cannot be used: " + complaint->message;
  return "no such plugin is installed (see reelspool plugin list)";
}

Result<PluginProviders::Chain> PluginProviders::chain(std::string_view kind) const {
  const std::string word(kind);
  Chain others;
  for (const auto& plugin : registry_.plugins())
    if (plugin->allowed && plugin->manifest.kinds.contains(word)) others.push_back(plugin);
  std::stable_sort(others.begin(), others.end(), [&](const auto& a, const auto& b) {
    return a->manifest.kinds.at(word).order < b->manifest.kinds.at(word).order;
  });

  Chain chain;
  const std::string setting = chain_setting(kind);
  for (const std::string& name : split_names(setting.empty() ? "" : parts_.settings.text(setting))) {
    const auto plugin = registry_.find(name);
    const std::string named = setting + " names \"" + name + "\", but ";
    if (!plugin) return make_error(ErrorClass::unavailable, named + why_missing(name));
    if (!plugin->allowed)
      return make_error(ErrorClass::unavailable, named + "it waits for: reelspool plugin allow " + name);
    if (!plugin->manifest.kinds.contains(word))
      return make_error(ErrorClass::unavailable, named + "it does not make " + word);
    chain.push_back(plugin);
  }
  for (const auto& plugin : others)
    if (std::find(chain.begin(), chain.end(), plugin) == chain.end()) chain.push_back(plugin);
  if (chain.empty())
    return make_error(ErrorClass::unavailable,
                      "no plugin on this machine makes " + word + " (see reelspool plugin list)");
  return chain;
}

Result<> PluginProviders::configured(const Plugin& plugin) const {
  for (const std::string& secret : plugin.manifest.secrets)
    if (parts_.settings.raw(secret).empty())
      return make_error(ErrorClass::unavailable,
                        "plugin \"" + plugin.manifest.name + "\" needs " + secret + ", which is not set");
  return ok;
}

/// Those of the chain that could take the request, judged without asking them.
Result<PluginProviders::Chain> PluginProviders::able(std::string_view kind, const Json& request) const {
  auto all = chain(kind);
  if (!all) return all;
  Chain able;
  std::vector<Error> misfits;
  for (const auto& plugin : *all) {
    Result<> good = configured(*plugin);
    if (good) good = fits(plugin->manifest, kind, request);
    if (good)
      able.push_back(plugin);
    else
      misfits.push_back(good.error());
  }
  if (!able.empty()) return able;
  if (std::all_of(misfits.begin(), misfits.end(),
                  [](const Error& error) { return error.code == "language"; }))
    return no_voice(kind, request, *all);
  // A limit of the request is what its author can mend, so it is told before what only the operator can.
  for (const Error& misfit : misfits)
    if (misfit.cls == ErrorClass::invalid_request) return misfit;
  return misfits.front();
}

Result<> PluginProviders::can(std::string_view kind, const Json& request) {
  auto providers = able(kind, request);
  if (!providers) return providers.error();
  return ok;
}

Json PluginProviders::settings_for(const Plugin& plugin) const {
  Json values = Json::object();
  for (const std::string& name : plugin.manifest.settings) {
    std::string value = parts_.settings.raw(name);
    if (!value.empty()) values[name] = std::move(value);
  }
  return values;
}

Result<std::shared_ptr<const HttpGrant>> PluginProviders::grant_of(const Plugin& plugin) {
  if (const auto known = grants_.find(plugin.hash); known != grants_.end()) return known->second;
  const Settings& settings = parts_.settings;
  auto reach = Reach::of(
      plugin.manifest.hosts, [&](const std::string& name) { return settings.raw(name); },
      settings.text("HTTP_ALLOWED_HOSTS"));
  if (!reach) return reach.error();
  std::map<std::string, std::string> secrets;
  for (const std::string& name : plugin.manifest.secrets) secrets[name] = settings.raw(name);
  auto grant = std::make_shared<const HttpGrant>(
      HttpGrant{plugin.manifest.name, std::move(*reach), Secrets(std::move(secrets))});
  grants_[plugin.hash] = grant;
  return std::shared_ptr<const HttpGrant>(std::move(grant));
}

std::shared_ptr<PluginHost> PluginProviders::host_of(const Plugin& plugin) {
  auto& host = hosts_[plugin.hash];
  if (!host)
    host = std::make_shared<PluginHost>(
        executor_, PluginHost::Options{.program = parts_.installation.libexec() / "reelspool-plugin-host",
                                       .library = plugin.library,
                                       .name = plugin.manifest.name,
                                       .without_landlock = parts_.settings.text("SANDBOX") == "if_possible",
                                       .idle = parts_.settings.duration("HOST_IDLE_MS")});
  return host;
}

asio::awaitable<Result<Json>> PluginProviders::perform(std::string kind, Json request, StepContext& step) {
  const auto begun = co_await begun_by(step.memory);
  auto providers = able(kind, request);
  if (!providers && !begun) co_return providers.error();
  Chain chain = providers ? std::move(*providers) : Chain();
  if (begun) {
    std::erase_if(chain, [&](const auto& plugin) { return plugin->manifest.name == begun->manifest.name; });
    chain.insert(chain.begin(), begun);
  }

  std::erase_if(chain, [&](const auto& plugin) { return is_given_up(step, plugin->manifest.name); });

  for (const auto& plugin : chain) {
    auto made = co_await ask(plugin, kind, request, plugin == chain.back(), step);
    if (made || !moves_on(made.error(), step)) co_return made;
    Error failure = std::move(made.error());
    failure.provider = plugin->manifest.name;
    if (plugin != chain.back())
      Log::warn("provider " + plugin->manifest.name + " cannot make " + kind +
                    ", the next one is asked: " + failure.message,
                {{"provider", plugin->manifest.name}, {"step", step.key}});
    step.given_up.push_back(std::move(failure));
    step.last_try = step.first_is_last;
  }
  step.nobody_left = true;
  co_return none_could(kind, step.given_up);
}

asio::awaitable<Result<Json>> PluginProviders::perform_by(std::string name, std::string kind, Json request,
                                                          StepContext& step) {
  const auto plugin = registry_.find(name);
  if (!plugin) co_return make_error(ErrorClass::invalid_request, "\"" + name + "\": " + why_missing(name));
  if (!plugin->allowed)
    co_return make_error(ErrorClass::unavailable,
                         "\"" + name + "\" waits for: reelspool plugin allow " + name);
  Result<> good = fits(plugin->manifest, kind, request);  // no key helps where it does not
  if (good) good = configured(*plugin);
  if (!good) co_return std::move(good.error());
  co_return co_await ask(plugin, std::move(kind), std::move(request), true, step);
}

Result<Carrier::SharedErrand> PluginProviders::errand_for(std::shared_ptr<const Plugin> plugin,
                                                          std::string kind, Json request) {
  auto grant = grant_of(*plugin);
  if (!grant) return std::move(grant.error());
  return std::make_shared<const Carrier::Errand>(Carrier::Errand{host_of(*plugin), plugin, std::move(kind),
                                                                 std::move(request), settings_for(*plugin),
                                                                 std::move(*grant)});
}

asio::awaitable<Result<Json>> PluginProviders::ask(std::shared_ptr<const Plugin> plugin, std::string kind,
                                                   Json request, bool is_last, StepContext& step) {
  const auto limits = operation_limits(parts_.settings, plugin->manifest.name, kind);
  if (!limits) co_return limits.error();
  auto errand = errand_for(std::move(plugin), std::move(kind), std::move(request));
  if (!errand) co_return std::move(errand.error());
  auto made = co_await hedge_.carry(*errand, *limits, step);
  // The last one's is left to go on: a later attempt may find it done.
  if (!made && made.error().code == operation_timeout && !is_last) {
    auto given_up = co_await hedge_.give_up(std::move(*errand), step);
    if (!given_up) co_return std::move(given_up.error());
  }
  co_return made;
}

}  // namespace reelspool
