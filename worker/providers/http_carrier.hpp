#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "jobstore/json.hpp"
#include "jobstore/result.hpp"
#include "worker/http/fetch.hpp"
#include "worker/http/http_client.hpp"
#include "worker/providers/breaker.hpp"
#include "worker/providers/gates.hpp"
#include "worker/providers/http_action.hpp"
#include "worker/providers/provider_limits.hpp"
#include "worker/providers/reach.hpp"
#include "worker/providers/secrets.hpp"
#include "worker/providers/step_files.hpp"
#include "worker/steps/pool.hpp"
#include "worker/steps/work.hpp"

namespace reelspool {

/// What a plugin may do by HTTP, and as whom.
struct HttpGrant {
  std::string plugin;  ///< its name
  Reach reach;
  Secrets secrets;
  /// Of all that uses this plugin with these keys; a plain file name that does not tell them.
  std::string account() const;
};

/// Carries out `http` actions: files in, secrets in, the request out, the answer in, secrets out.
///
/// Money    An action with `costs` is sent once: tried again only while it is certain that nothing was sent. `sending` is
///          awaited before the first byte of its body may leave, and must have made durable that it does.
/// Limits   After a 429 or 503 with Retry-After nothing of that plugin with those keys goes out before its time, from no worker;
///          what costs also waits for PROVIDER_LIMITS. One that fails again and again is left alone for a while (Breaker).
/// Threads  Loop thread only; files are read and written in the pool.
class HttpCarrier {
 public:
  /// How often and after which waits a connection is tried again.
  struct Patience {
    int tries = 4;
    std::chrono::milliseconds first{500}, longest{8'000};
    /// A gate that stays shut for longer ends the try of the step instead of holding its permit.
    std::chrono::milliseconds at_gates{std::chrono::minutes(2)};
  };
  /// `gates` is a folder for what Gates keeps.
  HttpCarrier(Pool& pool, HttpClient& client, Patience patience, std::filesystem::path gates,
              ProviderLimits& limits)
      : pool_(pool), client_(client), patience_(patience), gates_(pool, std::move(gates)), limits_(limits) {}

  /// The event that follows (`http`; with `costs` also `unsent` and `interrupted`), or why the try of the step ends.
  /// Nothing in it has the value of a secret. `grant` and `step` outlive it.
  /// Errors: plugin_crashed  it asked for a place, a secret or a file that it may not have
  ///         provider_failed  the provider redirected to a place that is not granted
  ///         transient, timeout, unavailable  of an action without `costs`: no answer came
  ///         rate_limited  Gates; storage  our own disk; as stopped(), when the step's stop is asked
  boost::asio::awaitable<Result<Json>> carry(HttpAction action, const HttpGrant& grant, StepContext& step,
                                             std::function<boost::asio::awaitable<Result<>>()> sending);

  /// Sends what ends a provider's task, for a job that was cancelled. Best effort, at most 15 s; the answer is logged.
  boost::asio::awaitable<void> cancel(HttpAction action, const HttpGrant& grant,
                                      std::filesystem::path folder);

 private:
  boost::asio::awaitable<HttpOutcome> exchange(Fetch what, std::string gate,
                                               std::chrono::milliseconds at_gate, Stop& stop);
  std::optional<std::chrono::milliseconds> rest_after(const HttpOutcome& outcome, const std::string& account);
  boost::asio::awaitable<Result<Fetch>> prepare(const HttpAction& action, const HttpGrant& grant,
                                                StepFiles files);
  boost::asio::awaitable<Result<Json>> event_of(const HttpAction& action, const HttpGrant& grant,
                                                HttpResponse response,
                                                std::shared_ptr<const Descriptor> saved, StepFiles files);

  Pool& pool_;
  HttpClient& client_;
  Patience patience_;
  Gates gates_;
  ProviderLimits& limits_;
  Breaker breaker_;
};

}  // namespace reelspool
