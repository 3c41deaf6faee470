#pragma once

#include <boost/dll/shared_library.hpp>
#include <filesystem>
#include <string>

#include "jobstore/result.hpp"
#include "plugins/sdk/provider.h"

namespace reelspool {

/// The one plugin of this process: loaded, checked, and called through the C ABI.
///
/// Threads  One thread, one call at a time: what provider.h promises to plugins.
class Library {
 public:
  /// Loads the library; its constructors run now.
  /// Errors: unavailable  it cannot be loaded, lacks the symbol, or was built for another ABI; the message
  /// says which
  static Result<Library> load(const std::filesystem::path& file);

  /// The manifest's text. Errors: plugin_crashed  it has none, or one over 1 MiB.
  Result<std::string> describe() const;

  /// One answer's text. Errors: plugin_crashed  the plugin reported a fault, threw, or answered more than 1
  /// MiB.
  Result<std::string> next(std::string_view input) const;

 private:
  Library(boost::dll::shared_library library, const reelspool_plugin* plugin);
  boost::dll::shared_library library_;
  const reelspool_plugin* plugin_;
};

}  // namespace reelspool
