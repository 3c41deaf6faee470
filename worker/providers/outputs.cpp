#include "worker/providers/outputs.hpp"

#include <limits>
#include <string>

#include "worker/http/url.hpp"

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

/// In order, not overlapping, none past the end. `whole` in seconds.
Result<> check_words(const Json& outputs, double whole) {
  if (!outputs.contains("words") || !outputs["words"].is_array()) return wrong("without the list \"words\"");
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

Result<> check_speech(const Json& outputs) {
  Result<> audio = need_file(outputs, "audio");
  if (!audio) return audio;
  if (!outputs.contains("seconds") || !outputs["seconds"].is_number() ||
      !(outputs["seconds"].get<double>() > 0))
    return wrong("without the length of the speech in \"seconds\"");
  return check_words(outputs, outputs["seconds"].get<double>());
}

/// Of a recording whose length nobody is told.
Result<> check_transcript(const Json& outputs) {
  if (!outputs.contains("text") || !outputs["text"].is_string())
    return wrong("without the \"text\" that is said");
  return check_words(outputs, std::numeric_limits<double>::infinity());
}

Result<> check_answer(const Json& outputs) {
  if (outputs.contains("answer") && outputs["answer"].is_object()) return ok;
  return wrong("without the object \"answer\"");
}

Result<> check_storage(const Json& outputs) {
  constexpr std::size_t longest_url_bytes = 4096;
  const auto expires = outputs.find("expires");
  if (!outputs.contains("url") || !outputs["url"].is_string())
    return wrong("without the place of what was uploaded in \"url\"");
  const std::string& url = outputs["url"].get_ref<const std::string&>();  // people click on it
  if (url.size() > longest_url_bytes || !Url::parse(url))
    return wrong("with a \"url\" that is no http or https URL of at most 4096 bytes");
  constexpr double end_of_9999_ms = 253'402'300'799'999;
  const bool is_time = expires != outputs.end() && expires->is_number_integer() &&
                       expires->get<double>() >= 0 && expires->get<double>() <= end_of_9999_ms;
  if (expires != outputs.end() && !is_time)
    return wrong("with an \"expires\" that is no time in milliseconds since 1970");
  return ok;
}

Result<> check_models(const Json& outputs) {
  if (!outputs.contains("models") || !outputs["models"].is_array())
    return wrong("without the list \"models\"");
  for (const Json& one : outputs["models"]) {
    const bool is_shaped = one.is_object() && one.contains("kind") && one["kind"].is_string() &&
                           one.contains("model") && one["model"].is_string() && one.contains("there") &&
                           (one["there"].is_boolean() || one["there"].is_null());
    if (!is_shaped) return wrong("with a model that is no {kind, model, there}");
  }
  return ok;
}

}  // namespace

Result<> check_outputs(std::string_view kind, const Json& outputs, const StepFiles& files) {
  Result<> shaped = ok;
  if (kind == "image") shaped = need_file(outputs, "image");
  if (kind == "video") shaped = check_video(outputs);
  if (kind == "speech") shaped = check_speech(outputs);
  if (kind == "lip_sync") shaped = need_file(outputs, "video");
  if (kind == "models") return check_models(outputs);
  if (kind == "storage") return check_storage(outputs);
  if (kind == "plan" || kind == "classify") return check_answer(outputs);  // it may say "file", and name none
  if (kind == "transcribe") shaped = check_transcript(outputs);
  if (kind == "music" || kind == "sound_effect" || kind == "speech_to_speech")
    shaped = need_file(outputs, "audio");
  if (!shaped) return shaped;
  return check_files(outputs, files);
}

}  // namespace reelspool
