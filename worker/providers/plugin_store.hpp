#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "jobstore/json.hpp"
#include "jobstore/result.hpp"

namespace reelspool {

/// What the registry keeps on disk below <data>/store: copies of libraries, their manifests, and the grants.
/// Threads  Any; blocking. Every file appears whole: written beside, synced, renamed.
class PluginStore {
 public:
  using Grants = std::map<std::string, Json>;  ///< plugin's name -> what it was granted (Manifest::asks)

  explicit PluginStore(std::filesystem::path store) : store_(std::move(store)) {}

  struct Kept {
    std::string hash;
    std::filesystem::path library;
    std::optional<std::string> manifest;  ///< its text, when it was seen before
  };
  /// Copies a library, unless a copy of the same content is there.
  /// Errors: invalid_request  it is no regular file, or too large to be a plugin
  ///         storage, transient
  Result<Kept> keep(const std::filesystem::path& library) const;

  /// A copy that was kept before, by its content hash.
  /// Errors: invalid_request  there is none, or its content is not what its name says
  ///         storage, transient
  Result<Kept> find(const std::string& hash) const;

  /// Errors: storage, transient.
  Result<> keep_manifest(const std::string& hash, std::string_view text) const;

  /// No file: no grants. Errors: storage, transient; invalid_request when the file is not ours to understand.
  Result<Grants> grants() const;
  Result<> grant(const std::string& name, const Json& asks) const;

 private:
  std::filesystem::path plugins() const { return store_ / "plugins"; }
  std::filesystem::path store_;
};

}  // namespace reelspool
