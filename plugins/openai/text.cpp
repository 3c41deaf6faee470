#include "plugins/openai/openai.hpp"
#include "plugins/sdk/schema.hpp"

namespace reelspool::openai {
namespace {

using sdk::Failure;
using sdk::HttpAnswer;
using sdk::Input;
using sdk::Json;

/// plan and classify: an answer in JSON by a schema. Chat completions, not responses: it is what every compatible server
/// has (vLLM, llama.cpp, Ollama, gateways).
class Texts : public sdk::OneRequest {
 public:
  Json manifest() const override { return nullptr; }

  sdk::Action request(const Input& input) override {
    std::string why;
    const auto model = chosen(input, note(input), why);
    if (!model) return nobody(why);
    const std::string text = sdk::text_at(input.request, "/text");
    if (text.empty()) return sdk::fail(Failure::invalid_request, "text: there is nothing to answer");
    if (!sdk::at(input.request, "/schema").is_object())
      return sdk::fail(Failure::invalid_request, "schema: must be a JSON schema");
    Json messages = Json::array();
    if (const std::string how = sdk::text_at(input.request, "/instructions"); !how.empty())
      messages.push_back({{"role", "system"}, {"content", how}});
    messages.push_back({{"role", "user"}, {"content", content(input, text)}});
    Json body = {
        {"model", model->id},
        {"messages", messages},
        {"response_format",
         {{"type", "json_schema"},
          {"json_schema", {{"name", input.kind}, {"strict", true}, {"schema", input.request["schema"]}}}}}};
    if (const Json& more = sdk::at(model->model, "/body"); more.is_object()) body.update(more);
    return sdk::http("POST", url(input, "/chat/completions"),
                     {{"headers", headers(input)}, {"json", body}, {"costs", true}, {"timeout_ms", 300'000}});
  }

  Judged told(const Input& input) override {
    const HttpAnswer answer(input.event);
    if (is_model_gone(answer))
      if (auto next = next_model(input, note(input))) return {.again = std::move(next)};
    if (!answer.ok()) return {.failure = failure(answer)};
    const std::string refusal = answer.text("/choices/0/message/refusal");
    const std::string why_ended = answer.text("/choices/0/finish_reason");
    if (!refusal.empty() || why_ended == "content_filter")
      return {.failure = answer.failure(Failure::content_policy, "openai",
                                        refusal.empty() ? "filtered" : refusal, "refusal")};
    if (why_ended == "length")  // cut JSON, never to be parsed
      return {.failure = answer.failure(Failure::provider_failed, "openai",
                                        "the answer was cut at the token limit", "length")};
    const Json json = Json::parse(bare(answer.text("/choices/0/message/content")), nullptr, false);
    if (json.is_discarded())
      return {.failure = answer.failure(Failure::transient, "openai", "the answer is no JSON", "no_json")};
    if (const std::string bad = sdk::schema_violation(json, input.request["schema"]); !bad.empty())
      return {.failure = answer.failure(Failure::transient, "openai",
                                        "the answer does not follow the schema: " + bad, "schema")};
    std::string why;
    const auto model = chosen(input, note(input), why);
    return {.outputs = {{"answer", json}, {"model", model ? model->id : ""}},
            .cost = model ? token_cost(answer, model->model) : 0};
  }

 private:
  /// Text alone as text, which every server takes; with pictures as parts.
  static Json content(const Input& input, const std::string& text) {
    const Json& images = sdk::at(input.request, "/images");
    Json parts = Json::array({{{"type", "text"}, {"text", text}}});
    for (const Json& image : images.is_array() ? images : Json::array())
      if (const std::string file = sdk::text_at(image, "/file"); !file.empty())
        parts.push_back({{"type", "image_url"},
                         {"image_url", {{"url", {{"$file", file}, {"as", "data_url"}}}, {"detail", "low"}}}});
    return parts.size() == 1 ? Json(text) : parts;
  }

  /// Without the ```json fence that some models put around it, strict or not.
  static std::string bare(std::string text) {
    const auto begin = text.find_first_of("{["), end = text.find_last_of("}]");
    return begin == std::string::npos || end == std::string::npos || end < begin
               ? text
               : text.substr(begin, end - begin + 1);
  }
};

}  // namespace

sdk::SubmitPollFetch& texts() {
  static Texts provider;
  return provider;
}

}  // namespace reelspool::openai
