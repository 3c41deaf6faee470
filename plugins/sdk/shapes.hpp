#pragma once

/// Two usual shapes of a remote provider, ready to derive from: SubmitPollFetch (a task that is waited for) and OneRequest (an
/// answer that is the result). They keep the state, so that a provider goes on where it was after a crash, and never sends
/// twice what costs money.

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "plugins/sdk/provider.hpp"

namespace reelspool::sdk {

/// Submit a task, poll until it is made, fetch the result. Four short functions:
///
///   submit()   the request that starts the task            -> http(..., {{"costs", true}})
///   accepted() reads its answer                            -> {.operation = id}, or {.failure = fail(...)}
///   poll()     the request that asks about it               -> http("GET", ...)
///   judged()   reads that answer                            -> {.wait_ms = 5000}, {.fetch = http(...)},
///                                                              {.outputs = ...} or {.failure = fail(...)}
///
/// When a fetch was asked for, the outputs that came with it are the result once the file is there.
/// A submit whose answer never came fails with the code unknown_submit: nothing is paid for twice in silence. A provider that
/// takes idempotency keys sends key(input), and overrides lost() to return submit(input); one that can look its task up asks for
/// that there. accepted() reads the answer to either; was_lost(input) tells it that it is one.
///
/// Notes      What the provider must remember stands in note(input); `notes` of an answer replaces it.
/// Again      `again` instead of a failure submits anew, with these notes: the next model of a chain.
/// Before     prepare() asks for what must go before the submit and costs nothing (an upload, a script); prepared() reads
///            each answer to it. It is asked until it wants nothing more.
/// Once more  `ask` asks for something else than poll() (another request, a script), and judged() reads that answer too;
///            asked(input) is true then.
class SubmitPollFetch : public Provider {
 public:
  struct Prepared {
    Json notes = nullptr;
    std::optional<Action> failure = {};
  };
  /// What an answer means: one of ask, fetch, outputs, failure and again; else poll() is asked after wait_ms.
  struct Judged {
    std::optional<std::int64_t> wait_ms = {};
    std::optional<double> progress = {};
    std::optional<Action> ask = {};
    std::optional<Action> fetch = {};
    Json outputs = nullptr;
    double cost = 0;
    std::optional<Action> failure = {};
    bool task_lives = false;  ///< the failure is not the task's: a later try asks about the same task again
    std::optional<Json> notes = {};
    std::optional<Json> again = {};
  };
  struct Accepted {
    std::string operation = {};
    std::optional<Action> failure = {};
    Json cancel = nullptr;
    Json patience = nullptr;  ///< of the model: Answer::patience
    std::optional<Json> notes = {};
    std::optional<Json> again = {};
    std::optional<Judged> at_once = {};  ///< there is no task to poll: the answer itself means this
  };

  virtual std::optional<Action> prepare(const Input&) { return std::nullopt; }
  virtual Prepared prepared(const Input&) { return {}; }
  virtual Action submit(const Input& input) = 0;
  virtual Accepted accepted(const Input& input) = 0;
  virtual Action poll(const Input& input, const std::string& operation) = 0;
  virtual Judged judged(const Input& input) = 0;
  virtual Action lost(const Input&) {
    return fail(Failure::provider_failed,
                "no answer came to the request that starts the task; it may have been accepted and charged",
                "unknown_submit");
  }

  /// What the provider noted; an empty object at first.
  static Json note(const Input& input) {
    const auto found = input.state.find("note");
    return found != input.state.end() && found->is_object() ? *found : Json::object();
  }
  /// The same for every sending of one submit, and another for every other: an idempotency key.
  static std::string key(const Input& input) { return input.state.value("key", ""); }
  static bool was_lost(const Input& input) { return input.state.contains("lost"); }
  static bool asked(const Input& input) { return input.state.contains("ask"); }

  Answer next(const Input& input) override {
    const std::string at = input.state.value("at", "");
    if (at == "submit" && input.event.is("unsent")) return begin(input, note(input), key(input));
    if (at == "submit") return after_submit(input);
    if (at == "poll") return after_poll(input);
    if (at == "fetch") return after_fetch(input);
    if (at != "prepare" || !answered(input)) return begin(input, note(input), another_key(input));
    Prepared step = prepared(input);
    if (step.failure) return {.action = *step.failure};
    return begin(input, std::move(step.notes), another_key(input));
  }

