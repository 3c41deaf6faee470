#pragma once

#include "worker/story/storyboard_request.hpp"

namespace reelspool {

/// Reads a topic job's params (REQUIREMENTS T2): `script`, and the fields of a brief directly beside it, in
/// `brief` or in `prefs`. The script is split into scenes by sentence and pause (split_script.hpp); each
/// scene's picture is asked for with the scene's own words. Errors: invalid_request   as for a storyboard
///         unavailable       a `topic` without a `script`: planning needs a plan provider; `script` works
///         without
Result<StoryboardRequest> read_script_request(const Json& params, const RequestRules& rules);

}  // namespace reelspool
