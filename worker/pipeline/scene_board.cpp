#include "worker/pipeline/scene_board.hpp"

#include <cassert>
#include <chrono>
#include <cmath>
#include <system_error>

#include "worker/pipeline/files.hpp"

namespace reelspool {
namespace {

constexpr std::chrono::milliseconds shortest_pause{500};

Json scene_json(const SceneBoard::Scene& scene, int attempt) {
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

struct SceneBoard::State {
  Pool& pool;
  Place place;
  Json board = {};

  boost::asio::awaitable<void> write() {
    std::string text = to_text(board) + "\n";
    // A board that cannot be written costs its watchers the view, not the job; the job's own steps will meet the same disk.
    auto replace = [place = place, text = std::move(text)] {
      return replace_file(place.job_folder / "scenes.json", std::to_string(place.token), text);
    };
    (void)co_await pool.run(std::move(replace));
  }
};

SceneBoard::SceneBoard(const boost::asio::any_io_executor& executor, Pool& pool, Place place,
                       const std::vector<Scene>& scenes)
    : state_(std::make_shared<State>(State{pool, std::move(place)})),
      writer_(std::make_shared<TrailingWriter>(executor, shortest_pause,
                                               [state = state_] { return state->write(); })) {
  Json& board = state_->board;
  board["version"] = 1;
  board["job"] = state_->place.job;
  board["attempt"] = state_->place.attempt;
  board["warnings"] = Json::array();
  board["scenes"] = Json::array();
  for (const Scene& scene : scenes) board["scenes"].push_back(scene_json(scene, state_->place.attempt));
  writer_->touch();
}

SceneBoard::~SceneBoard() {
  writer_->leave();
}

Json& SceneBoard::scene_at(int scene) {
  Json& scenes = state_->board["scenes"];
  assert(scene >= 1 && static_cast<std::size_t>(scene) <= scenes.size());
  return scenes[static_cast<std::size_t>(scene) - 1];
}

void SceneBoard::set_warnings(const std::vector<std::string>& warnings) {
  state_->board["warnings"] = warnings;
  writer_->touch();
}

void SceneBoard::moved(int scene, std::string_view stage, double percent) {
  Json& entry = scene_at(scene);
  const double whole = std::floor(percent);
  if (entry["status"] == "failed" || (entry["stage"] == stage && entry["progress"] == whole)) return;
  entry["status"] = percent >= 100 ? "done" : "running";
  entry["stage"] = stage;
  entry["progress"] = whole;
  writer_->touch();
}

void SceneBoard::set_seconds(int scene, double seconds) {
  scene_at(scene)["seconds"] = std::round(seconds * 1000) / 1000;
  writer_->touch();
}

void SceneBoard::add_file(int scene, const std::string& sort, const std::string& file) {
  scene_at(scene)["files"][sort] = file;
  writer_->touch();
}

void SceneBoard::failed(int scene, const Error& error) {
  Json& entry = scene_at(scene);
  const bool cancelled = error.cls == ErrorClass::cancelled || error.cls == ErrorClass::interrupted;
  entry["status"] = cancelled ? "cancelled" : "failed";
  if (!cancelled) entry["error"] = error.message;
  writer_->touch();
}

boost::asio::awaitable<void> SceneBoard::close() {
  for (Json& scene : state_->board["scenes"])
    if (scene["status"] == "running") scene["status"] = "pending";
  writer_->touch();
  co_await writer_->end();
}

}  // namespace reelspool
