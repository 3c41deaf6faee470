#include "worker/providers/registry.hpp"

#include <malloc.h>

#include <algorithm>
#include <utility>

#include "worker/providers/operator_catalogues.hpp"
#include "worker/providers/plugin_host.hpp"
#include "worker/providers/plugin_store.hpp"

namespace reelspool {

namespace asio = boost::asio;

/// A library in one of the folders, and what the store keeps of it.
struct Registry::Found {
  std::filesystem::path path;
  bool shipped = false;
  Result<PluginStore::Kept> kept = make_error(ErrorClass::transient, "not looked at");
};

namespace {

std::vector<std::filesystem::path> libraries_in(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> paths;
  std::error_code failed;
  for (std::filesystem::directory_iterator at(folder, failed), end; !failed && at != end;
       at.increment(failed))
    if (at->path().extension() == ".so") paths.push_back(at->path());
  std::sort(paths.begin(), paths.end());  // the same complaints in the same order, whatever the file system
  return paths;
}

std::string names_of(const std::vector<std::shared_ptr<const Plugin>>& plugins) {
  std::string names;
  for (const auto& plugin : plugins) names += (names.empty() ? "" : ", ") + plugin->manifest.name;
  return names.empty() ? "none" : names;
}

Error of_no_plugin(const std::filesystem::path& catalogue) {
  return make_error(ErrorClass::invalid_request, catalogue.string() + ": there is no plugin \"" +
                                                     catalogue.stem().string() +
                                                     "\": correct its name or take it away");
}

/// Libraries are read whole, and malloc would keep as much for a worker that may never need it again.
void give_memory_back() {
#ifdef __GLIBC__
  ::malloc_trim(0);
#endif
}

}  // namespace

Registry::Registry(asio::any_io_executor executor, Pool& pool, Options options)
    : executor_(std::move(executor)), pool_(pool), options_(std::move(options)) {}

bool Registry::is_among(const std::filesystem::path& name, const std::vector<Found>& libraries) {
  return std::any_of(libraries.begin(), libraries.end(),
                     [&](const Found& one) { return one.path.stem() == name; });
}

asio::awaitable<Result<>> Registry::scan() {
  const PluginStore store(options_.store);
  // Lambdas with captures get a name first: GCC 12 destroys one that is made inside a co_await twice.
  std::vector<OperatorCatalogue> catalogues;
  auto look = [options = options_, store, &catalogues]() -> Result<std::vector<Found>> {
    std::vector<Found> all;
    for (const auto& folder : options.own)
      for (auto& catalogue : operator_catalogues(folder)) catalogues.push_back(std::move(catalogue));
    for (const auto& folder : options.own)
      for (auto& path : libraries_in(folder)) all.push_back({.path = path, .shipped = false});
    for (auto& path : libraries_in(options.shipped)) all.push_back({.path = path, .shipped = true});
    for (Found& one : all) one.kept = store.keep(one.path);
    give_memory_back();
    return all;
  };
  auto found = co_await pool_.run(std::move(look));
  if (!found) co_return found.error();
  auto read_grants = [store] { return store.grants(); };
  auto grants = co_await pool_.run(std::move(read_grants));
  if (!grants) co_return grants.error();

  std::vector<std::shared_ptr<const Plugin>> usable;
  std::vector<Complaint> complaints;
  std::map<std::string, std::string> changes;  // by the plugin's name; the first folder's
  for (OperatorCatalogue& catalogue : catalogues) {
    if (!catalogue.text)
      complaints.push_back({catalogue.path, std::move(catalogue.text.error())});
    else if (is_among(catalogue.path.stem(), *found))
      changes.emplace(catalogue.path.stem(), std::move(*catalogue.text));
    else
      complaints.push_back({catalogue.path, of_no_plugin(catalogue.path)});
  }
  for (Found& one : *found) {
    if (!one.kept && one.kept.error().cls == ErrorClass::storage) co_return one.kept.error();
    Result<Manifest> manifest = make_error(ErrorClass::transient, "not described");
    if (one.kept)
      manifest = co_await describe(one, *grants);
    else
      manifest = one.kept.error();
    if (manifest && manifest->name != one.path.stem())
      manifest =
          make_error(ErrorClass::plugin_crashed, "its manifest is named \"" + manifest->name +
                                                     "\", so its file must be " + manifest->name + ".so");
    if (!manifest) {
      complaints.push_back({one.path, std::move(manifest.error()).while_doing(one.path.string())});
      continue;
    }
    const auto grant = grants->find(manifest->name);
    const bool is_allowed =
        one.shipped || (grant != grants->end() && is_granted(manifest->asks(), grant->second));
    const auto changed = changes.find(manifest->name);
    std::string catalogue = changed == changes.end() ? std::string() : changed->second;
    usable.push_back(
        std::make_shared<Plugin>(Plugin{std::move(*manifest), one.kept->hash, one.kept->library, one.path,
                                        one.shipped, is_allowed, std::move(catalogue)}));
  }
  all_ = std::move(usable);
  grants_ = std::move(*grants);
  complaints_ = std::move(complaints);
  choose();
  co_return ok;
}

asio::awaitable<Result<Manifest>> Registry::describe(const Found& found, const Grants& grants) {
  const PluginStore::Kept kept = *found.kept;
  if (kept.manifest) co_return read_manifest(*kept.manifest);
  // Where the kernel cannot box it, a library that nobody vouches for is not even asked who it is.
  const bool vouched = found.shipped || grants.contains(found.path.stem().string());
  PluginHost host(executor_, {.program = options_.host,
                              .library = kept.library,
                              .name = found.path.stem().string(),
                              .without_landlock = options_.without_landlock && vouched});
  auto text = co_await host.describe();
  if (!text) co_return text.error();
  auto manifest = read_manifest(*text);
  if (!manifest) co_return manifest;
  auto keep = [store = PluginStore(options_.store), hash = kept.hash, text = *text] {
    return store.keep_manifest(hash, text);
  };
  auto written = co_await pool_.run(std::move(keep));
  if (!written) co_return written.error();
  co_return manifest;
}

void Registry::choose() {
  plugins_.clear();
  for (const auto& plugin : all_) {
    auto same = std::find_if(plugins_.begin(), plugins_.end(), [&](const auto& other) {
      return other->manifest.name == plugin->manifest.name;
    });
    // The operator's own come first in all_; one that is not allowed yet must not push a shipped one aside.
    if (same == plugins_.end())
      plugins_.push_back(plugin);
    else if (!(*same)->allowed && plugin->allowed)
      *same = plugin;
  }
  std::sort(plugins_.begin(), plugins_.end(),
            [](const auto& a, const auto& b) { return a->manifest.name < b->manifest.name; });
}

std::shared_ptr<const Plugin> Registry::find(std::string_view name) const {
  for (const auto& plugin : plugins_)
    if (plugin->manifest.name == name) return plugin;
  return nullptr;
}

const Error* Registry::complaint_of(std::string_view name) const {
  for (const Complaint& complaint : complaints_)
    if (!complaint.is_of_catalogue() && complaint.found.stem() == name) return &complaint.error;
  return nullptr;
}

asio::awaitable<std::shared_ptr<const Plugin>> Registry::version(std::string hash) {
  for (const auto& plugin : all_)
    if (plugin->hash == hash && plugin->allowed) co_return plugin;
  auto look = [store = PluginStore(options_.store), hash] { return store.find(hash); };
  auto kept = co_await pool_.run(std::move(look));
  if (!kept || !kept->manifest) co_return nullptr;
  auto manifest = read_manifest(*kept->manifest);
  if (!manifest || !may(manifest->name, manifest->asks())) co_return nullptr;
  const auto now = find(manifest->name);
  co_return std::make_shared<Plugin>(Plugin{.manifest = std::move(*manifest),
                                            .hash = kept->hash,
                                            .library = kept->library,
                                            .found = kept->library,
                                            .shipped = false,
                                            .allowed = true,
                                            .catalogue = now ? now->catalogue : std::string()});
}

/// Whether a plugin of that name may do all that: by the operator's word, or by that of the package that ships it today.
bool Registry::may(const std::string& name, const Json& asks) const {
  const auto grant = grants_.find(name);
  if (grant != grants_.end() && is_granted(asks, grant->second)) return true;
  return std::any_of(all_.begin(), all_.end(), [&](const auto& plugin) {
    return plugin->shipped && plugin->manifest.name == name && is_granted(asks, plugin->manifest.asks());
  });
}

asio::awaitable<Result<>> Registry::allow(std::string name) {
  std::shared_ptr<const Plugin> wanted;
  for (const auto& plugin : all_)
    if (plugin->manifest.name == name && !wanted) wanted = plugin;  // the operator's own come first
  if (!wanted)
    co_return make_error(ErrorClass::invalid_request,
                         "no plugin is named \"" + name + "\"; there are: " + names_of(plugins_));
  if (wanted->shipped) co_return ok;
  auto grant = [store = PluginStore(options_.store), name, asks = wanted->manifest.asks()] {
    return store.grant(name, asks);
  };
  auto written = co_await pool_.run(std::move(grant));
  if (!written) co_return written;
  grants_[name] = wanted->manifest.asks();
  for (auto& plugin : all_) {
    if (plugin->manifest.name != name || plugin->allowed ||
        !is_granted(plugin->manifest.asks(), wanted->manifest.asks()))
      continue;
    Plugin granted = *plugin;
    granted.allowed = true;
    plugin = std::make_shared<Plugin>(std::move(granted));
  }
  choose();
  co_return ok;
}

}  // namespace reelspool
