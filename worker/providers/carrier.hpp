#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>

#include "jobstore/json.hpp"
#include "jobstore/result.hpp"
#include "worker/media/scripts.hpp"
#include "worker/providers/action.hpp"
#include "worker/providers/http_carrier.hpp"
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
/// Memory   step.memory is {"provider", "plugin" (the library's hash), "state", "operation"?, "cancel"?, "sending"?,
///          "call"? (the number of the last of step.calls that is this errand's), "patience"? (with the model)}.
///          It is saved before an action is carried out, whenever it changed. A step that begins with such a memory
///          goes on from its state with the event `interrupted`, or `unsent`.
///          Of a failure that is final it is {"provider", "plugin", "failure"} until the step has noted it.
/// Money    `sending` stands there while an http action with `costs` is carried out: "intended", and "sent" from before
///          the first byte of its body may leave, when it is noted in step.calls too. It goes with the state that follows
///          its answer. What begins with "intended" did not go out.
/// Cancel   When the step is stopped because its job was cancelled, the provider is told by the memory's `cancel`.
/// Files    Whatever a plugin names is a plain name in step.folder, and never a link (StepFiles).
/// Threads  Loop thread only; files are written in the pool.
class Carrier {
 public:
  struct Options {
    /// A provider that polls for a day every ten seconds stays below; one that runs in a circle is ended.
    int most_turns = 10'000;
    bool retry_unknown = false;        ///< ON_UNKNOWN_SUBMIT=retry
    std::size_t most_paid_calls = 10;  ///< MAX_PAID_CALLS_PER_STEP: of a step, over providers and attempts
  };
  Carrier(Pool& pool, Scripts& scripts, HttpCarrier& http, Options options)
      : pool_(pool), scripts_(scripts), http_(http), options_(options) {}

  /// One request to one plugin. Shared by all who carry it out: thousands may be under way, for hours.
  struct Errand {
    std::shared_ptr<PluginHost> host;
    std::shared_ptr<const Plugin> plugin;
    std::string kind;
    Json request;
    Json settings;  ///< the values of the settings that its manifest names
    std::shared_ptr<const HttpGrant> grant;
  };
  using SharedErrand = std::shared_ptr<const Errand>;

  /// The kind's outputs, checked, with "provider" and "cost" (US dollars) beside them. `error.provider` is
  /// the plugin.
  /// Errors: the plugin's own `fail`
  ///         plugin_crashed  it died, hung, answered nonsense, or asked for what its manifest does not list
  ///         provider_failed with the code "unknown_submit"  (verdict.hpp) so said by the plugin; with retry_unknown it is
  ///                         transient, and the state is forgotten
  ///         provider_failed with the code `paid_calls_spent`
  ///         as HttpCarrier::carry
  ///         cancelled, interrupted, timeout  by step.stop, or by a script's end; and whatever step.save
  ///         fails with
  boost::asio::awaitable<Result<Json>> carry(SharedErrand errand, StepContext& step);

  /// Tells the provider to end the operation that a memory names, where it said how. Best effort; `step` lends its
  /// folder and its calls.
  boost::asio::awaitable<void> end_operation(SharedErrand errand, const Json& memory, StepContext& step);

 private:
  /// What goes on between a plugin and us.
  struct Talk {
    SharedErrand errand;
    StepContext& step;
    Json event;                             ///< what the plugin is told next
    std::optional<PaidCalls::Number> call;  ///< the last of step.calls that is this errand's
  };
  /// What came of one answer: the result, or a wait, or neither, and then the event is in the talk.
  struct Turn {
    std::optional<Json> made;
    std::optional<std::chrono::milliseconds> wait;
  };
  boost::asio::awaitable<Result<Json>> converse(Talk& talk);
  /// A coroutine of its own, so that a wait of hours does not hold its large frame.
  boost::asio::awaitable<Result<Turn>> turn(Talk& talk);
  boost::asio::awaitable<Result<>> act(Answer answer, Talk& talk);
  Result<Turn> accept(DoneAction made, const Talk& talk) const;
  boost::asio::awaitable<Result<>> keep(Json memory, StepContext& step);
  Error failure_of(Error error, const Plugin& plugin) const;
  /// The event that follows the action, or why the step ends.
  boost::asio::awaitable<Result<Json>> run_script(ExecAction exec, const Plugin& plugin, bool report,
                                                  StepContext& step);

  Pool& pool_;
  Scripts& scripts_;
  HttpCarrier& http_;
  Options options_;
};

}  // namespace reelspool
