#pragma once

#include <boost/asio/awaitable.hpp>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "jobstore/error.hpp"
#include "jobstore/json.hpp"
#include "jobstore/result.hpp"
#include "worker/programs/stop.hpp"
#include "worker/steps/paid_calls.hpp"

namespace reelspool {

/// What a step sees while it is carried out. All paths are absolute.
struct StepContext {
  std::string key;  ///< "scene-3/keyframe"
  std::filesystem::path
      folder;   ///< its own, below the attempt's work-<token>/; it exists and is empty, or as it was left
  Json memory;  ///< what save() last kept, by this attempt or one before it; null at first
  /// Makes `memory` durable: a provider's state and operation id, before they are relied on. Where it is an
  /// object with strings "provider" and "operation", the job shows them under `operations` (J18).
  std::function<boost::asio::awaitable<Result<>>(Json memory)> save;
  /// What was sent for the step that may have cost money. Whoever sends adds to it; each save() keeps it too. Never null.
  std::shared_ptr<PaidCalls> calls = std::make_shared<PaidCalls>();
  std::function<void(double fraction)> report;  ///< 0-1 of this step
  Stop* stop = nullptr;                         ///< the job's; ends programs and waits
  bool last_try =
      true;  ///< what fails now, though it may go away by itself, is not tried again within the attempt

  /// The providers (`error.provider`) that were given up for this step within the attempt, by their last failures: kept over
  /// its tries. Whoever gives one up adds it, and the next one then has all tries of the step.
  std::vector<Error> given_up;
  bool first_is_last = true;  ///< last_try of a provider that is asked for the first time
  bool nobody_left = false;   ///< set by whoever gave up the last one: there is no other try
};

/// A file that a step made: `made` (relative to the step's folder) becomes `name` (relative to the job's
/// folder) once the step is done: "clip_0_audio.wav".
struct Product {
  std::filesystem::path made;
  std::string name;
};

/// What carrying out a step yields: a JSON value to remember and the files that go with it. Values refer to
/// files by their public name, relative to the job's folder.
struct Yield {
  Json value;
  std::vector<Product> files;
};

/// A step to be: what it is (hashed), and how to do it. A value; pipelines make them with
/// pipeline/making.hpp.
struct Work {
  std::string kind;  ///< the permit it needs and the words of its limits: speech, image, video, music,
                     ///< sound_effect, render, local
  Json request;      ///< everything that decides the result, but for the inputs' contents
  std::vector<std::filesystem::path> inputs;  ///< files whose contents decide the result too; absolute
  std::function<boost::asio::awaitable<Result<Yield>>(StepContext&)> carry_out;
  bool optional =
      false;  ///< the job goes on without it: its failure does not keep other steps from being begun
};

}  // namespace reelspool
