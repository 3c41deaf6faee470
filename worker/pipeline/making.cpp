#include "worker/pipeline/making.hpp"

#include <algorithm>
#include <utility>

#include "worker/pipeline/files.hpp"
#include "worker/pipeline/workbench.hpp"
#include "worker/story/narration.hpp"
#include "worker/story/scene_length.hpp"

namespace reelspool {
namespace {

using boost::asio::awaitable;

Error bad_answer(std::string_view kind, std::string_view lacking) {
  return make_error(ErrorClass::provider_failed,
                    "the " + std::string(kind) + " provider answered without " + std::string(lacking));
}

/// The scene's own number: it changes with what the scene says and shows, and not with its neighbours.
std::uint32_t scene_seed(const SceneRequest& scene, const VideoRequest& video) {
  return seed_from(std::to_string(video.seed) + "\n" + scene.visual + "\n" + scene.text);
}

}  // namespace

std::string scene_key(int scene, std::string_view step) {
  return "scene-" + std::to_string(scene) + "/" + std::string(step);
}

std::string clip_name(int scene, std::string_view part) {
  return "clip_" + std::to_string(scene - 1) + (part.empty() ? "" : "_") + std::string(part);
}

bool is_spoken(const SceneRequest& scene, const VideoRequest& video, const Settings& settings) {
  return is_narrated(*video.mode, settings.boolean("ENABLE_TTS")) && is_sayable(scene.text);
}

Json speech_request(const SceneRequest& scene, const VideoRequest& video) {
  Json request;
  request["text"] = scene.text;
  request["language"] = scene.language;
  if (!video.gender.empty()) request["gender"] = video.gender;
  if (!video.voice.empty()) request["voice"] = video.voice;
  if (video.words_per_minute) request["rate"] = *video.words_per_minute;
  return request;
}

Json image_request(const SceneRequest& scene, const VideoRequest& video, std::size_t scenes) {
  Json request;
  request["prompt"] = scene.visual;
  if (!scene.title.empty()) request["title"] = scene.title;
  if (!scene.text.empty()) request["text"] = scene.text;
  if (!scene.role.empty()) request["role"] = scene.role;
  request["language"] = scene.language;
  request["width"] = video.frame.width;
  request["height"] = video.frame.height;
  request["seed"] = scene_seed(scene, video);
  request["scene"] = scene.number;
  request["scenes"] = scenes;
  request["style"]["seed"] = video.seed;  // what all scenes have in common
  if (!video.palette.empty()) request["style"]["palette"] = video.palette;
  return request;
}

Json video_request(const SceneRequest& scene, const VideoRequest& video, double seconds) {
  Json request;
  request["prompt"] = scene.visual;
  request["width"] = video.frame.width;
  request["height"] = video.frame.height;
  request["fps"] = frames_per_second;
  request["seconds"] = seconds;
  request["seed"] =
      video.seed + static_cast<std::uint32_t>(scene.number);  // neighbours should not move alike
  return request;
}

Json music_request(const VideoRequest& video, double seconds) {
  Json request;
  const MusicRequest music = video.music.value_or(MusicRequest{});
  if (!music.mood.empty()) request["mood"] = music.mood;
  if (!music.genre.empty()) request["genre"] = music.genre;
  if (!music.instructions.empty()) request["instructions"] = music.instructions;
  request["seconds"] = seconds;
  request["seed"] = video.seed;
  return request;
}

Work speak(Attempt& attempt, const SceneRequest& scene, const VideoRequest& video) {
  Work work;
  work.kind = "speech";
  work.request = speech_request(scene, video);
  const std::string stem = clip_name(scene.number, "audio");
  const Keeping keep = [stem](const Json& outputs) -> Result<Yield> {
    const std::string made = file_in(outputs, "audio");
    if (made.empty()) return bad_answer("speech", "`audio`");
    if (number_in(outputs, "seconds", 0) <= 0)
      return bad_answer("speech", "the length of what was said (`seconds`)");
    Json value = outputs;
    return one_file(std::move(value), "audio", made, stem + suffix_of(made, "wav mp3 ogg flac m4a", "wav"));
  };
  work.carry_out = [shop = shop_of(attempt), request = work.request, keep](StepContext& step) {
    return ask_provider(shop, "speech", request, {}, keep, step);
  };
  return work;
}

Narration narration_from(const Json& value, const std::string& text) {
  Narration narration;
  narration.audio = value.value("audio", "");
  narration.seconds = number_in(value, "seconds", 0);
  const auto words = value.find("words");
  if (words != value.end() && words->is_array()) {
    for (const Json& word : *words) {
      if (!word.is_object() || !word.contains("text") || !word["text"].is_string()) continue;
      narration.words.push_back(
          {word["text"].get<std::string>(), number_in(word, "start", 0), number_in(word, "end", 0)});
    }
  }
  const auto timing = value.find("timing");
  const bool measured = !narration.words.empty() && timing != value.end() && *timing == "measured";
  narration.timing = measured ? "measured" : "estimated";
  if (narration.words.empty()) narration.words = spread_words(text, narration.seconds);
  narration.words = sound_times(std::move(narration.words), narration.seconds);
  // An estimate may end early by seconds; a measured last word is where the voice falls silent.
  narration.spoken_s =
      measured && !narration.words.empty() ? narration.words.back().end_s : narration.seconds;
  return narration;
}

Work draw(Attempt& attempt, const SceneRequest& scene, const VideoRequest& video, std::size_t scenes) {
  Work work;
  work.kind = "image";
  work.request = image_request(scene, video, scenes);
  const std::string stem = clip_name(scene.number, "image");
  const Keeping keep = [stem](const Json& outputs) -> Result<Yield> {
    const std::string made = file_in(outputs, "image");
    if (made.empty()) return bad_answer("image", "`image`");
    return one_file(Json::object(), "image", made, stem + suffix_of(made, "png jpg jpeg webp", "png"));
  };
  work.carry_out = [shop = shop_of(attempt), request = work.request, keep](StepContext& step) {
    return ask_provider(shop, "image", request, {}, keep, step);
  };
  return work;
}

Work animate(Attempt& attempt, const SceneRequest& scene, const VideoRequest& video, const std::string& image,
             double seconds) {
  Work work;
  work.kind = "video";
  work.request = video_request(scene, video, seconds);
  const std::string brought = "input" + suffix_of(image, "png jpg jpeg webp", "png");
  work.request["image"]["file"] = brought;
  work.inputs.push_back(attempt.steps.job_folder() / image);
  const Keeping keep = [stem = clip_name(scene.number, "raw"), still_stem = clip_name(scene.number, "still"),
                        image, brought](const Json& outputs) -> Result<Yield> {
    if (const std::string made = file_in(outputs, "video"); !made.empty())
      return one_file(Json::object(), "video", made, stem + suffix_of(made, "mp4 mov webm mkv", "mp4"));
    const std::string still = file_in(outputs, "still");
    if (still.empty()) return bad_answer("video", "`video` or `still`");
    Yield yield;
    if (still == brought) {  // the picture that it was given
      yield.value["still"] = image;
    } else {
      yield =
          one_file(Json::object(), "still", still, still_stem + suffix_of(still, "png jpg jpeg webp", "png"));
    }
    const auto move = outputs["still"].find("move");
    yield.value["move"] = move != outputs["still"].end() && move->is_object() ? *move : Json();
    return yield;
  };
  work.carry_out = [shop = shop_of(attempt), request = work.request,
                    files = std::vector<Brought>{{work.inputs[0], brought}}, keep](StepContext& step) {
    return ask_provider(shop, "video", request, files, keep, step);
  };
  return work;
}

Work compose_music(Attempt& attempt, const VideoRequest& video, double seconds) {
  Work work;
  work.kind = "music";
  work.request = music_request(video, seconds);
  const Keeping keep = [](const Json& outputs) -> Result<Yield> {
    const std::string made = file_in(outputs, "audio");
    if (made.empty()) return bad_answer("music", "`audio`");
    return one_file(Json::object(), "audio", made, "music" + suffix_of(made, "wav mp3 ogg flac m4a", "wav"));
  };
  work.carry_out = [shop = shop_of(attempt), request = work.request, keep](StepContext& step) {
    return ask_provider(shop, "music", request, {}, keep, step);
  };
  return work;
}

}  // namespace reelspool
