#pragma once

#include <boost/asio/awaitable.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "jobstore/json.hpp"
#include "jobstore/result.hpp"
#include "worker/steps/work.hpp"

namespace reelspool {

/// Makes things of a kind (image, speech ...) by asking plugins what next and carrying out their actions,
/// along the fallback chain of the kind. A pipeline knows kinds, never providers. Requests and outputs:
/// plugins/sdk/KINDS.md.
/// Threads  Loop thread only.
class Providers {
 public:
  virtual ~Providers() = default;

  /// Carries out one request of a kind to its end. The outputs name files relative to `step.folder`; each was
  /// checked to be there, not empty, and no link. State goes through step.save, so that a restarted step goes
  /// on where it was. Errors: the plugin's own `fail`; plugin_crashed; unavailable when no provider of the
  /// chain can.
  virtual boost::asio::awaitable<Result<Json>> perform(std::string kind, Json request, StepContext& step) = 0;

  /// Whether some provider of the chain could take such a request, judged by manifests alone (languages,
  /// sizes, durations): asked before anything is spent. Errors: invalid_request that says which limit is met
  /// and what is offered instead.
  virtual Result<> can(std::string_view kind, const Json& request) = 0;
};

}  // namespace reelspool
