#include <algorithm>
#include <cmath>

#include "plugins/elevenlabs/elevenlabs.hpp"
#include "plugins/elevenlabs/words.hpp"
#include "plugins/sdk/voices.hpp"

namespace reelspool::elevenlabs {
namespace {

using sdk::Failure;
using sdk::HttpAnswer;
using sdk::Input;
using sdk::Json;

/// Speech with timestamps: the sound in base64, which the worker unpacks, beside the time of every character. The script
/// `probe` tells the length. Notes: {"model", "words": [[text, start, end], ...] in milliseconds}.
class Speech : public sdk::OneRequest {
 public:
  Json manifest() const override { return nullptr; }

  sdk::Action request(const Input& input) override {
    std::string why;
    const auto model = chosen(input, note(input), 0, why);
    if (!model) return nobody(why);
    const std::string text = sdk::text_at(input.request, "/text");
    if (text.empty()) return sdk::fail(Failure::invalid_request, "text: there is nothing to say");
    const std::string voice = sdk::voice_of(input, "ELEVENLABS", catalogue(input).at("/speech/voices"));
    if (voice.empty())
      return sdk::fail(
          Failure::unavailable,
          "elevenlabs: no voice is chosen; set ELEVENLABS_DEFAULT_VOICE to the id of one of yours",
          "no_voice");
    const bool plain = voice.size() <= 64 && std::all_of(voice.begin(), voice.end(), [](unsigned char c) {
                         return std::isalnum(c) != 0 || c == '-' || c == '_';
                       });
    // Perhaps another provider's voice.
    if (!plain)
      return sdk::fail(Failure::unavailable, "elevenlabs: \"" + voice + "\" is no id of one of its voices",
                       "no_voice");
    return post(input, "/v1/text-to-speech/" + voice + "/with-timestamps",
                {{"json", body(input, *model, text)}, {"unpack", {{"/audio_base64", "speech.mp3"}}}});
  }

  Judged told(const Input& input) override {
    if (input.event.is("exec")) return measured(input);
    const HttpAnswer answer(input.event);
    if (is_model_gone(answer))
      if (auto next = next_model(input, note(input))) return {.again = std::move(next)};
    if (is_voice_gone(answer) && sdk::text_at(input.request, "/voice").empty())
      return {.failure = answer.failure(
                  Failure::unavailable, "elevenlabs",
                  "the default voice is not there; set ELEVENLABS_DEFAULT_VOICE to one of yours",
                  "voice_not_found")};
    if (!answer.ok() || answer.text("/audio_base64/file") != "speech.mp3")
      return {.failure = failure(answer)};
    Json notes = note(input);
    notes["words"] = Json::array();
    const auto ms = [](double seconds) { return static_cast<std::int64_t>(std::llround(seconds * 1000)); };
    // `alignment` follows the text that was sent, `normalized_alignment` the text as spoken.
    for (const Word& word : words_of(answer.at("/alignment")))
      notes["words"].push_back(Json::array({word.text, ms(word.start), ms(word.end)}));
    constexpr std::size_t room =
        48 * 1024;  // of the state's 64 KiB; more words than that are spread evenly instead
    if (sdk::to_text(notes["words"]).size() > room) notes["words"] = Json::array();
    return {.ask = sdk::exec("probe").input("in", "speech.mp3"), .notes = std::move(notes)};
  }

 private:
  static Json body(const Input& input, const sdk::Choice& model, const std::string& text) {
    const sdk::Catalogue all = catalogue(input);
    Json voice = all.at("/speech/settings").is_object() ? all.at("/speech/settings") : Json::object();
    for (const Json& more : {sdk::at(model.model, "/settings"), sdk::at(input.request, "/settings")})
      if (more.is_object()) voice.update(more);
    // Words a minute, as a factor on what the voices speak by themselves; they keep sounding well from 0.7 to 1.2.
    if (const double rate = sdk::number_at(input.request, "/rate"); rate > 0)
      voice["speed"] = std::clamp(rate / all.number("/speech/words_per_minute", 160), 0.7, 1.2);
    Json made = {{"text", text}, {"model_id", model.id}, {"voice_settings", voice}};
    const std::string language = sdk::base_language(input);
    if (sdk::at(model.model, "/language_code") == true && language.size() == 2)
      made["language_code"] = language;
    for (const char* neighbour : {"previous_text", "next_text"})
      if (const std::string near = sdk::text_at(input.request, (std::string("/") + neighbour).c_str());
          !near.empty())
        made[neighbour] = near;
    return made;
  }

  static Judged measured(const Input& input) {
    const Json probed = input.event.output();
    double seconds = sdk::number_at(probed, "/audio/seconds", sdk::number_at(probed, "/seconds"));
    if (sdk::number_at(input.event.data, "/exit", 1) != 0 || !(seconds > 0))
      return {.failure =
                  sdk::fail(Failure::media, "elevenlabs: what came instead of speech cannot be played")};
    Json words = Json::array();
    for (const Json& word : note(input).value("words", Json::array())) {
      const double start = sdk::number_at(word, "/1") / 1000, end = sdk::number_at(word, "/2") / 1000;
      words.push_back({{"text", sdk::text_at(word, "/0")}, {"start", start}, {"end", end}});
      seconds = std::max(seconds, end);
    }
    std::string why;
    const auto model = chosen(input, note(input), 0, why);
    const double characters = static_cast<double>(sdk::text_at(input.request, "/text").size());
    const bool timed = !words.empty();
    return {.outputs = {{"audio", {{"file", "speech.mp3"}}},
                        {"seconds", seconds},
                        {"words", std::move(words)},
                        {"timing", timed ? "measured" : "estimated"},
                        {"model", model ? model->id : ""}},
            .cost = model ? sdk::cost_of(model->model, {{"thousand_characters", characters / 1000}}) : 0};
  }
};

}  // namespace

sdk::SubmitPollFetch& speech() {
  static Speech provider;
  return provider;
}

}  // namespace reelspool::elevenlabs
