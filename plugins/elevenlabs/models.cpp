#include <set>

#include "plugins/elevenlabs/elevenlabs.hpp"

namespace reelspool::elevenlabs {
namespace {

using sdk::HttpAnswer;
using sdk::Input;
using sdk::Json;

/// Which models there are for this key. Those of music and sound effects are not among what the service lists.
/// Source: "List models", GET /v1/models: [{"model_id", ...}, ...].
class Models : public sdk::OneRequest {
 public:
  Json manifest() const override { return nullptr; }

  sdk::Action request(const Input& input) override {
    return sdk::http("GET", base_url(input) + "/v1/models",
                     {{"headers", {{"xi-api-key", "${secret:ELEVENLABS_API_KEY}"}}}});
  }
  sdk::Action lost(const Input& input) override { return request(input); }

  Judged told(const Input& input) override {
    const HttpAnswer answer(input.event);
    std::set<std::string> ids;
    if (answer.body().is_array())
      for (const Json& model : answer.body()) ids.insert(sdk::text_at(model, "/model_id"));
    ids.erase("");
    if (!answer.ok() || ids.empty()) return {.failure = failure(answer)};
    const auto is_there = [&](const std::string& section, const std::string& id) -> std::optional<bool> {
      if (ids.contains(id)) return true;
      if (section == "music" || section == "sound_effect") return std::nullopt;
      return false;
    };
    return {.outputs = sdk::models_told(catalogue(input), is_there)};
  }
};

}  // namespace

sdk::SubmitPollFetch& models() {
  static Models provider;
  return provider;
}

}  // namespace reelspool::elevenlabs
