#include "worker/pipeline/making.hpp"

#include <algorithm>
#include <chrono>
#include <functional>
#include <utility>

#include "worker/pipeline/files.hpp"
#include "worker/story/narration.hpp"
#include "worker/story/scene_length.hpp"

namespace reelspool {
namespace {

using boost::asio::awaitable;

/// What a step keeps of a provider's outputs, or of what a script printed. The step's folder is `folder`.
using Keeping = std::function<Result<Yield>(const Json& outputs)>;

/// The parts of an attempt that steps use.
struct Shop {
  Providers& providers;
  Scripts& scripts;
  Pool& pool;
};
Shop shop_of(Attempt& attempt) {
  return {attempt.providers, attempt.scripts, attempt.pool};
}

/// A file that goes into a provider's request: brought into the step's folder under a plain name.
struct Brought {
  std::filesystem::path from;
  std::string name;
};

awaitable<Result<Yield>> ask_provider(Shop shop, std::string kind, Json request, std::vector<Brought> files,
                                      Keeping keep, StepContext& step) {
  for (const Brought& file : files) {
    auto bring = [file, folder = step.folder] { return bring_file(file.from, folder, file.name); };
    auto brought = co_await shop.pool.run(std::move(bring));
    if (!brought) co_return std::move(brought.error());
  }
  auto outputs = co_await shop.providers.perform(std::move(kind), std::move(request), step);
  if (!outputs) co_return std::move(outputs.error());
  co_return keep(*outputs);
}

/// ffmpeg's limit (J19): ten times the output's length, at least two minutes.
std::chrono::milliseconds time_limit(double seconds) {
  return std::max(std::chrono::milliseconds(120'000),
                  std::chrono::milliseconds(static_cast<std::int64_t>(seconds * 10'000)));
}

awaitable<Result<Yield>> run_script(Shop shop, ScriptCall call, std::string text_file, std::string text,
                                    Keeping keep, StepContext& step) {
  call.folder = step.folder;
  call.on_progress = step.report;
  if (!text_file.empty()) {
    auto write = [path = step.folder / text_file, text = std::move(text)] { return write_file(path, text); };
    auto written = co_await shop.pool.run(std::move(write));
    if (!written) co_return std::move(written.error());
  }
  const std::string name = call.name;
  auto printed = co_await shop.scripts.run(std::move(call), *step.stop);
  if (!printed) co_return std::move(printed.error());
  auto answer = parse_json(*printed);
  if (!answer || !answer->is_object()) {
    Error error = make_error(ErrorClass::media, "the script " + name + " printed no JSON object");
    error.details = printed->substr(0, 2000);
    co_return error;
  }
  co_return keep(*answer);
}

Error bad_answer(std::string_view kind, std::string_view lacking) {
  return make_error(ErrorClass::provider_failed,
                    "the " + std::string(kind) + " provider answered without " + std::string(lacking));
}

/// outputs[name].file
std::string file_in(const Json& outputs, const char* name) {
  const auto entry = outputs.find(name);
  if (entry == outputs.end() || !entry->is_object()) return {};
  const auto file = entry->find("file");
  return file != entry->end() && file->is_string() ? file->get<std::string>() : std::string();
}

double number_in(const Json& object, const char* name, double otherwise) {
  const auto found = object.find(name);
  return found != object.end() && found->is_number() ? found->get<double>() : otherwise;
}

/// A yield of one file under its public name, with `value[as]` naming it.
Yield one_file(Json value, const char* as, const std::string& made, const std::string& name) {
  Yield yield;
  yield.value = std::move(value);
  yield.value[as] = name;
  yield.files.push_back({made, name});
  return yield;
}

/// "0.5,0.45,1.2": a window of a move.
std::string window(const Json& place) {
  const auto text = [&](const char* name, double otherwise) {
    std::string number =
        std::to_string(number_in(place, name, otherwise));  // six decimals: a thousandth of a pixel
    return number;
  };
  return text("x", 0.5) + "," + text("y", 0.5) + "," + text("zoom", 1);
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

Work encode_piece(Attempt& attempt, PieceRequest piece) {
  const Settings& settings = attempt.settings;
  const std::string name = clip_name(piece.scene, "") + ".mp4";
  const bool moves = piece.clip.contains("still");
  const std::filesystem::path source =
      attempt.steps.job_folder() / piece.clip.value(moves ? "still" : "video", std::string());

  ScriptCall call;
  call.name = "piece";
  auto& options = call.options;
  options = {{"out", ScriptCall::Output{"piece.mp4"}},
             {"frames", static_cast<std::int64_t>(piece.frames)},
             {"fps", static_cast<std::int64_t>(frames_per_second)},
             {"width", static_cast<std::int64_t>(piece.frame.width)},
             {"height", static_cast<std::int64_t>(piece.frame.height)},
             {moves ? "still" : "clip", ScriptCall::Input{source}},
             {"crf", settings.integer("VIDEO_CRF")},
             {"preset", settings.text("VIDEO_PRESET")}};
  if (moves && piece.clip["move"].is_object()) {
    const Json& move = piece.clip["move"];
    options.push_back({"from", window(move.value("from", Json::object()))});
    options.push_back({"to", window(move.value("to", Json::object()))});
  }
  if (!piece.captions.empty()) options.push_back({"captions", ScriptCall::Input{"captions.ass"}});
  if (piece.watermark) {
    options.push_back({"watermark", ScriptCall::Input{*piece.watermark}});
    options.push_back({"watermark-width", settings.number("WATERMARK_WIDTH")});
    options.push_back({"watermark-place", settings.text("WATERMARK_PLACE")});
    options.push_back({"watermark-opacity", settings.number("WATERMARK_OPACITY")});
  }
  call.time_limit = time_limit(frames_to_seconds(piece.frames));

  Work work;
  work.kind = "render";
  work.request["clip"] = piece.clip;
  work.request["frames"] = piece.frames;
  work.request["width"] = piece.frame.width;
  work.request["height"] = piece.frame.height;
  work.request["captions"] = piece.captions;
  work.request["crf"] = settings.integer("VIDEO_CRF");
  work.request["preset"] = settings.text("VIDEO_PRESET");
  work.inputs.push_back(source);
  if (piece.watermark) {
    work.request["watermark"]["width"] = settings.number("WATERMARK_WIDTH");
    work.request["watermark"]["place"] = settings.text("WATERMARK_PLACE");
    work.request["watermark"]["opacity"] = settings.number("WATERMARK_OPACITY");
    work.inputs.push_back(*piece.watermark);
  }
  const Keeping keep = [name, frames = piece.frames](const Json& answer) -> Result<Yield> {
    if (number_in(answer, "frames", -1) != frames)
      return make_error(ErrorClass::media, name + " has " + to_text(answer.value("frames", Json())) +
                                               " frames instead of " + std::to_string(frames));
    Json value;
    value["frames"] = frames;
    return one_file(std::move(value), "piece", "piece.mp4", name);
  };
  const std::string captions_file = piece.captions.empty() ? "" : "captions.ass";
  work.carry_out = [shop = shop_of(attempt), call, captions_file, captions = piece.captions,
                    keep](StepContext& step) {
    return run_script(shop, call, captions_file, captions, keep, step);
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

Work mix_sound(Attempt& attempt, std::int64_t samples, std::vector<PlacedVoice> voices, std::string music) {
  const Settings& settings = attempt.settings;
  const std::filesystem::path folder = attempt.steps.job_folder();
  Work work;
  work.kind = "render";
  work.request["samples"] = samples;
  work.request["voices"] = Json::array();
  work.request["loudness"] = settings.number("LOUDNESS_LUFS");
  work.request["peak"] = settings.number("PEAK_DBTP");

  ScriptCall call;
  call.name = "mix";
  call.options = {{"out", ScriptCall::Output{"mix.wav"}},
                  {"samples", samples},
                  {"loudness", settings.number("LOUDNESS_LUFS")},
                  {"peak", settings.number("PEAK_DBTP")}};
  for (const PlacedVoice& voice : voices) {
    call.options.push_back({"voice", ScriptCall::Input{folder / voice.audio}});
    call.options.push_back({"at", voice.at_s});
    work.request["voices"].push_back(voice.at_s);
    work.inputs.push_back(folder / voice.audio);
  }
  if (!music.empty()) {
    call.options.push_back({"music", ScriptCall::Input{folder / music}});
    call.options.push_back({"music-db", settings.number("MUSIC_DB")});
    call.options.push_back({"duck-db", settings.number("DUCK_DB")});
    work.request["music_db"] = settings.number("MUSIC_DB");
    work.request["duck_db"] = settings.number("DUCK_DB");
    work.inputs.push_back(folder / music);
  }
  call.time_limit = time_limit(static_cast<double>(samples) / samples_per_second);
  const Keeping keep = [samples](const Json& answer) -> Result<Yield> {
    if (number_in(answer, "samples", -1) != static_cast<double>(samples))
      return make_error(ErrorClass::media, "mix.wav has " + to_text(answer.value("samples", Json())) +
                                               " samples instead of " + std::to_string(samples));
    return one_file(answer, "audio", "mix.wav", "mix.wav");
  };
  work.carry_out = [shop = shop_of(attempt), call, keep](StepContext& step) {
    return run_script(shop, call, "", "", keep, step);
  };
  return work;
}

Work finish_video(Attempt& attempt, std::vector<std::string> pieces, std::string sound, std::int64_t frames) {
  const std::filesystem::path folder = attempt.steps.job_folder();
  Work work;
  work.kind = "render";
  work.request["frames"] = frames;
  ScriptCall call;
  call.name = "finish";
  call.options = {{"out", ScriptCall::Output{"final.mp4"}},
                  {"frames", frames},
                  {"fps", static_cast<std::int64_t>(frames_per_second)},
                  {"sound", ScriptCall::Input{folder / sound}}};
  work.inputs.push_back(folder / sound);
  for (const std::string& piece : pieces) {
    call.options.push_back({"piece", ScriptCall::Input{folder / piece}});
    work.inputs.push_back(folder / piece);
  }
  call.time_limit = time_limit(frames_to_seconds(frames));
  const Keeping keep = [](const Json& answer) -> Result<Yield> {
    Json value;
    value["probe"] = answer;
    return one_file(std::move(value), "video", "final.mp4", "final.mp4");
  };
  work.carry_out = [shop = shop_of(attempt), call, keep](StepContext& step) {
    return run_script(shop, call, "", "", keep, step);
  };
  return work;
}

Work thumbnail(Attempt& attempt, std::string video, double at_s) {
  const std::filesystem::path source = attempt.steps.job_folder() / video;
  Work work;
  work.kind = "render";
  work.request["at"] = at_s;
  work.inputs.push_back(source);
  ScriptCall call;
  call.name = "thumbnail";
  call.options = {{"in", ScriptCall::Input{source}}, {"out", ScriptCall::Output{"thumbnail.jpg"}}};
  if (at_s >= 0) call.options.push_back({"at", at_s});
  const Keeping keep = [](const Json&) -> Result<Yield> {
    return one_file(Json::object(), "image", "thumbnail.jpg", "thumbnail.jpg");
  };
  work.carry_out = [shop = shop_of(attempt), call, keep](StepContext& step) {
    return run_script(shop, call, "", "", keep, step);
  };
  return work;
}

}  // namespace reelspool
