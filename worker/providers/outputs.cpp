#include "worker/providers/outputs.hpp"

#include <string>

namespace reelspool {
namespace {

Error wrong(std::string message) {
  return make_error(ErrorClass::plugin_crashed, "it answered done " + std::move(message));
}

bool names_file(const Json& outputs, const char* name) {
  return outputs.contains(name) && outputs[name].is_object() && outputs[name].contains("file") &&
         outputs[name]["file"].is_string();
}

Result<> need_file(const Json& outputs, const char* name) {
  if (names_file(outputs, name)) return ok;
  return wrong(std::string("without the output \"") + name + "\": {\"file\": name}");
}

/// Every {"file": name} at any depth.
Result<> check_files(const Json& json, const StepFiles& files) {
  if (!json.is_structured()) return ok;
  if (json.is_object() && json.contains("file")) {
    if (!json["file"].is_string()) return wrong("with a file that is no name");
    Result<> there = files.check_readable(json["file"].get_ref<const std::string&>(), true);
    if (!there) return std::move(there.error()).while_doing("it answered done, but");
  }
  for (const Json& part : json) {
    Result<> held = check_files(part, files);
    if (!held) return held;
  }
  return ok;
}

bool is_point(const Json& json) {
  for (const char* field : {"x", "y", "zoom"})
    if (!json.is_object() || !json.contains(field) || !json[field].is_number()) return false;
  const auto inside = [](double fraction) { return fraction >= 0 && fraction <= 1; };
  return inside(json["x"].get<double>()) && inside(json["y"].get<double>()) &&
         json["zoom"].get<double>() >= 1;
}

Result<> check_video(const Json& outputs) {
  if (names_file(outputs, "video")) return ok;
  if (!names_file(outputs, "still")) return wrong("without a \"video\" or a \"still\": {\"file\": name}");
  const Json& still = outputs["still"];
  if (!still.contains("move")) return ok;
  const Json& move = still["move"];
  if (!move.is_object() || !move.contains("from") || !move.contains("to") || !is_point(move["from"]) ||
      !is_point(move["to"]))
    return wrong("with a still.move that is no {from, to} of x and y in 0-1 and zoom of at least 1");
  return ok;
}

Result<> check_speech(const Json& outputs) {
  Result<> audio = need_file(outputs, "audio");
  if (!audio) return audio;
  if (!outputs.contains("seconds") || !outputs["seconds"].is_number() ||
      !(outputs["seconds"].get<double>() > 0))
    return wrong("without the length of the speech in \"seconds\"");
  if (!outputs.contains("words") || !outputs["words"].is_array()) return wrong("without the list \"words\"");
  const double whole = outputs["seconds"].get<double>();
  double spoken_until = 0;
  for (const Json& word : outputs["words"]) {
    const bool shaped = word.is_object() && word.contains("text") && word["text"].is_string() &&
                        word.contains("start") && word["start"].is_number() && word.contains("end") &&
                        word["end"].is_number();
    if (!shaped) return wrong("with a word that is no {text, start, end}");
    const double start = word["start"].get<double>(), end = word["end"].get<double>();
    constexpr double rounding = 0.001;  // seconds; times are often written with three decimals
    if (start < spoken_until - rounding || end < start || end > whole + rounding)
      return wrong("with words out of order, overlapping, or past the end, at \"" +
                   word["text"].get<std::string>() + "\"");
    spoken_until = end;
  }
  return ok;
}

Result<> check_answer(const Json& outputs) {
  if (outputs.contains("answer") && outputs["answer"].is_object()) return ok;
  return wrong("without the object \"answer\"");
}

}  // namespace

Result<> check_outputs(std::string_view kind, const Json& outputs, const StepFiles& files) {
  Result<> shaped = ok;
  if (kind == "image") shaped = need_file(outputs, "image");
  if (kind == "video") shaped = check_video(outputs);
  if (kind == "speech") shaped = check_speech(outputs);
  if (kind == "lip_sync") shaped = need_file(outputs, "video");
  if (kind == "plan" || kind == "classify") return check_answer(outputs);  // it may say "file", and name none
  if (kind == "music" || kind == "sound_effect") shaped = need_file(outputs, "audio");
  if (!shaped) return shaped;
  return check_files(outputs, files);
}

}  // namespace reelspool
