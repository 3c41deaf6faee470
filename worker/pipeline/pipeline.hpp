#pragma once

#include <boost/asio/awaitable.hpp>
#include <functional>
#include <string_view>

#include "jobstore/job.hpp"
#include "jobstore/json.hpp"
#include "worker/config/settings.hpp"
#include "worker/media/scripts.hpp"
#include "worker/pipeline/step_times.hpp"
#include "worker/providers/providers.hpp"
#include "worker/steps/steps.hpp"

namespace reelspool {

/// What one attempt at a job is given. A pipeline branches only on `params` and on outcomes of steps, never
/// on the clock, on chance or on live settings (`settings` here is the copy made when the attempt began).
struct Attempt {
  Job job;
  Json params;
  Steps& steps;
  Providers& providers;
  Scripts& scripts;
  Pool& pool;  ///< where files are read, copied and hashed
  const Settings& settings;
  Stop& stop;
  StepTimes& times;  ///< of all attempts of this worker
  /// Shows where the job is (J12). Percent never goes backwards; the caller sees to that.
  std::function<void(const Progress&)> show;
};

/// Makes one type of job. The value becomes the fields of the finished job: videoUrl, thumbnailUrl,
/// videoSeconds ...
using Pipeline = boost::asio::awaitable<Result<Json>> (*)(Attempt&);

/// The pipeline of a type, by its name. Errors: invalid_request that lists the known types.
Result<Pipeline> find_pipeline(std::string_view type);

boost::asio::awaitable<Result<Json>> make_storyboard(Attempt& attempt);
boost::asio::awaitable<Result<Json>> make_topic(Attempt& attempt);
boost::asio::awaitable<Result<Json>> make_render(Attempt& attempt);

}  // namespace reelspool
