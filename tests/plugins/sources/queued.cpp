// A provider of the submit-poll-fetch shape that is paid for each task: POST QUEUED_URL/tasks with a key, which finds the task
// again when its answer was lost.

#include <cstdlib>

#include "plugins/sdk/http_answer.hpp"
#include "plugins/sdk/shapes.hpp"

using namespace reelspool::sdk;

namespace {

class Queued : public SubmitPollFetch {
 public:
  Json manifest() const override {
    return {{"name", "queued"},
            {"version", "1"},
            {"abi", REELSPOOL_ABI},
            {"kinds", {{"image", {{"order", 1}}}}},
            {"settings", {"QUEUED_URL", "QUEUED_POLL_MS", "QUEUED_PATIENCE_MS"}},
            {"hosts", {"${setting:QUEUED_URL}"}}};
  }

  Action submit(const Input& input) override {
    return http("POST", place(input, ""),
                {{"headers", {{"Task-Key", key(input)}}},
                 {"json", {{"prompt", input.request.value("prompt", "")}}},
                 {"timeout_ms", std::atoll(input.setting("QUEUED_PATIENCE_MS", "60000").c_str())},
                 {"costs", true}});
  }
  Action lost(const Input& input) override { return http("GET", place(input, "?key=" + key(input))); }
  Accepted accepted(const Input& input) override {
    const HttpAnswer answer(input.event);
    if (was_lost(input) && answer.status() == 404) return {.again = note(input)};
    if (!answer.ok()) return {.failure = answer.failure(answer.usual_class(), "queued", "")};
    return {.operation = answer.text("/id")};
  }
  Action poll(const Input& input, const std::string& operation) override {
    return http("GET", place(input, "/" + operation));
  }
  Judged judged(const Input& input) override {
    const HttpAnswer answer(input.event);
    if (!answer.ok()) return {.failure = fail(Failure::transient, "no answer"), .task_lives = true};
    if (answer.text("/status") != "done")
      return {.wait_ms = std::atoll(input.setting("QUEUED_POLL_MS", "50").c_str())};
    return {.fetch = http("GET", place(input, "/" + input.state.value("operation", "") + "/image"),
                          {{"unpack", {{"/image", "image.png"}}}}),
            .outputs = {{"image", {{"file", "image.png"}}}},
            .cost = 0.04};
  }

 private:
  static std::string place(const Input& input, const std::string& rest) {
    return input.setting("QUEUED_URL") + "/tasks" + rest;
  }
};

}  // namespace

REELSPOOL_PROVIDER(Queued)
