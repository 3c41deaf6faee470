#include "plugins/elevenlabs/timed_speech.hpp"

#include <algorithm>
#include <cmath>

namespace reelspool::elevenlabs {

using sdk::Failure;
using sdk::HttpAnswer;
using sdk::Input;
using sdk::Json;

sdk::SubmitPollFetch::Judged TimedSpeech::told(const Input& input) {
  if (input.event.is("exec")) return measured(input);
  const HttpAnswer answer(input.event);
  if (is_model_gone(answer))
    if (auto next = next_model(input, note(input))) return {.again = std::move(next)};
  const bool is_of_one_voice = sdk::at(input.request, "/turns").is_null();
  if (is_voice_gone(answer) && is_of_one_voice && sdk::text_at(input.request, "/voice").empty())
    return {.failure =
                answer.failure(Failure::unavailable, "elevenlabs",
                               "the default voice is not there; set ELEVENLABS_DEFAULT_VOICE to one of yours",
                               "voice_not_found")};
  if (!answer.ok() || answer.text("/audio_base64/file") != "speech.mp3") return {.failure = failure(answer)};
  Json notes = note(input);
  notes["words"] = Json::array();
  const auto ms = [](double seconds) { return static_cast<std::int64_t>(std::llround(seconds * 1000)); };
  for (const Word& word : words_in(answer))
    notes["words"].push_back(Json::array({word.text, ms(word.start), ms(word.end)}));
  constexpr std::size_t room =
      48 * 1024;  // of the state's 64 KiB; more words than that are spread evenly instead
  if (sdk::to_text(notes["words"]).size() > room) notes["words"] = Json::array();
  return {.ask = sdk::exec("probe").input("in", "speech.mp3"), .notes = std::move(notes)};
}

sdk::SubmitPollFetch::Judged TimedSpeech::measured(const Input& input) const {
  const Json probed = input.event.output();
  double seconds = sdk::number_at(probed, "/audio/seconds", sdk::number_at(probed, "/seconds"));
  if (sdk::number_at(input.event.data, "/exit", 1) != 0 || !(seconds > 0))
    return {.failure = sdk::fail(Failure::media, "elevenlabs: what came instead of speech cannot be played")};
  Json words = Json::array();
  for (const Json& word : note(input).value("words", Json::array())) {
    const double start = sdk::number_at(word, "/1") / 1000, end = sdk::number_at(word, "/2") / 1000;
    words.push_back({{"text", sdk::text_at(word, "/0")}, {"start", start}, {"end", end}});
    seconds = std::max(seconds, end);
  }
  std::string why;
  const auto model = chosen(input, note(input), 0, why);
  const bool timed = !words.empty();
  return {
      .outputs = {{"audio", {{"file", "speech.mp3"}}},
                  {"seconds", seconds},
                  {"words", std::move(words)},
                  {"timing", timed ? "measured" : "estimated"},
                  {"model", model ? model->id : ""}},
      .cost = model ? sdk::cost_of(model->model, {{"thousand_characters", characters(input) / 1000}}) : 0};
}

}  // namespace reelspool::elevenlabs
