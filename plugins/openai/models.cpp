#include <set>

#include "plugins/openai/openai.hpp"

namespace reelspool::openai {
namespace {

using sdk::HttpAnswer;
using sdk::Input;
using sdk::Json;

/// Which models there are for this key. Source: "List models", GET /v1/models: {"data": [{"id"}, ...]}.
class Models : public sdk::OneRequest {
 public:
  Json manifest() const override { return nullptr; }

  sdk::Action request(const Input& input) override {
    return sdk::http("GET", url(input, "/models"), {{"headers", headers(input)}});
  }
  sdk::Action lost(const Input& input) override { return request(input); }

  Judged told(const Input& input) override {
    const HttpAnswer answer(input.event);
    const Json& list = answer.at("/data");
    std::set<std::string> ids;
    if (list.is_array())
      for (const Json& model : list) ids.insert(sdk::text_at(model, "/id"));
    ids.erase("");
    if (!answer.ok() || ids.empty()) return {.failure = failure(answer)};
    const auto is_there = [&](const std::string&, const std::string& id) {
      return std::optional(ids.contains(id));
    };
    return {.outputs = sdk::models_told(catalogue(input), is_there)};
  }
};

}  // namespace

sdk::SubmitPollFetch& models() {
  static Models provider;
  return provider;
}

}  // namespace reelspool::openai
