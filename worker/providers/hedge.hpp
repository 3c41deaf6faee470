#pragma once

#include <boost/asio/awaitable.hpp>
#include <memory>

#include "jobstore/json.hpp"
#include "jobstore/result.hpp"
#include "worker/providers/carrier.hpp"
#include "worker/providers/operation_limits.hpp"
#include "worker/providers/provider_limits.hpp"
#include "worker/steps/pool.hpp"
#include "worker/steps/work.hpp"

namespace reelspool {

/// The code of a step whose provider took longer than it may.
inline constexpr std::string_view operation_timeout = "operation_timeout";

/// Carries out one request with one provider, by as many operations as its limits allow (S5): when one takes long, the request
/// is made once more, and whichever is done first is used; the other's provider is told to end it. A hedged request, after
/// Dean and Barroso, "The Tail at Scale" (2013).
///
/// Memory   That of the newest operation (Carrier), with "run" (its number, when not 0), "since" (ms of the wall clock at which
///          its provider accepted it) and, where others go on beside it, "watched": theirs, newest first.
/// Files    Operation 0 has the step's folder, the others one each inside it, with the request's files; what they made
///          comes out when they are the first.
/// Again    One of several that fails in a way that may pass is asked about again after a while; a single one is the
///          step's affair. One that failed for good is forgotten.
/// Time     Out of time, all are left as they are, in the memory: another attempt goes on with them, and may wait as long again.
/// Threads  Loop thread only.
class Hedge {
 public:
  /// `rest`: after which one of several is asked about again.
  Hedge(Pool& pool, Carrier& carrier, ProviderLimits& limits,
        std::chrono::milliseconds rest = std::chrono::seconds(15))
      : pool_(pool), carrier_(carrier), limits_(limits), rest_(rest) {}

  /// Errors: as Carrier::carry and ProviderLimits::operation; timeout, `operation_timeout`.
  boost::asio::awaitable<Result<Json>> carry(Carrier::SharedErrand errand, OperationLimits limits,
                                             StepContext& step);

  /// For a step that goes on elsewhere: tells the provider to end what the memory names, and forgets it.
  /// Errors: those of step.save
  boost::asio::awaitable<Result<>> give_up(Carrier::SharedErrand errand, StepContext& step);

 private:
  class Race;
  Pool& pool_;
  Carrier& carrier_;
  ProviderLimits& limits_;
  const std::chrono::milliseconds rest_;
};

/// Whether something of a step's memory may be under way at its provider, or was perhaps paid for.
bool may_be_under_way(const Json& memory);

}  // namespace reelspool
