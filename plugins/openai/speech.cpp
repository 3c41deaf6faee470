#include <algorithm>

#include "plugins/openai/openai.hpp"
#include "plugins/sdk/voices.hpp"

namespace reelspool::openai {
namespace {

using sdk::Failure;
using sdk::HttpAnswer;
using sdk::Input;
using sdk::Json;

/// One request, whose answer is the sound; the script `probe` measures it. There are no word times: whoever needs them
/// spreads the words over the length.
class Speech : public sdk::OneRequest {
 public:
  Json manifest() const override { return nullptr; }

  sdk::Action request(const Input& input) override {
    std::string why;
    const auto model = chosen(input, note(input), why);
    if (!model) return nobody(why);
    const std::string text = sdk::text_at(input.request, "/text");
    if (text.empty()) return sdk::fail(Failure::invalid_request, "text: there is nothing to say");
    const Json& own = sdk::at(model->model, "/voices");
    const sdk::Catalogue all = catalogue(input);
    const std::string voice =
        sdk::voice_of(input, "OPENAI", own.is_object() ? own : all.at("/speech/voices"));
    Json body = {{"model", model->id}, {"input", text}, {"voice", voice}, {"response_format", "wav"}};
    if (const double rate = sdk::number_at(input.request, "/rate"); rate > 0)
      body["speed"] = std::clamp(rate / all.number("/speech/words_per_minute", 160), 0.25, 4.0);
    if (const std::string how = instructions(input);
        sdk::at(model->model, "/instructed") == true && !how.empty())
      body["instructions"] = how;
    if (const Json& more = sdk::at(model->model, "/body"); more.is_object()) body.update(more);
    return sdk::http("POST", url(input, "/audio/speech"),
                     {{"headers", headers(input)},
                      {"json", body},
                      {"save", "speech.wav"},
                      {"costs", true},
                      {"timeout_ms", 300'000}});
  }

  Judged told(const Input& input) override {
    if (input.event.is("exec")) return measured(input);
    const HttpAnswer answer(input.event);
    if (is_model_gone(answer))
      if (auto next = next_model(input, note(input))) return {.again = std::move(next)};
    if (!answer.ok()) return {.failure = failure(answer)};
    if (answer.saved_type().empty()) return {.failure = failure(answer)};
    return {.ask = sdk::exec("probe").input("in", "speech.wav")};
  }

 private:
  /// How it is to be said; the whole tag of the language is for the accent.
  static std::string instructions(const Input& input) {
    std::string how = sdk::text_at(input.request, "/instructions");
    const std::string language = sdk::text_at(input.request, "/language");
    if (!language.empty()) how += (how.empty() ? "" : " ") + ("Language and accent: " + language + ".");
    return how;
  }

  Judged measured(const Input& input) {
    std::string why;
    const auto model = chosen(input, note(input), why);
    const Json said = input.event.output();
    const double seconds = sdk::number_at(said, "/audio/seconds", sdk::number_at(said, "/seconds"));
    if (sdk::number_at(input.event.data, "/exit", 1) != 0 || !(seconds > 0))
      return {.failure = sdk::fail(Failure::media, "openai: what came instead of speech cannot be played")};
    return {.outputs = {{"audio", {{"file", "speech.wav"}}},
                        {"seconds", seconds},
                        {"words", Json::array()},
                        {"timing", "estimated"},
                        {"model", model ? model->id : ""}},
            .cost = model ? sdk::cost_of(
                                model->model,
                                {{"minute", seconds / 60},
                                 {"million_characters",
                                  static_cast<double>(sdk::text_at(input.request, "/text").size()) / 1e6}})
                          : 0};
  }
};

}  // namespace

sdk::SubmitPollFetch& speech() {
  static Speech provider;
  return provider;
}

}  // namespace reelspool::openai
