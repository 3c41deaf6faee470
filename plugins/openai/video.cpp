#include <algorithm>
#include <cctype>
#include <cstdlib>

#include "plugins/openai/openai.hpp"

namespace reelspool::openai {
namespace {

using sdk::Failure;
using sdk::HttpAnswer;
using sdk::Input;
using sdk::Json;

/// /videos: create, poll, download. OpenAI's own ended on 2026-09-24; gateways go on offering it. There is no cancel.
class Videos : public sdk::SubmitPollFetch {
 public:
  Json manifest() const override { return nullptr; }

  /// The reference must have just the size of the video.
  std::optional<sdk::Action> prepare(const Input& input) override {
    std::string why;
    const std::string picture = sdk::text_at(input.request, "/image/file");
    const auto model = chosen(input, note(input), why);
    if (picture.empty() || !model || note(input).contains("reference")) return std::nullopt;
    const std::string size = size_for(input, model->model);
    const auto x = size.find('x');
    return sdk::exec("fit")
        .input("in", picture)
        .option("width", std::atoi(size.c_str()))
        .option("height", std::atoi(size.c_str() + x + 1))
        .output("out", "reference.png");
  }
  Prepared prepared(const Input& input) override {
    if (sdk::number_at(input.event.data, "/exit", 1) != 0)
      return {.failure = sdk::fail(Failure::media, "image: cannot be read as a picture")};
    Json notes = note(input);
    notes["reference"] = "reference.png";
    return {.notes = notes};
  }

  sdk::Action submit(const Input& input) override {
    std::string why;
    const auto model = chosen(input, note(input), why);
    if (!model) return nobody(why);
    const std::string prompt = sdk::text_at(input.request, "/prompt");
    if (prompt.empty()) return sdk::fail(Failure::invalid_request, "prompt: there is nothing to film");
    Json form = Json::array();
    for (const auto& [name, value] : {std::pair{"prompt", prompt}, std::pair{"model", model->id},
                                      std::pair{"seconds", seconds_for(input, model->model)},
                                      std::pair{"size", size_for(input, model->model)}})
      form.push_back({{"name", name}, {"value", value}});
    if (const std::string file = sdk::text_at(note(input), "/reference"); !file.empty())
      form.push_back({{"name", "input_reference"}, {"file", file}, {"type", "image/png"}});
    return sdk::http("POST", url(input, "/videos"),
                     {{"headers", headers(input)}, {"form", form}, {"costs", true}});
  }

  Accepted accepted(const Input& input) override {
    const HttpAnswer answer(input.event);
    const std::string id = answer.text("/id");
    if (is_model_gone(answer))
      if (auto next = next_model(input, note(input))) return {.again = std::move(next)};
    const bool plain =
        !id.empty() && id.size() <= 200 && std::all_of(id.begin(), id.end(), [](unsigned char c) {
          return std::isalnum(c) != 0 || c == '-' || c == '_';
        });
    if (!answer.ok() || !plain) return {.failure = failure(answer)};
    std::string why;
    const auto model = chosen(input, note(input), why);
    Json notes = note(input);
    notes["id"] = model ? model->id : "";
    notes["cost"] =
        model ? sdk::cost_of(model->model, {{"second", std::atof(seconds_for(input, model->model).c_str())}})
              : 0;
    return {.operation = id, .patience = model ? sdk::at(model->model, "/patience") : Json(), .notes = notes};
  }

  sdk::Action poll(const Input& input, const std::string& operation) override {
    return sdk::http("GET", url(input, "/videos/" + operation), {{"headers", headers(input)}});
  }

  Judged judged(const Input& input) override {
    const HttpAnswer answer(input.event);
    const std::string status = answer.text("/status");
    if (answer.status() == 404)
      return {.failure = answer.failure(Failure::provider_failed, "openai", "the video is no longer there",
                                        "result_lost")};
    if (!answer.ok() || status.empty()) {
      const Failure cls = class_of(answer);
      const bool meant = cls == Failure::rate_limited || cls == Failure::auth || cls == Failure::quota;
      return {.failure =
                  answer.failure(meant ? cls : Failure::transient, "openai", answer.text("/error/message")),
              .task_lives = true};
    }
    if (status == "failed") {
      const Failure cls = class_of(answer);
      return {.failure = answer.failure(cls == Failure::content_policy ? cls : Failure::provider_failed,
                                        "openai", answer.text("/error/message"), answer.text("/error/code"))};
    }
    if (status == "completed")
      return {
          .fetch = sdk::http("GET", url(input, "/videos/" + input.state.value("operation", "") + "/content"),
                             {{"headers", headers(input)}, {"save", "video.mp4"}}),
          .outputs = {{"video", {{"file", "video.mp4"}}}, {"model", sdk::text_at(note(input), "/id")}},
          .cost = sdk::number_at(note(input), "/cost")};
    // queued, in_progress, or a word nobody knows yet: it goes on, until the worker's patience ends.
    const std::string set = input.setting("OPENAI_POLL_DELAY_MS");
    const auto usual = static_cast<std::int64_t>(catalogue(input).number("/video/poll_ms", 10'000));
    return {.wait_ms = std::clamp<std::int64_t>(set.empty() ? usual : std::atoll(set.c_str()), 200, 600'000),
            .progress = std::clamp(answer.number("/progress") / 100, 0.0, 1.0)};
  }

 private:
  /// The shortest that is long enough; a number as text.
  static std::string seconds_for(const Input& input, const Json& model) {
    const double wanted = sdk::number_at(input.request, "/seconds", 4);
    std::string chosen_length = "4";
    for (const Json& length :
         sdk::at(model, "/seconds").is_array() ? sdk::at(model, "/seconds") : Json::array()) {
      if (!length.is_string()) continue;
      chosen_length = length.get<std::string>();
      if (std::atof(chosen_length.c_str()) >= wanted) break;
    }
    return chosen_length;
  }
};

}  // namespace

sdk::SubmitPollFetch& videos() {
  static Videos provider;
  return provider;
}

}  // namespace reelspool::openai
