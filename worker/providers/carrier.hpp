#pragma once

#include <boost/asio/awaitable.hpp>
#include <memory>
#include <string>

#include "jobstore/json.hpp"
#include "jobstore/result.hpp"
#include "worker/media/scripts.hpp"
#include "worker/providers/action.hpp"
#include "worker/providers/plugin_host.hpp"
#include "worker/providers/registry.hpp"
#include "worker/providers/step_files.hpp"
#include "worker/steps/pool.hpp"
#include "worker/steps/work.hpp"

namespace reelspool {

/// Carries out what one plugin wants for one request: asks it what next, keeps its state durably, does the
/// one thing that it answered, tells it how that went, and so on until it says done or fail. It decides
/// nothing itself: no retry, no other provider.
///
/// Memory   step.memory is {"provider", "plugin" (the library's hash), "state", "operation"?, "cancel"?}. It is
///          saved before an action is carried out, whenever it changed. A step that begins with such a memory
///          goes on from its state with the event `interrupted`.
/// Files    Whatever a plugin names is a plain name in step.folder, and never a link (StepFiles).
/// Threads  Loop thread only; files are written in the pool.
class Carrier {
 public:
  /// `most_turns`: a provider that polls for a day every ten seconds stays below; one that runs in a circle is ended.
  Carrier(Pool& pool, Scripts& scripts, int most_turns = 10'000)
      : pool_(pool), scripts_(scripts), most_turns_(most_turns) {}

  struct Errand {
    std::shared_ptr<PluginHost> host;
    std::shared_ptr<const Plugin> plugin;
    std::string kind;
    Json request;
    Json settings;  ///< the values of the settings that its manifest names
  };

  /// The kind's outputs, checked, with "provider" and "cost" (US dollars) beside them. `error.provider` is
  /// the plugin.
  /// Errors: the plugin's own `fail`
  ///         plugin_crashed  it died, hung, answered nonsense, or asked for what its manifest does not list
  ///         unavailable     it asked for an HTTP request, which is not made yet
  ///         cancelled, interrupted, timeout  by step.stop, or by a script's end; and whatever step.save
  ///         fails with
  boost::asio::awaitable<Result<Json>> carry(Errand errand, StepContext& step);

 private:
  /// The event that follows the action, or why the step ends.
  boost::asio::awaitable<Result<Json>> run_script(ExecAction exec, const Plugin& plugin, bool report,
                                                  StepContext& step);

  Pool& pool_;
  Scripts& scripts_;
  int most_turns_;
};

}  // namespace reelspool
