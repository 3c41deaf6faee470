// A provider that is paid for each request: one POST to PAID_URL/make, answered with {"image": base64}. With PAID_KEYED its
// requests have an idempotency key, so it may repeat what got no answer.

#include <cstdlib>

#include "plugins/sdk/provider.hpp"

using namespace reelspool::sdk;

namespace {

class Paid : public Provider {
 public:
  Json manifest() const override {
    return {{"name", "paid"},
            {"version", "1"},
            {"abi", REELSPOOL_ABI},
            {"kinds", {{"image", {{"order", 1}}}}},
            {"settings", {"PAID_URL", "PAID_KEYED", "PAID_PATIENCE_MS"}},
            {"secrets", {"PAID_KEY"}},
            {"hosts", {"${setting:PAID_URL}"}}};
  }

  Answer next(const Input& input) override {
    const std::string key = input.state.value("key", std::to_string(input.random));
    if (input.event.is("start") || input.event.is("unsent")) return make(input, key);
    if (input.event.is("interrupted")) {
      if (!input.setting("PAID_KEYED").empty()) return make(input, key);
      return {.action = fail(Failure::provider_failed, "no answer came; it may have been charged",
                             "unknown_submit")};
    }
    const int status = input.event.data.value("status", 0);
    if (status == 200) return {.action = done({{"image", {{"file", "image.png"}}}}, 0.04)};
    if (status == 429) return {.action = fail(Failure::rate_limited, "too many")};
    return {.action = fail(Failure::provider_failed, "HTTP status " + std::to_string(status))};
  }

 private:
  static Answer make(const Input& input, const std::string& key) {
    Json headers = {{"Authorization", "Key ${secret:PAID_KEY}"}};
    if (!input.setting("PAID_KEYED").empty()) headers["Idempotency-Key"] = key;
    return {.state = {{"key", key}},
            .action = http("POST", input.setting("PAID_URL") + "/make",
                           {{"headers", headers},
                            {"json", {{"prompt", input.request.value("prompt", "")}}},
                            {"timeout_ms", std::atoll(input.setting("PAID_PATIENCE_MS", "60000").c_str())},
                            {"unpack", {{"/image", "image.png"}}},
                            {"costs", true}})};
  }
};

}  // namespace

REELSPOOL_PROVIDER(Paid)
