#pragma once

#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tests/support/media.hpp"

/// A job that the program has made in a data directory of its own, and what its own files say the video should be.
namespace reelspool::test {

struct SpokenWord {
  std::string text;
  double start_s = 0;  ///< in the finished video
  double end_s = 0;
};

struct PlannedScene {
  int first_frame = 0;
  int frames = 0;
  std::vector<SpokenWord> words;
};

class FinishedJob {
 public:
  /// Runs `reelspool run` on the job in `sample` (ecosystem/samples), changed by `changes` (a JSON merge patch), with
  /// further settings as environment variables, and fails the program when it fails.
  FinishedJob(const std::string& sample, const nlohmann::json& changes,
              const std::map<std::string, std::string>& settings);

  std::filesystem::path video() const { return folder_ / "final.mp4"; }
  const std::filesystem::path& folder() const { return folder_; }
  /// As `reelspool show --json` prints it.
  const nlohmann::json& record() const { return record_; }
  /// From scenes.json and the words that the narration steps remember.
  std::vector<PlannedScene> plan() const;
  int planned_frames() const;

 private:
  Scratch scratch_;
  std::filesystem::path folder_;
  nlohmann::json record_;
};

}  // namespace reelspool::test
