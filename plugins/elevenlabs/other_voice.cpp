#include "plugins/elevenlabs/elevenlabs.hpp"

namespace reelspool::elevenlabs {
namespace {

using sdk::Failure;
using sdk::HttpAnswer;
using sdk::Input;
using sdk::Json;

/// A recording said again by another voice, with the same timing. The answer's body is the sound.
/// Source: "Speech to speech", POST /v1/speech-to-speech/{voice_id}; at most 5 minutes and 50 MB.
class OtherVoice : public sdk::OneRequest {
 public:
  Json manifest() const override { return nullptr; }

  sdk::Action request(const Input& input) override {
    std::string why;
    const auto model = chosen(input, note(input), 0, why);
    if (!model) return nobody(why);
    const std::string audio = sdk::text_at(input.request, "/audio/file");
    if (audio.empty()) return sdk::fail(Failure::invalid_request, "audio: there is no recording");
    sdk::Action refusal;
    const auto voice = chosen_voice(input, refusal);
    if (!voice) return refusal;
    Json form = {{{"name", "audio"}, {"file", audio}}, {{"name", "model_id"}, {"value", model->id}}};
    if (const Json& settings = sdk::at(input.request, "/settings"); settings.is_object())
      form.push_back({{"name", "voice_settings"}, {"value", sdk::to_text(settings)}});
    if (const Json& seed = sdk::at(input.request, "/seed"); seed.is_number_integer())
      form.push_back({{"name", "seed"}, {"value", sdk::to_text(seed)}});
    return post(input, "/v1/speech-to-speech/" + *voice, {{"form", form}, {"save", "speech.mp3"}});
  }

  Judged told(const Input& input) override {
    const HttpAnswer answer(input.event);
    if (is_model_gone(answer))
      if (auto next = next_model(input, note(input))) return {.again = std::move(next)};
    if (!answer.ok() || answer.saved_type().empty()) return {.failure = failure(answer)};
    return {.outputs = {{"audio", {{"file", "speech.mp3"}}}}};
  }
};

}  // namespace

sdk::SubmitPollFetch& other_voice() {
  static OtherVoice provider;
  return provider;
}

}  // namespace reelspool::elevenlabs
