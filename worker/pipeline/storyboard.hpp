#pragma once

#include <boost/asio/awaitable.hpp>

#include "worker/pipeline/pipeline.hpp"
#include "worker/story/storyboard_request.hpp"

namespace reelspool {

/// Makes the video that a storyboard or a split script describes: what both types of job come down to.
/// Value: the fields of the finished job.
boost::asio::awaitable<Result<Json>> make_video(Attempt& attempt, StoryboardRequest request);

}  // namespace reelspool
