#include "tests/e2e/finished_job.hpp"

#include <cmath>
#include <stdexcept>

#include "worker/story/scene_length.hpp"

namespace reelspool::test {

using nlohmann::json;

FinishedJob::FinishedJob(const std::string& sample, const json& changes,
                         const std::map<std::string, std::string>& settings) {
  json job = json::parse(read_file(std::string(REELSPOOL_SOURCES) + "/ecosystem/samples/" + sample));
  job.merge_patch(changes);
  const std::string id = job.value("id", "sample");
  job["id"] = id;
  write_file(scratch_ / "job.json", job.dump());
  std::vector<std::string> command{"env", "DATA_DIR=" + (scratch_ / "data").string()};
  for (const auto& [name, value] : settings) command.push_back(name + "=" + value);
  const auto reelspool = [&](const std::vector<std::string>& arguments) {
    std::vector<std::string> whole = command;
    whole.emplace_back(REELSPOOL_PROGRAM);
    whole.insert(whole.end(), arguments.begin(), arguments.end());
    return run(whole, scratch_.path());
  };
  if (const Ended made = reelspool({"run", scratch_ / "job.json"}); made.status != 0)
    throw std::runtime_error(sample + ": exit status " + std::to_string(made.status) + "\n" + made.output +
                             made.complaint);
  const Ended shown = reelspool({"show", id, "--json"});
  if (shown.status != 0) throw std::runtime_error("show: " + shown.complaint);
  record_ = json::parse(shown.output);
  folder_ = scratch_ / "data/jobs" / id;
}

std::vector<PlannedScene> FinishedJob::plan() const {
  const json scenes = json::parse(read_file(folder_ / "scenes.json")).at("scenes");
  std::vector<PlannedScene> plan;
  int frame = 0;
  for (const json& scene : scenes) {
    PlannedScene planned;
    planned.first_frame = frame;
    planned.frames = static_cast<int>(std::lround(scene.at("seconds").get<double>() * frames_per_second));
    frame += planned.frames;
    const std::string key = "scene-" + std::to_string(scene.at("index").get<int>()) + "/speech";
    for (const json& step : record_.at("steps"))
      if (step.at("key") == key && step.at("phase") == "done")
        for (const json& word : step.at("body").at("value").at("words"))
          planned.words.push_back(
              {word.at("text"),
               frames_to_seconds(planned.first_frame) + narration_starts_s + word.at("start").get<double>(),
               frames_to_seconds(planned.first_frame) + narration_starts_s + word.at("end").get<double>()});
    plan.push_back(std::move(planned));
  }
  return plan;
}

int FinishedJob::planned_frames() const {
  const auto scenes = plan();
  return scenes.back().first_frame + scenes.back().frames;
}

}  // namespace reelspool::test
