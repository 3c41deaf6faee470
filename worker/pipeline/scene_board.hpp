#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "jobstore/error.hpp"
#include "jobstore/json.hpp"
#include "worker/steps/pool.hpp"
#include "worker/steps/trailing_writer.hpp"

namespace reelspool {

/// The state of every scene, for whoever watches a job (REQUIREMENTS T15): `scenes.json` in the job's folder.
///
///   {"version": 1, "job": "ad-7", "attempt": 1, "warnings": [...], "scenes": [
///     {"index": 1, "status": "running", "stage": "merging", "progress": 45, "role": "hook", "visual": "...", "spokenText": "...",
///      "language": "en-US", "seconds": 4.2, "words": "measured", "files": {"audio": "clip_0_audio.wav", ...}, "attempt": 1, "error": null}]}
///
/// `status` is pending, running, done, failed or cancelled, as a job's. The file is replaced whole, at most twice a second, and its
/// last state is always written. It is a window: nothing reads it back, so it is not synced.
/// Threads  Loop thread only; files are written in the pool.
class SceneBoard {
 public:
  struct Place {
    std::filesystem::path job_folder;
    std::string job;
    std::uint64_t token = 0;
    int attempt = 0;
  };
  /// What is told of a scene (of a `render` job: a shot) besides how far it is.
  struct Scene {
    int number = 1;
    std::string title, role, visual, text, language;
  };
  SceneBoard(const boost::asio::any_io_executor& executor, Pool& pool, Place place,
             const std::vector<Scene>& scenes);
  ~SceneBoard();
  SceneBoard(const SceneBoard&) = delete;
  SceneBoard& operator=(const SceneBoard&) = delete;

  void set_warnings(const std::vector<std::string>& warnings);
  /// A step of the scene moved. `percent` is the scene's.
  void moved(int scene, std::string_view stage, double percent);
  void set_seconds(int scene, double seconds);
  /// `sort` is "audio", "image", "clip" or "piece"; `file` is relative to the job's folder.
  void add_file(int scene, const std::string& sort, const std::string& file);
  void failed(int scene, const Error& error);

  /// Writes the last state and waits until it is written. Scenes that were running are pending again (the attempt is over).
  boost::asio::awaitable<void> close();

 private:
  struct State;
  Json& scene_at(int scene);

  std::shared_ptr<State> state_;
  std::shared_ptr<TrailingWriter> writer_;
};

}  // namespace reelspool
