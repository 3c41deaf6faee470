#include <algorithm>
#include <cmath>

#include "plugins/elevenlabs/elevenlabs.hpp"

namespace reelspool::elevenlabs {
namespace {

using sdk::Failure;
using sdk::HttpAnswer;
using sdk::Input;
using sdk::Json;

/// Music and sound effects: the answer's body is the sound.
class Sounds : public sdk::OneRequest {
 public:
  Json manifest() const override { return nullptr; }

  sdk::Action request(const Input& input) override {
    std::string why;
    const auto model = chosen(input, note(input), 0, why);
    if (!model) return nobody(why);
    if (input.kind == "music") {
      const double seconds = std::clamp(std::ceil(sdk::number_at(input.request, "/seconds", 30)), 3.0, 600.0);
      return post(input, "/v1/music",
                  {{"json",
                    {{"prompt", prompt(input)},
                     {"music_length_ms", static_cast<int>(seconds) * 1000},
                     {"force_instrumental", true},
                     {"model_id", model->id}}},
                   {"save", "music.mp3"}});
    }
    const std::string text = sdk::text_at(input.request, "/text");
    if (text.empty()) return sdk::fail(Failure::invalid_request, "text: there is no sound asked for");
    Json body = {{"text", text}, {"model_id", model->id}};
    if (const double seconds = sdk::number_at(input.request, "/seconds"); seconds > 0)
      body["duration_seconds"] = std::clamp(seconds, 0.5, 30.0);
    if (sdk::at(input.request, "/loop") == true) body["loop"] = true;
    if (const Json& influence = sdk::at(input.request, "/prompt_influence"); influence.is_number())
      body["prompt_influence"] = std::clamp(influence.get<double>(), 0.0, 1.0);
    return post(input, "/v1/sound-generation", {{"json", body}, {"save", "effect.mp3"}});
  }

  Judged told(const Input& input) override {
    const HttpAnswer answer(input.event);
    if (is_model_gone(answer))
      if (auto next = next_model(input, note(input))) return {.again = std::move(next)};
    if (!answer.ok() || answer.saved_type().empty()) return {.failure = failure(answer)};
    std::string why;
    const auto model = chosen(input, note(input), 0, why);
    return {.outputs = {{"audio", {{"file", input.kind == "music" ? "music.mp3" : "effect.mp3"}}},
                        {"model", model ? model->id : ""}},
            .cost = model ? sdk::cost_of(model->model,
                                         {{"second", sdk::number_at(input.request, "/seconds")}, {"run", 1}})
                          : 0};
  }

 private:
  /// "mood, genre, ..., instructions", at most 4 100 characters.
  static std::string prompt(const Input& input) {
    std::string made;
    for (const char* part : {"/mood", "/genre", "/tempo", "/structure", "/instructions"})
      if (const std::string text = sdk::text_at(input.request, part); !text.empty())
        made += (made.empty() ? "" : ", ") + text;
    if (made.empty()) made = "calm, unobtrusive background music";
    std::size_t end = std::min<std::size_t>(made.size(), 4000);
    while (end > 0 && end < made.size() && (static_cast<unsigned char>(made[end]) & 0xC0) == 0x80) --end;
    return made.substr(0, end);
  }
};

}  // namespace

sdk::SubmitPollFetch& sounds() {
  static Sounds provider;
  return provider;
}

}  // namespace reelspool::elevenlabs
