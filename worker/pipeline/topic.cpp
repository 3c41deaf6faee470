#include "worker/pipeline/before_spending.hpp"
#include "worker/pipeline/records.hpp"
#include "worker/pipeline/storyboard.hpp"
#include "worker/story/script_request.hpp"

namespace reelspool {

/// A script is split into scenes, the plan is kept for people and front ends, and the rest is a storyboard's.
boost::asio::awaitable<Result<Json>> make_topic(Attempt& attempt) {
  auto request = read_script_request(attempt.params, request_rules(attempt));
  if (!request) co_return std::move(request.error());
  auto planned = co_await attempt.steps.run("plan", write_plan(attempt, *request));
  if (!planned) co_return std::move(planned.error());
  auto made = co_await make_video(attempt, *std::move(request));
  if (made) (*made)["planUrl"] = url_of(attempt, planned->value("plan", ""));
  co_return made;
}

}  // namespace reelspool
