#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "jobstore/result.hpp"

namespace reelspool {

/// What the registry keeps on disk below <data>/store: copies of libraries, their manifests, and the grants.
/// Threads  Any; blocking. Every file appears whole: written beside, synced, renamed.
class PluginStore {
 public:
  using Grants =
      std::map<std::string, std::string>;  ///< plugin's name -> digest of the manifest that was allowed

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

  /// Errors: storage, transient.
  Result<> keep_manifest(const std::string& hash, std::string_view text) const;

  /// No file: no grants. Errors: storage, transient; invalid_request when the file is not ours to understand.
  Result<Grants> grants() const;
  Result<> grant(const std::string& name, const std::string& digest) const;

 private:
  std::filesystem::path plugins() const { return store_ / "plugins"; }
  std::filesystem::path store_;
};

}  // namespace reelspool
