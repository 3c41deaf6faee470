#include "plugins/elevenlabs/elevenlabs.hpp"

#include <algorithm>
#include <cctype>

#include "elevenlabs_catalogue.hpp"
#include "plugins/sdk/voices.hpp"

namespace reelspool::elevenlabs {
namespace {

using sdk::Json;

class Elevenlabs : public sdk::Provider {
 public:
  Json manifest() const override {
    Json settings = {"ELEVENLABS_BASE_URL",       "ELEVENLABS_SPEECH_MODEL",
                     "ELEVENLABS_MUSIC_MODEL",    "ELEVENLABS_SOUND_EFFECT_MODEL",
                     "ELEVENLABS_DIALOGUE_MODEL", "ELEVENLABS_SPEECH_TO_SPEECH_MODEL",
                     "ELEVENLABS_OUTPUT_FORMAT"};
    for (const std::string& name : sdk::voice_settings("ELEVENLABS")) settings.push_back(name);
    return {{"name", "elevenlabs"},
            {"version", "1.0"},
            {"abi", REELSPOOL_ABI},
            {"kinds",
             {{"speech", {{"limits", {{"text", {{"max_chars", 10'000}}}}}, {"order", 40}}},
              {"speech_to_speech", {{"order", 40}}},
              {"models", Json::object()},
              {"music", {{"limits", {{"seconds", {{"min", 3}, {"max", 600}}}}}, {"order", 40}}},
              {"sound_effect", {{"limits", {{"seconds", {{"min", 0.5}, {"max", 30}}}}}, {"order", 40}}}}},
            {"secrets", {"ELEVENLABS_API_KEY"}},
            {"settings", settings},
            {"scripts", Json::array({"probe"})},
            {"hosts", {"api.elevenlabs.io", "${setting:ELEVENLABS_BASE_URL}"}}};
  }

  sdk::Answer next(const sdk::Input& input) override {
    if (section(input) == "dialogue") return dialogue().next(input);
    if (input.kind == "speech") return speech().next(input);
    if (input.kind == "models") return models().next(input);
    if (input.kind == "speech_to_speech") return other_voice().next(input);
    if (input.kind == "music" || input.kind == "sound_effect") return sounds().next(input);
    return {.action = sdk::fail(sdk::Failure::unavailable, "elevenlabs does not make " + input.kind)};
  }
};

}  // namespace

sdk::Catalogue catalogue(const sdk::Input& input) {
  return {input, compiled_catalogue};
}

std::string section(const sdk::Input& input) {
  const Json& turns = sdk::at(input.request, "/turns");
  return input.kind == "speech" && turns.is_array() && !turns.empty() ? "dialogue" : input.kind;
}

std::optional<std::string> chosen_voice(const sdk::Input& input, sdk::Action& refusal) {
  std::string voice = sdk::voice_of(input, "ELEVENLABS", catalogue(input).at("/speech/voices"));
  const bool plain = voice.size() <= 64 && std::all_of(voice.begin(), voice.end(), [](unsigned char c) {
                       return std::isalnum(c) != 0 || c == '-' || c == '_';
                     });
  if (!voice.empty() && plain) return voice;
  refusal = sdk::fail(
      sdk::Failure::unavailable,
      voice.empty() ? "elevenlabs: no voice is chosen; set ELEVENLABS_DEFAULT_VOICE to the id of one of yours"
                    // Perhaps another provider's voice.
                    : "elevenlabs: \"" + voice + "\" is no id of one of its voices",
      "no_voice");
  return std::nullopt;
}

std::string base_url(const sdk::Input& input) {
  std::string base = input.setting("ELEVENLABS_BASE_URL", catalogue(input).text("/base_url"));
  while (base.ends_with('/')) base.pop_back();
  return base;
}

sdk::Action post(const sdk::Input& input, const std::string& path, Json more) {
  const std::string format = input.setting(
      "ELEVENLABS_OUTPUT_FORMAT", catalogue(input).text(("/" + section(input) + "/output_format").c_str()));
  more["headers"] = {{"xi-api-key", "${secret:ELEVENLABS_API_KEY}"}};
  more["costs"] = true;
  more["timeout_ms"] = 300'000;
  return sdk::http("POST", base_url(input) + path + "?output_format=" + format, more);
}

std::optional<sdk::Choice> chosen(const sdk::Input& input, const Json& notes, std::size_t after,
                                  std::string& why) {
  const sdk::Catalogue all = catalogue(input);
  const double characters =
      static_cast<double>(sdk::text_at(input.request, "/text").size());  // bytes: never too few
  const auto objects = [&](const std::string& id, const Json& model) -> std::string {
    if (!model.is_object()) return id + " is not in the catalogue";
    if (std::string gone = sdk::retirement(input, id, model); !gone.empty()) return gone;
    return characters > sdk::number_at(model, "/most_characters", 1e9) ? id + " takes no text as long as this"
                                                                       : "";
  };
  const std::string part = section(input);
  const std::string named = input.setting(sdk::model_setting("ELEVENLABS", part).c_str());
  const auto place = static_cast<std::size_t>(std::max(0.0, sdk::number_at(notes, "/model"))) + after;
  return sdk::choose(all, part, all.chain(part, named), place, objects, why);
}

std::optional<Json> next_model(const sdk::Input& input, const Json& notes) {
  std::string why;
  const auto next = chosen(input, notes, 1, why);
  if (!next) return std::nullopt;
  Json more = notes;
  more["model"] = next->place;
  return more;
}

sdk::Action nobody(const std::string& why) {
  return sdk::fail(sdk::Failure::unavailable, "elevenlabs: " + why, "no_model");
}

}  // namespace reelspool::elevenlabs

REELSPOOL_PROVIDER(reelspool::elevenlabs::Elevenlabs)