 private:
  static bool answered(const Input& input) {
    return input.event.is("http") || input.event.is("exec") || input.event.is("presigned");
  }

  static std::string another_key(const Input& input) { return std::to_string(input.random); }

  Answer begin(Input input, Json notes, const std::string& with_key) {
    input.state = {{"note", std::move(notes)}, {"key", with_key}};
    const std::optional<Action> first = prepare(input);
    Json state = {{"at", first ? "prepare" : "submit"}, {"note", note(input)}, {"key", with_key}};
    return {.state = std::move(state), .action = first ? *first : submit(input)};
  }
  Answer after_submit(const Input& input) {
    if (!answered(input)) return ask_after_loss(input);
    Accepted task = accepted(input);
    if (task.again) return begin(input, std::move(*task.again), another_key(input));
    if (task.failure) return {.action = *task.failure};
    Json state = {{"at", "poll"}, {"operation", task.operation}, {"cancel", task.cancel}};
    if (!task.patience.is_null()) state["patience"] = task.patience;
    state["note"] = task.notes ? std::move(*task.notes) : note(input);
    if (task.at_once) return settle(input, std::move(state), std::move(*task.at_once));
    return answer(std::move(state), poll(input, task.operation));
  }
  Answer ask_after_loss(const Input& input) {
    Action next = lost(input);
    if (next.json.value("type", "") == "fail") return {.action = std::move(next)};
    Json state = input.state;
    state["lost"] = true;
    return answer(std::move(state), std::move(next));
  }
  Answer after_poll(const Input& input) {
    if (answered(input)) return settle(input, input.state, judged(input));
    return answer(input.state, asked(input) ? Action{input.state["ask"]}
                                            : poll(input, input.state.value("operation", "")));
  }
  Answer settle(const Input& input, Json state, Judged result) {
    if (result.again) return begin(input, std::move(*result.again), another_key(input));
    if (result.notes) state["note"] = std::move(*result.notes);
    // The task is over, and a retry submits anew, unless it is said to live.
    if (result.failure)
      return result.task_lives ? answer(std::move(state), *result.failure)
                               : Answer{.action = *result.failure};
    if (result.ask) {
      state["ask"] = result.ask->json;
      return answer(std::move(state), *result.ask);
    }
    if (result.fetch) {
      state["at"] = "fetch";
      state["fetch"] = result.fetch->json;
      state["outputs"] = result.outputs;
      state["cost"] = result.cost;
      return answer(std::move(state), *result.fetch);
    }
    if (!result.outputs.is_null()) return answer(std::move(state), done(result.outputs, result.cost));
    Answer pause = answer(std::move(state), wait(result.wait_ms.value_or(5000)));
    pause.progress = result.progress;
    return pause;
  }
  static Answer after_fetch(const Input& input) {
    if (!input.event.is("http")) return answer(input.state, Action{input.state["fetch"]});
    const auto status = input.event.data.find("status");
    const bool numbered = status != input.event.data.end() && status->is_number_integer();
    const int code = numbered ? status->get<int>() : 0;
    if (code < 200 || code > 299)
      return answer(input.state, fail(Failure::transient,
                                      "fetching the result failed with HTTP status " + std::to_string(code)));
    return answer(input.state, done(input.state["outputs"], input.state.value("cost", 0.0)));
  }
  static Answer answer(Json state, Action action) {
    Answer made{.action = std::move(action)};
    made.operation = state.value("operation", "");
    made.cancel = state.value("cancel", Json());
    made.patience = state.value("patience", Json());
    made.state = std::move(state);
    return made;
  }
};

/// One request, whose answer is the result:
///
///   request()  what is asked for        -> http(..., {{"costs", true}, {"save", "speech.mp3"}})
///   told()     reads the answer         -> {.outputs = ...}, {.failure = fail(...)}, {.again = notes}, or {.ask = exec(...)}
///              for a script that looks at what came; told() reads its end too
class OneRequest : public SubmitPollFetch {
 public:
  virtual Action request(const Input& input) = 0;
  virtual Judged told(const Input& input) = 0;

  Action submit(const Input& input) final { return request(input); }
  Accepted accepted(const Input& input) final { return {.at_once = told(input)}; }
  Judged judged(const Input& input) final { return told(input); }
  Action poll(const Input& input, const std::string&) final { return lost(input); }
};

}  // namespace reelspool::sdk
