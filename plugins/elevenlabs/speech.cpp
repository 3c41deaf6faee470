#include <algorithm>

#include "plugins/elevenlabs/elevenlabs.hpp"
#include "plugins/elevenlabs/timed_speech.hpp"
#include "plugins/sdk/voices.hpp"

namespace reelspool::elevenlabs {
namespace {

using sdk::Failure;
using sdk::Input;
using sdk::Json;

class Speech : public TimedSpeech {
 public:
  sdk::Action request(const Input& input) override {
    std::string why;
    const auto model = chosen(input, note(input), 0, why);
    if (!model) return nobody(why);
    const std::string text = sdk::text_at(input.request, "/text");
    if (text.empty()) return sdk::fail(Failure::invalid_request, "text: there is nothing to say");
    sdk::Action refusal;
    const auto voice = chosen_voice(input, refusal);
    if (!voice) return refusal;
    return post(input, "/v1/text-to-speech/" + *voice + "/with-timestamps",
                {{"json", body(input, *model, text)}, {"unpack", {{"/audio_base64", "speech.mp3"}}}});
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
};

}  // namespace

sdk::SubmitPollFetch& speech() {
  static Speech provider;
  return provider;
}

}  // namespace reelspool::elevenlabs
