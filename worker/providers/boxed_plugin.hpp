#pragma once

#include <memory>
#include <string>

#include "jobstore/json.hpp"
#include "jobstore/result.hpp"
#include "worker/providers/plugin_host.hpp"

namespace reelspool {

/// A plugin in its boxed host, for whoever has nothing else to do meanwhile: the commands for plugin authors.
///
/// Ownership  The host's process ends with this object.
/// Threads    One; every function blocks until the answer is there, or the host's deadline is over.
class BoxedPlugin {
 public:
  explicit BoxedPlugin(PluginHost::Options options);
  ~BoxedPlugin();
  BoxedPlugin(const BoxedPlugin&) = delete;
  BoxedPlugin& operator=(const BoxedPlugin&) = delete;

  /// As PluginHost has them, with its errors.
  Result<std::string> describe();
  Result<std::string> next(const Json& input);

  /// Ends the process: the next question is asked of a new one, which has seen nothing.
  void restart();

 private:
  struct Inside;
  std::unique_ptr<Inside> inside_;
};

}  // namespace reelspool
