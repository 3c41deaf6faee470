#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "jobstore/job_store.hpp"

namespace reelspool {

/// What a kind of step is called while it runs, and how much of a job's time it usually takes. One row a name, the part of
/// a step's key behind the slash.
struct StepLook {
  std::string_view name;   ///< "speech"
  std::string_view stage;  ///< a word of REQUIREMENTS J12
  std::string_view doing;  ///< for people: "recording the narration"
  double weight;           ///< measured on two cores with the local provider: encoding a scene is most of it
};
/// The row of a step's key ("scene-3/speech", "mix"); a row that says "preparing" for unknown ones.
const StepLook& look_of(std::string_view key);

/// Adds up the progress of a job's steps (J12): percent, stage, current scene, message, each scene's own percent.
///
/// Percent never goes back, whatever the steps report, and stays under 100, which comes with `done` alone.
/// Threads  Loop thread only.
class JobProgress {
 public:
  /// `steps`: the keys of all the steps the job will have. `show` is called whenever something changed that can be seen.
  JobProgress(int scenes, std::vector<std::string> steps, std::function<void(const Progress&)> show);

  /// A step's fraction, 0-1. Steps nobody announced change stage and message only.
  void moved(const std::string& key, double fraction);

  double percent() const;
  /// 0-100 of one scene, from 1.
  double scene_percent(int scene) const;

 private:
  const int scenes_;
  std::map<std::string, double> fractions_;  // of every announced step
  const std::function<void(const Progress&)> show_;
  Progress shown_;
};

}  // namespace reelspool
