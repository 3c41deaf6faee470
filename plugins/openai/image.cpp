#include <cmath>
#include <cstdlib>

#include "plugins/openai/openai.hpp"

namespace reelspool::openai {
namespace {

using sdk::Failure;
using sdk::HttpAnswer;
using sdk::Input;
using sdk::Json;

/// One request, whose answer holds the picture in base64: the worker unpacks it into a file.
class Images : public sdk::OneRequest {
 public:
  Json manifest() const override { return nullptr; }

  sdk::Action request(const Input& input) override {
    std::string why;
    const auto model = chosen(input, note(input), why);
    if (!model) return nobody(why);
    const std::string prompt = sdk::text_at(input.request, "/prompt");
    if (prompt.empty()) return sdk::fail(Failure::invalid_request, "prompt: there is nothing to draw");
    Json body = {{"model", model->id}, {"prompt", prompt}, {"n", 1}, {"size", size_for(input, model->model)}};
    if (const Json& more = sdk::at(model->model, "/body"); more.is_object()) body.update(more);
    return sdk::http("POST", url(input, "/images/generations"),
                     {{"headers", headers(input)},
                      {"json", body},
                      {"unpack", {{"/data/0/b64_json", "image.png"}}},
                      {"costs", true},
                      {"timeout_ms", 600'000}});
  }

  Judged told(const Input& input) override {
    const HttpAnswer answer(input.event);
    std::string why;
    const auto model = chosen(input, note(input), why);
    if (is_model_gone(answer))
      if (auto next = next_model(input, note(input))) return {.again = std::move(next)};
    if (!answer.ok() || !model || answer.text("/data/0/b64_json/file") != "image.png")
      return {.failure = failure(answer)};
    return {.outputs = {{"image", {{"file", "image.png"}}}, {"model", model->id}},
            .cost = token_cost(answer, model->model)};
  }
};

}  // namespace

std::string size_for(const Input& input, const Json& model) {
  const double width = std::max(1.0, sdk::number_at(input.request, "/width", 1080));
  const double height = std::max(1.0, sdk::number_at(input.request, "/height", 1920));
  std::string best;
  double least = INFINITY;
  for (const Json& size : sdk::at(model, "/sizes").is_array() ? sdk::at(model, "/sizes") : Json::array()) {
    if (!size.is_string()) continue;
    const std::string text = size.get<std::string>();
    char* rest = nullptr;
    const double across = std::strtod(text.c_str(), &rest);
    const double down = *rest == 'x' ? std::strtod(rest + 1, nullptr) : 0;
    if (across <= 0 || down <= 0) continue;
    const double off = std::fabs(std::log((width / height) / (across / down)));
    if (off < least) least = off, best = text;
  }
  if (!best.empty()) return best;
  // Any size in steps of so many pixels, no longer than three times its width: covering the frame.
  const double step = std::max(1.0, sdk::number_at(model, "/multiple", 16));
  const auto up = [&](double side) {
    return std::to_string(static_cast<int>(std::ceil(side / step) * step));
  };
  return up(std::max(width, height / 3)) + "x" + up(std::max(height, width / 3));
}

sdk::SubmitPollFetch& images() {
  static Images provider;
  return provider;
}

}  // namespace reelspool::openai
