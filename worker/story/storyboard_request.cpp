#include "worker/story/storyboard_request.hpp"

#include <algorithm>
#include <set>

#include "worker/story/fields.hpp"
#include "worker/story/language.hpp"
#include "worker/story/narration.hpp"

namespace reelspool {
namespace {

constexpr double shortest_scene_s = 0.5;
constexpr double longest_scene_s = 120;

/// The scene's first picture. Others are not shown yet.
void read_picture(const Fields& fields, const RequestRules& rules, VideoRequest& video, SceneRequest& scene) {
  Fields::Found found = fields.find({"images", "image", "image_url", "image_path"});
  if (!found) return;
  if (found.value->is_array()) {
    if (found.value->empty()) return;
    if (found.value->size() > 1)
      video.warnings.push_back(found.path +
                               ": only the first of several pictures is shown; give each a scene of its own");
    found = {&found.value->front(), found.path + "[0]"};
  }
  if (found.value->is_object()) {  // {"url": ...}, as some editors keep them
    const Fields::Found url = Fields(*found.value, found.path, fields.problems()).find({"path", "url"});
    if (url) found = url;
  }
  if (!found.value->is_string()) {
    fields.problems().add(found.path,
                          "must be a path or a data: URL, not " + std::string(type_name(*found.value)));
    return;
  }
  auto picture = read_picture_source(found.value->get_ref<const std::string&>(), found.path, rules.media);
  if (picture) {
    scene.picture = *std::move(picture);
  } else {
    fields.problems().add(std::move(picture.error()));
  }
}

void read_language(const Fields& fields, const VideoRequest& video, SceneRequest& scene) {
  scene.language = video.language;
  scene.language_field = video.language_field;
  const auto tag = fields.text({"language"}, 40);
  if (!tag) return;
  scene.language_field = fields.find({"language"}).path;
  if (const auto known = language_tag(*tag)) {
    scene.language = *known;
  } else {
    fields.problems().add(scene.language_field,
                          "\"" + excerpt(*tag) + "\" is no language tag; give one such as en-US or es-MX");
  }
}

SceneRequest read_scene(const Json& json, const std::string& path, const RequestRules& rules,
                        VideoRequest& video, Problems& problems) {
  SceneRequest scene;
  scene.field = path;
  const Fields fields(json, path, problems);
  if (!json.is_object()) return scene;
  const Fields::Names text_names = {"spoken_text", "narration", "voiceover", "script", "text"};
  scene.text = clean_narration(fields.text(text_names, most_text_characters).value_or(""));
  scene.text_field = fields.find(text_names).path;
  const Fields::Names visual_names = {"visual", "visual_description", "image_prompt", "prompt"};
  scene.visual = fold_spaces(fields.text(visual_names, most_text_characters).value_or(""));
  scene.title = fold_spaces(fields.text({"title", "headline"}, most_title_characters).value_or(""));
  scene.title_field = fields.find({"title", "headline"}).path;
  scene.role = fields.text({"role"}, 100).value_or("");
  scene.scene_type = fields.text({"scene_type"}, 100).value_or("");
  scene.given_s =
      fields.seconds({"duration", "duration_seconds", "seconds"}, shortest_scene_s, longest_scene_s);
  read_language(fields, video, scene);
  read_picture(fields, rules, video, scene);
  if (fields.array({"shots"}) && fields.array({"shots"}).value->size() > 1)
    video.warnings.push_back(path + ".shots: a scene is made as one shot yet");

  const bool says_or_shows =
      !scene.text.empty() || !scene.visual.empty() || !scene.title.empty() || scene.picture;
  if (!says_or_shows && problems.empty())
    problems.add(path, "has neither text nor picture; give it `visual`, `spoken_text` or `images`");
  if (scene.visual.empty()) scene.visual = !scene.title.empty() ? scene.title : scene.text;
  return scene;
}

/// Scenes that all have an `index` are put in its order (T11); otherwise the order is the list's.
void put_in_order(const Json& list, const std::string& path, std::vector<SceneRequest>& scenes,
                  Problems& problems) {
  std::vector<std::pair<std::int64_t, std::size_t>> order;
  std::set<std::int64_t> seen;
  for (std::size_t i = 0; i < list.size(); ++i) {
    if (!list[i].is_object()) return;
    const std::string scene_path = path + "[" + std::to_string(i) + "]";
    const auto index = Fields(list[i], scene_path, problems).integer({"index"}, 0, 1'000'000);
    if (!index) return;
    if (!seen.insert(*index).second) {
      problems.add(scene_path + ".index", std::to_string(*index) + " is another scene's as well");
      return;
    }
    order.emplace_back(*index, i);
  }
  std::sort(order.begin(), order.end());
  std::vector<SceneRequest> sorted;
  for (const auto& [index, position] : order) sorted.push_back(std::move(scenes[position]));
  scenes = std::move(sorted);
}

}  // namespace

Result<StoryboardRequest> read_storyboard_request(const Json& params, const RequestRules& rules) {
  Problems problems;
  const Fields all(params, "params", problems);
  const Fields storyboard = all.object({"storyboard"});
  const Fields holder = storyboard.then(all);
  const std::string path_when_missing = storyboard.path_of("scenes");

  StoryboardRequest request;
  request.video = read_video_request(all.object({"brief"}), storyboard.then(all));
  const Fields::Found list = holder.array({"scenes"});
  if (!list || list.value->empty()) {
    if (list || !holder.find({"scenes"}))
      problems.add(list ? list.path : path_when_missing, "has no scenes; give at least one");
    return problems.summary();
  }
  if (list.value->size() > rules.most_scenes) {
    problems.add(list.path, std::to_string(list.value->size()) + " scenes; at most " +
                                std::to_string(rules.most_scenes) +
                                " are taken (MAX_SCENES): split it into several jobs");
    return problems.summary();
  }
  for (std::size_t i = 0; i < list.value->size(); ++i) {
    const std::string path = list.path + "[" + std::to_string(i) + "]";
    Problems of_scene;
    request.scenes.push_back(read_scene((*list.value)[i], path, rules, request.video, of_scene));
    problems.add_all(std::move(of_scene));
  }
  put_in_order(*list.value, list.path, request.scenes, problems);
  if (!problems.empty()) return problems.summary();

  for (std::size_t i = 0; i < request.scenes.size(); ++i) request.scenes[i].number = static_cast<int>(i) + 1;
  if (request.video.seed == 0) {
    const SceneRequest& first = request.scenes.front();
    request.video.seed = seed_from(request.video.title + "\n" + first.visual + "\n" + first.text);
  }
  return request;
}

}  // namespace reelspool
