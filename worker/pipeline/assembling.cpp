#include "worker/pipeline/assembling.hpp"

#include <array>
#include <string_view>
#include <utility>

#include "worker/pipeline/workbench.hpp"

namespace reelspool {
namespace {

using Options = std::vector<std::pair<std::string, ScriptCall::Value>>;

/// "0.5,0.45,1.2"; six decimals are a thousandth of a pixel.
std::string joined(std::initializer_list<double> numbers) {
  std::string text;
  for (const double number : numbers) text += (text.empty() ? "" : ",") + std::to_string(number);
  return text;
}

void add_clip(const Shot& shot, Options& options) {
  constexpr std::array<const char*, 3> lengths = {"hold", "loop", "stretch"};
  if (shot.trim_s > 0) options.push_back({"trim", shot.trim_s});
  if (shot.speed != 1) options.push_back({"speed", shot.speed});
  if (shot.when_short != WhenShort::hold)
    options.push_back({"length", std::string(lengths[static_cast<std::size_t>(shot.when_short)])});
}

void add_source(const ShotPart& part, int frames, const std::filesystem::path& folder, Options& options) {
  constexpr std::array<const char*, 3> fits = {"cover", "contain", "blur"};
  const Shot& shot = part.shot;
  if (shot.kind == Shot::Kind::color) {
    options.push_back({"color", to_hex(shot.color)});
    return;
  }
  options.push_back(
      {shot.kind == Shot::Kind::still ? "still" : "clip", ScriptCall::Input{folder / shot.file}});
  if (shot.frames != frames || part.skip > 0) {
    options.push_back({"of", static_cast<std::int64_t>(shot.frames)});
    options.push_back({"skip", static_cast<std::int64_t>(part.skip)});
  }
  if (shot.fit != Fit::cover)
    options.push_back({"fit", std::string(fits[static_cast<std::size_t>(shot.fit)])});
  if (to_hex(shot.background) != "#000000") options.push_back({"background", to_hex(shot.background)});
  if (shot.crop)
    options.push_back({"crop", joined({shot.crop->x, shot.crop->y, shot.crop->width, shot.crop->height})});
  if (shot.move) {
    options.push_back({"from", joined({shot.move->from.x, shot.move->from.y, shot.move->from.zoom})});
    options.push_back({"to", joined({shot.move->to.x, shot.move->to.y, shot.move->to.zoom})});
  }
  if (shot.kind == Shot::Kind::clip) add_clip(shot, options);
}

void add_sound(const Sound& sound, const std::filesystem::path& folder, Options& options) {
  constexpr std::array<const char*, 4> sorts = {"voice", "effect", "own", "music"};
  options.push_back({sorts[static_cast<std::size_t>(sound.sort)], ScriptCall::Input{folder / sound.file}});
  options.push_back({"at-samples", sound.at});
  if (sound.from_s > 0) options.push_back({"from", sound.from_s});
  if (sound.for_s) options.push_back({"for", *sound.for_s});
  if (sound.speed != 1) options.push_back({"speed", sound.speed});
  if (sound.gain_db != 0) options.push_back({"gain", sound.gain_db});
  if (sound.fade_in_s) options.push_back({"fade-in", *sound.fade_in_s});
  if (sound.fade_out_s) options.push_back({"fade-out", *sound.fade_out_s});
}

bool has_music(const std::vector<Sound>& sounds) {
  for (const Sound& sound : sounds)
    if (sound.sort == Sound::Sort::music) return true;
  return false;
}

}  // namespace

Work encode_piece(Attempt& attempt, const PieceRequest& piece) {
  const Settings& settings = attempt.settings;
  ScriptCall call;
  call.name = "piece";
  Options& options = call.options;
  options = {{"out", ScriptCall::Output{"piece.mp4"}},
             {"frames", static_cast<std::int64_t>(piece.frames)},
             {"fps", static_cast<std::int64_t>(piece.canvas.fps)},
             {"width", static_cast<std::int64_t>(piece.canvas.frame.width)},
             {"height", static_cast<std::int64_t>(piece.canvas.frame.height)},
             {"crf", settings.integer("VIDEO_CRF")},
             {"preset", settings.text("VIDEO_PRESET")}};
  for (const ShotPart& part : piece.parts)
    add_source(part, piece.frames, attempt.steps.job_folder(), options);
  if (piece.parts.size() > 1) options.push_back({"transition", piece.transition});
  if (piece.fade_in > 0) options.push_back({"fade-in", static_cast<std::int64_t>(piece.fade_in)});
  if (piece.fade_out > 0) options.push_back({"fade-out", static_cast<std::int64_t>(piece.fade_out)});
  if (!piece.captions.empty()) options.push_back({"captions", ScriptCall::Input{"captions.ass"}});
  if (piece.watermark) {
    options.push_back({"watermark", ScriptCall::Input{*piece.watermark}});
    options.push_back({"watermark-width", settings.number("WATERMARK_WIDTH")});
    options.push_back({"watermark-place", settings.text("WATERMARK_PLACE")});
    options.push_back({"watermark-opacity", settings.number("WATERMARK_OPACITY")});
  }
  call.time_limit = time_limit(piece.canvas.seconds(piece.frames));

  const Keeping keep = [name = piece.name, frames = piece.frames](const Json& answer) -> Result<Yield> {
    if (number_in(answer, "frames", -1) != frames)
      return make_error(ErrorClass::media, name + " has " + to_text(answer.value("frames", Json())) +
                                               " frames instead of " + std::to_string(frames));
    Json value;
    value["frames"] = frames;
    return one_file(std::move(value), "piece", "piece.mp4", name);
  };
  ScriptText captions;
  if (!piece.captions.empty()) captions = {"captions.ass", piece.captions};
  return script_work(shop_of(attempt), std::move(call), keep, std::move(captions));
}

Work copy_piece(Attempt& attempt, const Shot& shot, const Canvas& canvas, const std::string& name) {
  ScriptCall call;
  call.name = "copy";
  call.options = {{"in", ScriptCall::Input{attempt.steps.job_folder() / shot.file}},
                  {"out", ScriptCall::Output{"piece.mp4"}},
                  {"fps", static_cast<std::int64_t>(canvas.fps)},
                  {"width", static_cast<std::int64_t>(canvas.frame.width)},
                  {"height", static_cast<std::int64_t>(canvas.frame.height)}};
  call.time_limit = time_limit(canvas.seconds(shot.frames));
  const Keeping keep = [name](const Json& answer) -> Result<Yield> {
    if (number_in(answer, "frames", 0) > 0) return one_file(answer, "piece", "piece.mp4", name);
    Yield yield;
    yield.value = answer;
    return yield;
  };
  return script_work(shop_of(attempt), std::move(call), keep);
}

Work mix_sound(Attempt& attempt, std::int64_t samples, const std::vector<Sound>& sounds) {
  const Settings& settings = attempt.settings;
  ScriptCall call;
  call.name = "mix";
  call.options = {{"out", ScriptCall::Output{"mix.wav"}},
                  {"samples", samples},
                  {"loudness", settings.number("LOUDNESS_LUFS")},
                  {"peak", settings.number("PEAK_DBTP")}};
  for (const Sound& sound : sounds) add_sound(sound, attempt.steps.job_folder(), call.options);
  if (has_music(sounds)) {
    call.options.push_back({"music-db", settings.number("MUSIC_DB")});
    call.options.push_back({"duck-db", settings.number("DUCK_DB")});
  }
  call.time_limit = time_limit(static_cast<double>(samples) / samples_per_second);
  const Keeping keep = [samples](const Json& answer) -> Result<Yield> {
    if (number_in(answer, "samples", -1) != static_cast<double>(samples))
      return make_error(ErrorClass::media, "mix.wav has " + to_text(answer.value("samples", Json())) +
                                               " samples instead of " + std::to_string(samples));
    return one_file(answer, "audio", "mix.wav", "mix.wav");
  };
  return script_work(shop_of(attempt), std::move(call), keep);
}

Work finish_video(Attempt& attempt, const std::vector<std::string>& pieces, const std::string& sound,
                  std::int64_t frames, const Canvas& canvas) {
  const std::filesystem::path folder = attempt.steps.job_folder();
  ScriptCall call;
  call.name = "finish";
  call.options = {{"out", ScriptCall::Output{"final.mp4"}},
                  {"frames", frames},
                  {"fps", static_cast<std::int64_t>(canvas.fps)},
                  {"sound", ScriptCall::Input{folder / sound}}};
  for (const std::string& piece : pieces)
    call.options.push_back({"piece", ScriptCall::Input{folder / piece}});
  call.time_limit = time_limit(canvas.seconds(frames));
  const Keeping keep = [](const Json& answer) -> Result<Yield> {
    Json value;
    value["probe"] = answer;
    return one_file(std::move(value), "video", "final.mp4", "final.mp4");
  };
  return script_work(shop_of(attempt), std::move(call), keep);
}

Work thumbnail(Attempt& attempt, const std::string& video) {
  ScriptCall call;
  call.name = "thumbnail";
  call.options = {{"in", ScriptCall::Input{attempt.steps.job_folder() / video}},
                  {"out", ScriptCall::Output{"thumbnail.jpg"}}};
  const Keeping keep = [](const Json&) -> Result<Yield> {
    return one_file(Json::object(), "image", "thumbnail.jpg", "thumbnail.jpg");
  };
  return script_work(shop_of(attempt), std::move(call), keep);
}

}  // namespace reelspool
