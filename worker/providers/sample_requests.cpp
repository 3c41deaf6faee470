#include "worker/providers/sample_requests.hpp"

#include <algorithm>

namespace reelspool {
namespace {

// clang-format off
const Json& samples() {
  static const Json all = {
    {"image", {{"prompt", "a paper boat on a pond"}, {"title", "Paper boats"}, {"text", "Fold one. Let it go."}, {"role", "hook"},
               {"language", "en-US"}, {"width", 1080}, {"height", 1920}, {"seed", 7}, {"scene", 1}, {"scenes", 3},
               {"style", {{"palette", {"#102030", "#f0c040"}}}}}},
    {"video", {{"prompt", "a paper boat drifts away"}, {"image", {{"file", "image.png"}}}, {"width", 1080}, {"height", 1920},
               {"fps", 30}, {"seconds", 5}, {"seed", 7}}},
    {"speech", {{"text", "Fold one. Let it go."}, {"language", "en-US"}, {"gender", "female"}, {"rate", 160}}},
    {"music", {{"mood", "calm"}, {"genre", "ambient"}, {"seconds", 20}, {"seed", 7}, {"instructions", "piano"}}},
    {"sound_effect", {{"text", "a soft splash"}, {"seconds", 1}}},
    {"speech_to_speech", {{"audio", {{"file", "speech.wav"}}}, {"language", "en-US"}, {"gender", "male"}}},
    {"transcribe", {{"audio", {{"file", "speech.wav"}}}, {"language", "en-US"}}},
    {"models", Json::object()},
    {"notify", {{"event", "done"}, {"job", {{"id", "j1"}, {"type", "storyboard"}, {"status", "done"}}}}},
    {"storage", {{"file", {{"file", "upload.mp4"}}}, {"key", "renders/j1_final.mp4"}, {"type", "video/mp4"}, {"bytes", 1000}}},
  };
  return all;
}
// clang-format on

/// The first so many characters; UTF-8 is not cut apart.
std::string shortened(const std::string& text, std::size_t characters) {
  std::size_t end = 0;
  for (std::size_t seen = 0; end < text.size(); ++end)
    if ((text[end] & 0xC0) != 0x80 && seen++ == characters) break;
  return text.substr(0, end);
}

Json fitted(const Json& value, const Json& limit) {
  if (limit.contains("one_of") && !limit["one_of"].empty()) return limit["one_of"][0];
  if (value.is_string() && limit.contains("max_chars"))
    return shortened(value.get<std::string>(),
                     static_cast<std::size_t>(std::max(0.0, limit["max_chars"].get<double>())));
  if (!value.is_number()) return value;
  if (limit.contains("min") && value < limit["min"]) return limit["min"];
  if (limit.contains("max") && value > limit["max"]) return limit["max"];
  return value;
}

}  // namespace

std::optional<Json> sample_request(std::string_view kind, const Manifest::Offer& offer) {
  const auto known = samples().find(std::string(kind));
  if (known == samples().end()) return {};
  Json request = *known;
  if (request.contains("language") && !offer.languages.empty()) request["language"] = offer.languages.front();
  for (auto& [field, value] : request.items())
    if (offer.limits.contains(field)) value = fitted(value, offer.limits[field]);
  return request;
}

}  // namespace reelspool
