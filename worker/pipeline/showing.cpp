#include "worker/pipeline/showing.hpp"

#include <chrono>
#include <utility>

#include "worker/pipeline/job_progress.hpp"
#include "worker/steps/failure.hpp"

namespace reelspool {

boost::asio::awaitable<Result<Json>> shown(Attempt& attempt, SceneBoard& board, int scenes,
                                           std::vector<std::string> planned,
                                           boost::asio::awaitable<Result<Json>> making) {
  JobProgress progress(scenes, std::move(planned), attempt.times, attempt.show);
  attempt.steps.on_made = [&](const std::string& key, std::chrono::duration<double> time) {
    progress.took(key, time);
  };
  attempt.steps.on_progress = [&](const std::string& key, const std::string&, double fraction) {
    progress.moved(key, fraction);
    if (const int scene = scene_of(key); scene > 0)
      board.moved(scene, look_of(key).stage, progress.scene_percent(scene));
  };
  auto made = co_await std::move(making);
  attempt.steps.on_progress = nullptr;
  attempt.steps.on_made = nullptr;
  co_await board.close();
  co_return made;
}

SceneBoard::Place board_place(const Attempt& attempt) {
  return {attempt.steps.job_folder(), attempt.job.id, attempt.job.token, attempt.job.attempt};
}

}  // namespace reelspool
