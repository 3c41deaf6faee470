#include "worker/story/script_request.hpp"

#include <cmath>

#include "worker/story/fields.hpp"
#include "worker/story/narration.hpp"
#include "worker/story/scene_length.hpp"
#include "worker/story/split_script.hpp"
#include "worker/story/unicode.hpp"

namespace reelspool {
namespace {

constexpr std::size_t most_script_characters = 200'000;  // about 4 hours of speech

Error no_script(const Fields& fields) {
  const Fields::Found topic = fields.find({"topic", "prompt"});
  if (!topic)
    return bad_field("params.script", "is missing; give the text of the video, which is split into scenes");
  Error error =
      make_error(ErrorClass::unavailable,
                 topic.path +
                     ": planning a video from a topic needs a plan provider, and none is installed; give "
                     "the text as `script`, which works without one");
  error.field = topic.path;
  return error;
}

std::string rounded(double seconds) {
  return std::to_string(std::lround(seconds)) + " s";
}

}  // namespace

Result<StoryboardRequest> read_script_request(const Json& params, const RequestRules& rules) {
  Problems problems;
  const Fields all(params, "params", problems);
  const Fields prefs = all.object({"prefs"}).then(all.object({"brief"}));
  const Fields fields = all.then(prefs);

  StoryboardRequest request;
  request.video = read_video_request(all, prefs);
  const auto script = fields.text({"script"}, most_script_characters);
  const auto target_s = fields.seconds({"target_duration", "duration"}, 1, 14'400);
  if (!problems.empty()) return problems.summary();
  if (!script) return no_script(fields);

  const std::string path = fields.find({"script"}).path;
  const std::vector<std::string> texts = split_script(*script);
  if (texts.empty()) return bad_field(path, "is empty; give the text of the video");
  if (texts.size() > rules.most_scenes)
    return bad_field(path, "makes " + std::to_string(texts.size()) + " scenes; at most " +
                               std::to_string(rules.most_scenes) +
                               " are taken (MAX_SCENES): split it into several jobs");

  double speech_s = 0;
  for (const std::string& text : texts) {
    SceneRequest scene;
    scene.number = static_cast<int>(request.scenes.size()) + 1;
    scene.field = path;
    scene.visual = text;
    scene.text = text;
    scene.text_field = path;
    scene.language = request.video.language;
    scene.language_field = request.video.language_field;
    request.scenes.push_back(std::move(scene));
    speech_s += estimated_speech_s(columns(text));
  }
  if (target_s && std::abs(speech_s - *target_s) > 0.1 * *target_s)
    request.video.warnings.push_back(path + ": takes about " + rounded(speech_s) + " to say, not the " +
                                     rounded(*target_s) +
                                     " asked for; a given script is never cut or stretched");
  if (request.video.seed == 0) request.video.seed = seed_from(request.video.title + "\n" + texts.front());
  return request;
}

}  // namespace reelspool
