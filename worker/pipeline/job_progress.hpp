#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "jobstore/job_store.hpp"
#include "worker/pipeline/step_times.hpp"

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

/// Adds up the progress of a job's steps (J12): percent, stage, current scene, message, each scene's own percent, and how much
/// longer it takes.
///
/// Percent never goes back, whatever the steps report, and stays under 100, which comes with `done` alone.
/// Threads  Loop thread only.
class JobProgress {
 public:
  using Moment = std::chrono::steady_clock::time_point;

  /// `steps`: the keys of all the steps the job will have. `times` is asked what each takes, and told what each took; it outlives
  /// this. `show` is called whenever something changed that can be seen.
  JobProgress(int scenes, std::vector<std::string> steps, StepTimes& times,
              std::function<void(const Progress&)> show,
              std::function<Moment()> now = std::chrono::steady_clock::now);

  /// A step's fraction, 0-1. Steps nobody announced change stage and message only.
  void moved(const std::string& key, double fraction);
  /// A step was made from beginning to end, and took so long. Call before it moves to 1.
  void took(const std::string& key, std::chrono::duration<double> time);

  double percent() const;
  /// 0-100 of one scene, from 1.
  double scene_percent(int scene) const;
  /// What the steps that are left usually take, at the pace at which this attempt got on so far: many at once make it
  /// fast, a busy machine slow. In seconds, rounded up.
  int eta_seconds() const;

 private:
  const int scenes_;
  StepTimes& times_;
  std::map<std::string, double> fractions_;  // of every announced step
  std::set<std::string> made_;               // announced, and made by this attempt rather than remembered
  const std::function<void(const Progress&)> show_;
  const std::function<Moment()> now_;
  const Moment began_;
  Progress shown_;
};

}  // namespace reelspool
