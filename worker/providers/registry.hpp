#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "jobstore/result.hpp"
#include "worker/providers/manifest.hpp"
#include "worker/steps/pool.hpp"

namespace reelspool {

/// A plugin that was found, with what it says of itself.
struct Plugin {
  Manifest manifest;
  std::string hash;               ///< SHA-256 of the library
  std::filesystem::path library;  ///< the copy that is loaded, <store>/plugins/<hash>.so
  std::filesystem::path found;    ///< where the operator or the package put it
  bool shipped = false;
  bool allowed = false;  ///< shipped, or allowed by the operator to do all that its manifest asks for
  std::string catalogue =
      {};  ///< JSON object text: what the operator changes of its catalogue; empty: nothing
};

/// Which plugins there are, and which may be used.
///
/// A library is loaded from a copy named by its content (writing over a mapped library kills its process),
/// and its manifest is kept beside the copy, so that neither a start nor `reelspool plugin list` runs a plugin
/// that was seen before. A manifest is a request: shipped plugins are granted by the package, any other waits
/// for allow(), which records in <store>/grants.json what the manifest asks for; a later one that asks for more waits
/// again.
///
/// NAME.json beside the operator's own plugins changes the catalogue of the plugin of that name, a shipped one's too.
///
/// Files    <store>/plugins/HASH.so, HASH.json;
///          <store>/grants.json: {"version":2,"grants":{"NAME":{"asks","grantedAt"}}}
/// Threads  Loop thread only; files are read, hashed and copied in the pool.
class Registry {
 public:
  struct Options {
    std::filesystem::path shipped;           ///< the installation's own plugins
    std::vector<std::filesystem::path> own;  ///< the operator's folders
    std::filesystem::path store;             ///< <data>/store
    std::filesystem::path host;              ///< the program reelspool-plugin-host
    bool without_landlock = false;           ///< SANDBOX=if_possible
  };
  Registry(boost::asio::any_io_executor executor, Pool& pool, Options options);

  /// A library or a catalogue that cannot be used, and why: one line for the operator.
  struct Complaint {
    std::filesystem::path found;
    Error error;
    bool is_of_catalogue() const { return found.extension() == ".json"; }
  };
  /// Why the library of that name cannot be used; nullptr: there is none, or it can.
  const Error* complaint_of(std::string_view name) const;

  /// Looks for *.so in the folders, anew at each call; what was known before stays in place until the end of it. A folder that
  /// is not there is empty; a plugin that cannot be used becomes a complaint and hinders nothing.
  /// Errors: storage or transient, when the store's folder cannot be written.
  boost::asio::awaitable<Result<>> scan();

  /// By name, one for each: the operator's own once it is allowed, before a shipped one of the same name.
  const std::vector<std::shared_ptr<const Plugin>>& plugins() const { return plugins_; }
  std::shared_ptr<const Plugin> find(std::string_view name) const;
  const std::vector<Complaint>& complaints() const { return complaints_; }

  /// The version of a plugin that began a step, by the content hash that the step remembers; also when it was replaced or
  /// removed since. Nothing: its copy is not kept any more, is not what it was, or asks for what a plugin of its name
  /// may no longer do.
  boost::asio::awaitable<std::shared_ptr<const Plugin>> version(std::string hash);

  /// Records that the plugin may do what its manifest asks for. Idempotent.
  /// Errors: invalid_request  there is no such plugin; the message lists those there are
  ///         storage or transient  the grant could not be written
  boost::asio::awaitable<Result<>> allow(std::string name);

 private:
  struct Found;
  using Grants = std::map<std::string, Json>;  // as PluginStore has them

  boost::asio::awaitable<Result<Manifest>> describe(const Found& found, const Grants& grants);
  static bool is_among(const std::filesystem::path& name, const std::vector<Found>& libraries);
  void choose();
  bool may(const std::string& name, const Json& asks) const;

  boost::asio::any_io_executor executor_;
  Pool& pool_;
  Options options_;
  std::vector<std::shared_ptr<const Plugin>> all_;      // every usable library, shadowed ones included
  std::vector<std::shared_ptr<const Plugin>> plugins_;  // one for each name
  std::vector<Complaint> complaints_;
  Grants grants_;
};

}  // namespace reelspool
