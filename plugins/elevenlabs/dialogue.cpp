#include <algorithm>
#include <set>

#include "plugins/elevenlabs/timed_speech.hpp"
#include "plugins/sdk/voices.hpp"

namespace reelspool::elevenlabs {
namespace {

using sdk::Failure;
using sdk::HttpAnswer;
using sdk::Input;
using sdk::Json;

constexpr std::size_t most_voices = 10;

/// A conversation of several voices in one recording.
/// Source: "Text to dialogue", POST /v1/text-to-dialogue/with-timestamps; at most 10 voices and 2 000 characters.
class Dialogue : public TimedSpeech {
 public:
  sdk::Action request(const Input& input) override {
    std::string why;
    const auto model = chosen(input, note(input), 0, why);
    if (!model) return nobody(why);
    Json lines = Json::array();
    std::set<std::string> voices;
    for (const Json& turn : sdk::at(input.request, "/turns")) {
      const std::string text = sdk::text_at(turn, "/text");
      if (text.empty()) return sdk::fail(Failure::invalid_request, "turns: one of them says nothing");
      Input one = input;
      for (const char* own : {"voice", "gender"}) {
        one.request.erase(own);
        if (const std::string given = sdk::text_at(turn, (std::string("/") + own).c_str()); !given.empty())
          one.request[own] = given;
      }
      sdk::Action refusal;
      const auto voice = chosen_voice(one, refusal);
      if (!voice) return refusal;
      voices.insert(*voice);
      lines.push_back({{"text", text}, {"voice_id", *voice}});
    }
    if (voices.size() > most_voices)
      return sdk::fail(Failure::unavailable, "elevenlabs: a conversation has at most 10 voices");
    if (characters(input) > sdk::number_at(model->model, "/most_characters", 1e9))
      return sdk::fail(Failure::unavailable, "elevenlabs: the conversation is too long for " + model->id);
    Json body = {{"inputs", lines}, {"model_id", model->id}};
    if (const Json& settings = sdk::at(model->model, "/settings"); settings.is_object())
      body["settings"] = settings;
    const std::string language = sdk::base_language(input);
    if (sdk::at(model->model, "/language_code") == true && language.size() == 2)
      body["language_code"] = language;
    return post(input, "/v1/text-to-dialogue/with-timestamps",
                {{"json", body}, {"unpack", {{"/audio_base64", "speech.mp3"}}}});
  }

 protected:
  /// Where one voice ends and the next begins no white space need stand.
  std::vector<Word> words_in(const HttpAnswer& answer) const override {
    std::vector<std::size_t> cuts;
    if (const Json& segments = answer.at("/voice_segments"); segments.is_array())
      for (const Json& segment : segments)
        if (const double first = sdk::number_at(segment, "/character_start_index", -1);
            first >= 0 && first < 1e6)
          cuts.push_back(static_cast<std::size_t>(first));
    std::sort(cuts.begin(), cuts.end());
    return words_of(answer.at("/alignment"), cuts);
  }
  double characters(const Input& input) const override {
    std::size_t bytes = 0;  // never too few
    for (const Json& turn : sdk::at(input.request, "/turns")) bytes += sdk::text_at(turn, "/text").size();
    return static_cast<double>(bytes);
  }
};

}  // namespace

sdk::SubmitPollFetch& dialogue() {
  static Dialogue provider;
  return provider;
}

}  // namespace reelspool::elevenlabs
