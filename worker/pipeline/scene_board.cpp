#include "worker/pipeline/scene_board.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cassert>
#include <chrono>
#include <cmath>
#include <system_error>

#include "worker/pipeline/files.hpp"

namespace reelspool {
namespace {

constexpr std::chrono::milliseconds shortest_pause{500};

Json scene_json(const SceneRequest& scene, int attempt) {
  Json json;
  json["index"] = scene.number;
  json["status"] = "pending";
  json["stage"] = "waiting";
  json["progress"] = 0;
  json["title"] = scene.title;
  json["role"] = scene.role;
  json["visual"] = scene.visual;
  json["spokenText"] = scene.text;
  json["language"] = scene.language;
  json["seconds"] = nullptr;
  json["files"] = Json::object();
  json["attempt"] = attempt;
  json["error"] = nullptr;
  return json;
}

}  // namespace

// Shared with the coroutine that writes, which may outlive the board by one write.
struct SceneBoard::State {
  State(boost::asio::any_io_executor on, Pool& where, Place at)
      : executor(on), pool(where), place(std::move(at)), pause(on), idle(on) {}

  boost::asio::any_io_executor executor;
  Pool& pool;
  Place place;
  Json board;
  bool dirty = false;
  bool writing = false;
  bool closing = false;
  boost::asio::steady_timer pause;  // between two writes; cancelled when closing
  boost::asio::steady_timer idle;   // never fires; cancelled when nothing is being written any more
};

SceneBoard::SceneBoard(boost::asio::any_io_executor executor, Pool& pool, Place place,
                       const StoryboardRequest& request)
    : state_(std::make_shared<State>(std::move(executor), pool, std::move(place))) {
  Json& board = state_->board;
  board["version"] = 1;
  board["job"] = state_->place.job;
  board["attempt"] = state_->place.attempt;
  board["warnings"] = request.video.warnings;
  board["scenes"] = Json::array();
  for (const SceneRequest& scene : request.scenes)
    board["scenes"].push_back(scene_json(scene, state_->place.attempt));
  touch();
}

SceneBoard::~SceneBoard() {
  state_->closing = true;
  state_->dirty = false;
  state_->pause.cancel();
}

Json& SceneBoard::scene_at(int scene) {
  Json& scenes = state_->board["scenes"];
  assert(scene >= 1 && static_cast<std::size_t>(scene) <= scenes.size());
  return scenes[static_cast<std::size_t>(scene) - 1];
}

void SceneBoard::set_warnings(const std::vector<std::string>& warnings) {
  state_->board["warnings"] = warnings;
  touch();
}

void SceneBoard::moved(int scene, std::string_view stage, double percent) {
  Json& entry = scene_at(scene);
  const double whole = std::floor(percent);
  if (entry["status"] == "failed" || (entry["stage"] == stage && entry["progress"] == whole)) return;
  entry["status"] = percent >= 100 ? "done" : "running";
  entry["stage"] = stage;
  entry["progress"] = whole;
  touch();
}

void SceneBoard::set_seconds(int scene, double seconds) {
  scene_at(scene)["seconds"] = std::round(seconds * 1000) / 1000;
  touch();
}

void SceneBoard::add_file(int scene, const std::string& sort, const std::string& file) {
  scene_at(scene)["files"][sort] = file;
  touch();
}

void SceneBoard::failed(int scene, const Error& error) {
  Json& entry = scene_at(scene);
  const bool cancelled = error.cls == ErrorClass::cancelled || error.cls == ErrorClass::interrupted;
  entry["status"] = cancelled ? "cancelled" : "failed";
  if (!cancelled) entry["error"] = error.message;
  touch();
}

void SceneBoard::touch() {
  state_->dirty = true;
  if (state_->writing) return;
  state_->writing = true;
  boost::asio::co_spawn(state_->executor, write_on(state_), boost::asio::detached);
}

boost::asio::awaitable<void> SceneBoard::write_on(std::shared_ptr<State> state) {
  while (state->dirty) {
    state->dirty = false;
    std::string text = to_text(state->board) + "\n";
    // A board that cannot be written costs its watchers the view, not the job; the job's own steps will meet the same disk.
    auto write = [place = state->place, text = std::move(text)] {
      return replace_file(place.job_folder / "scenes.json", std::to_string(place.token), text);
    };
    (void)co_await state->pool.run(std::move(write));
    if (state->closing) continue;
    boost::system::error_code cut_short;
    state->pause.expires_after(shortest_pause);
    co_await state->pause.async_wait(boost::asio::redirect_error(boost::asio::use_awaitable, cut_short));
  }
  state->writing = false;
  state->idle.cancel();
}

boost::asio::awaitable<void> SceneBoard::close() {
  for (Json& scene : state_->board["scenes"])
    if (scene["status"] == "running") scene["status"] = "pending";
  state_->closing = true;
  state_->pause.cancel();
  touch();
  boost::system::error_code no_longer_writing;
  while (state_->writing) {
    state_->idle.expires_at(boost::asio::steady_timer::time_point::max());
    co_await state_->idle.async_wait(
        boost::asio::redirect_error(boost::asio::use_awaitable, no_longer_writing));
  }
}

}  // namespace reelspool
