#pragma once

#include "jobstore/claim_rules.hpp"
#include "jobstore/result.hpp"
#include "worker/config/settings.hpp"

namespace reelspool {

/// START_LIMITS, MAX_CONCURRENT_<KIND> and ENABLE_WORKERS as the store wants them, in types of job. The name of a
/// kind stands for all types of job that make one thing of that kind (video: video, clip), under all their names.
/// Errors: invalid_request  START_LIMITS is not "clip=10/60s, speech=5/1s" or none; the message names the part
Result<ClaimRules> claim_rules(const Settings& settings);

}  // namespace reelspool
