#include "worker/providers/carrier.hpp"

#include <algorithm>
#include <chrono>
#include <functional>
#include <random>
#include <string_view>
#include <utility>

#include "worker/providers/outputs.hpp"
#include "worker/providers/pause.hpp"
#include "worker/steps/failure.hpp"
#include "worker/steps/verdict.hpp"
#include "worker/steps/wait.hpp"

namespace reelspool {
namespace {

namespace asio = boost::asio;

constexpr std::string_view unknown_submit = "unknown_submit";

Error named(Error error, const Plugin& plugin) {
  error.provider = plugin.manifest.name;
  return error;
}

/// For what is the plugin's fault: says whose.
Error accused(Error error, const Plugin& plugin) {
  return named(std::move(error).while_doing("plugin \"" + plugin.manifest.name + "\""), plugin);
}

/// Whose fault it is when an action cannot be carried out: the plugin's if it asked for what it may not have.
Error blamed(Error error, const Plugin& plugin) {
  if (error.cls == ErrorClass::plugin_crashed || error.cls == ErrorClass::invalid_request)
    return accused(std::move(error), plugin);
  return named(std::move(error), plugin);
}

/// What the plugin is asked (MESSAGES.md, "The input"). Put together as text: copying the parts into one JSON value costs more
/// than all else about a poll.
std::string input_text(const Carrier::Errand& errand, const Json& memory, const Json& event) {
  using namespace std::chrono;
  static std::random_device chance;
  const std::uint64_t random = (std::uint64_t{chance()} << 32) | chance();
  const auto now = duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count();
  const bool goes_on = memory.is_object() && memory.contains("state") &&
                       memory.value("provider", "") == errand.plugin->manifest.name;
  std::string text = R"({"kind":)" + to_text(Json(errand.kind));
  text += R"(,"request":)" + to_text(errand.request);
  text += R"(,"settings":)" + to_text(errand.settings);
  text += R"(,"catalogue":)" + (errand.plugin->catalogue.empty() ? "null" : errand.plugin->catalogue);
  text += R"(,"state":)" + (goes_on ? to_text(memory["state"]) : "null");
  text += R"(,"event":)" + to_text(event);
  text += R"(,"now":)" + std::to_string(now);
  text += R"(,"random":")" + std::to_string(random) + R"("})";
  return text;
}

bool costs(const Answer& answer) {
  const auto* http = std::get_if<HttpAction>(&answer.action);
  return http != nullptr && http->costs.value_or(false);
}

/// The last of the step's calls that a memory's errand sent.
std::optional<PaidCalls::Number> call_in(const Json& memory) {
  const auto found = memory.is_object() ? memory.find("call") : memory.end();
  if (!memory.is_object() || found == memory.end() || !found->is_number_unsigned()) return std::nullopt;
  return found->get<PaidCalls::Number>();
}

/// What is kept of an answer. Null when there is nothing to go on from.
Json memory_of(const Plugin& plugin, const Answer& answer, std::optional<PaidCalls::Number> call) {
  if (answer.state.is_null() && answer.operation.empty() && !costs(answer)) return nullptr;
  Json memory = {{"provider", plugin.manifest.name}, {"plugin", plugin.hash}, {"state", answer.state}};
  if (!answer.operation.empty()) memory["operation"] = answer.operation;
  if (!answer.cancel.is_null()) memory["cancel"] = answer.cancel;
  if (costs(answer)) memory["sending"] = "intended";
  if (call) memory["call"] = *call;
  if (!answer.patience.is_null()) memory["patience"] = answer.patience;
  return memory;
}

/// What is kept of a failure that nobody tries to mend here: itself, so that a worker which dies before the step has noted it
/// asks nobody again. The step's own record of it follows, and forgets the memory.
Json memory_of_failure(const Plugin& plugin, const Error& error) {
  return {{"provider", plugin.manifest.name}, {"plugin", plugin.hash}, {"failure", to_json(error)}};
}

bool is_final(const Error& error) {
  const Verdict known = verdict(error);
  return !known.step_again && !known.keeps_operation;
}

/// What a step that goes on is told of the action that was being carried out.
Json event_after_a_break(const Json& memory) {
  if (memory.value("sending", "") == "intended")
    return {{"type", "unsent"}, {"message", "the worker was stopped before anything was sent"}};
  return {{"type", "interrupted"}};
}

/// Makes durable that bytes of the request may leave from now on.
asio::awaitable<Result<>> note_sending(StepContext& step) {
  Json memory = step.memory;
  if (memory.value("sending", "") == "sent") co_return ok;
  // Whoever sends again has given up what it sent before: the next model of a chain.
  if (const auto before = call_in(memory))
    step.calls->failed(*before, make_error(ErrorClass::provider_failed, ""));
  const PaidCalls::Number call = step.calls->begin(memory.value("provider", ""));
  memory["sending"] = "sent";
  memory["call"] = call;
  auto saved = co_await step.save(memory);
  if (saved)
    step.memory = std::move(memory);
  else
    step.calls->unsent(call);
  co_return saved;
}

Error too_many_calls(std::size_t most) {
  Error error =
      make_error(ErrorClass::provider_failed,
                 "this step has sent " + std::to_string(most) +
                     " requests that may have cost money, and sends no more by itself: look at what they "
                     "became, then retry the job, or raise MAX_PAID_CALLS_PER_STEP");
  error.code = paid_calls_spent;
  return error;
}

std::string listed(const std::vector<std::string>& words) {
  std::string text;
  for (const auto& word : words) text += (text.empty() ? "" : ", ") + word;
  return text.empty() ? "none" : text;
}

/// Before a script runs: the texts are written, and every name is a file of the step's folder.
Result<> prepare(const ExecAction& exec, const StepFiles& files) {
  for (const auto& [name, text] : exec.files) {
    Result<> written = files.write(name, text);
    if (!written) return written;
  }
  for (const auto& [option, value] : exec.options) {
    Result<> held = ok;
    if (const auto* input = std::get_if<ScriptCall::Input>(&value))
      held = files.check_readable(input->path.string(), false);
    if (const auto* output = std::get_if<ScriptCall::Output>(&value))
      held = files.check_writable(output->path.string());
    if (!held) return std::move(held.error()).while_doing("option \"" + option + "\"");
  }
  return ok;
}

Json exec_event(const std::string& script, int exit, Json output, std::string error) {
  return {{"type", "exec"},
          {"script", script},
          {"exit", exit},
          {"output", std::move(output)},
          {"error", std::move(error)}};
}

/// A script's failure that its plugin is told of, so that it may try another way. Everything else ends the
/// step here.
bool is_the_plugins_affair(ErrorClass cls) {
  return cls == ErrorClass::media || cls == ErrorClass::invalid_request;
}

}  // namespace

asio::awaitable<Result<Json>> Carrier::carry(SharedErrand errand, StepContext& step) {
  const std::string& name = errand->plugin->manifest.name;
  Talk talk{errand, step, {{"type", "start"}}, call_in(step.memory)};
  if (step.memory.is_object() && step.memory.value("provider", "") == name) {
    if (step.memory.contains("failure")) co_return error_from(step.memory["failure"]);
    talk.event = event_after_a_break(step.memory);
  }
  auto made = co_await converse(talk);
  if (talk.call && made) step.calls->done(*talk.call);
  if (talk.call && !made) step.calls->failed(*talk.call, made.error());
  if (!made && step.stop->asked() == StopReason::cancelled) co_await end_operation(errand, step.memory, step);
  co_return made;
}

asio::awaitable<Result<Json>> Carrier::converse(Talk& talk) {
  const Plugin& plugin = *talk.errand->plugin;
  for (int turns = 0; turns < options_.most_turns; ++turns) {
    auto next = co_await turn(talk);
    if (!next) co_return std::move(next.error());
    if (next->made) co_return *std::move(next->made);
    if (!next->wait) continue;
    auto waited = co_await pause(*next->wait, *talk.step.stop);
    if (!waited) co_return named(std::move(waited.error()), plugin);
    talk.event = {{"type", "waited"}};
  }
  co_return accused(make_error(ErrorClass::plugin_crashed,
                               "it came to no end after " + std::to_string(options_.most_turns) + " actions"),
                    plugin);
}

asio::awaitable<Result<Carrier::Turn>> Carrier::turn(Talk& talk) {
  const Plugin& plugin = *talk.errand->plugin;
  StepContext& step = talk.step;
  if (step.stop->asked()) co_return named(stopped(*step.stop->asked()), plugin);
  auto text = co_await talk.errand->host->next(input_text(*talk.errand, step.memory, talk.event));
  if (!text) co_return named(std::move(text.error()), plugin);
  auto answer = read_answer(*text);
  if (!answer) co_return accused(std::move(answer.error()), plugin);
  if (answer->progress && step.report) step.report(*answer->progress);
  if (auto* made = std::get_if<DoneAction>(&answer->action)) co_return accept(std::move(*made), talk);

  if (costs(*answer) && step.calls->count() >= options_.most_paid_calls)
    co_return named(too_many_calls(options_.most_paid_calls), plugin);
  auto* failed = std::get_if<FailAction>(&answer->action);
  if (failed != nullptr) failed->error = failure_of(std::move(failed->error), plugin);
  if (talk.call && !answer->operation.empty()) step.calls->accepted(*talk.call, answer->operation);
  Json memory = memory_of(plugin, *answer, talk.call);
  if (failed != nullptr && failed->error.code == unknown_submit && options_.retry_unknown) memory = nullptr;
  if (failed != nullptr && is_final(failed->error)) memory = memory_of_failure(plugin, failed->error);
  // Before anything is done about it, and after a failure too: a state that the plugin gave up must not be
  // resumed.
  auto kept = co_await keep(std::move(memory), step);
  if (!kept) co_return named(std::move(kept.error()), plugin);

  if (failed != nullptr) co_return std::move(failed->error);
  if (const auto* wait = std::get_if<WaitAction>(&answer->action)) co_return Turn{{}, wait->time};
  auto acted = co_await act(*std::move(answer), talk);
  if (!acted) co_return std::move(acted.error());
  co_return Turn{};
}

Result<Carrier::Turn> Carrier::accept(DoneAction made, const Talk& talk) const {
  const Plugin& plugin = *talk.errand->plugin;
  Result<> right = check_outputs(talk.errand->kind, made.outputs, StepFiles(talk.step.folder));
  if (!right) return accused(std::move(right.error()), plugin);
  made.outputs["provider"] = plugin.manifest.name;
  made.outputs["cost"] = made.cost;
  return Turn{std::move(made.outputs), {}};
}

/// Does what is to be done; the event of it is what the plugin is told next.
asio::awaitable<Result<>> Carrier::act(Answer answer, Talk& talk) {
  const Errand& errand = *talk.errand;
  StepContext& step = talk.step;
  Result<Json> happened = make_error(ErrorClass::transient, "nothing");
  if (auto* http = std::get_if<HttpAction>(&answer.action)) {
    std::function<asio::awaitable<Result<>>()> sending = [&step] { return note_sending(step); };
    happened = co_await http_.carry(std::move(*http), *errand.grant, step, std::move(sending));
    if (step.memory.is_object() && step.memory.value("sending", "") == "sent") {
      talk.call = call_in(step.memory);
      if (happened && (*happened)["type"] == "unsent") step.calls->unsent(*talk.call);
    }
    if (!happened) happened = blamed(std::move(happened.error()), *errand.plugin);
  } else if (const auto* wanted = std::get_if<PresignAction>(&answer.action)) {
    happened = presign(*wanted, *errand.grant, std::chrono::system_clock::now());
    if (!happened) happened = blamed(std::move(happened.error()), *errand.plugin);
  } else {
    happened = co_await run_script(std::move(std::get<ExecAction>(answer.action)), *errand.plugin,
                                   !answer.progress, step);
  }
  if (!happened) co_return std::move(happened.error());
  talk.event = std::move(*happened);
  co_return ok;
}

asio::awaitable<Result<>> Carrier::keep(Json memory, StepContext& step) {
  if (memory == step.memory) co_return ok;
  auto saved = co_await step.save(memory);
  if (saved) step.memory = std::move(memory);
  co_return saved;
}

/// What the plugin says, but for what may have been paid for: that is decided by the operator.
Error Carrier::failure_of(Error error, const Plugin& plugin) const {
  if (error.code == unknown_submit) {
    error.cls = options_.retry_unknown ? ErrorClass::transient : ErrorClass::provider_failed;
    error.details = options_.retry_unknown ? "sent anew, because ON_UNKNOWN_SUBMIT is retry"
                                           : "not sent again, because it may have been charged: look at your "
                                             "account with the provider, then "
                                             "retry the job, or set ON_UNKNOWN_SUBMIT=retry";
  }
  return named(std::move(error), plugin);
}

asio::awaitable<void> Carrier::end_operation(SharedErrand errand, const Json& memory, StepContext& step) {
  if (!memory.is_object() || memory.value("provider", "") != errand->plugin->manifest.name) co_return;
  if (const auto call = call_in(memory)) step.calls->failed(*call, stopped(StopReason::cancelled));
  if (!memory.contains("cancel")) co_return;
  auto action = read_http_action(memory["cancel"]);
  if (action) co_await http_.cancel(std::move(*action), *errand->grant, step.folder);
}

asio::awaitable<Result<Json>> Carrier::run_script(ExecAction exec, const Plugin& plugin, bool report,
                                                  StepContext& step) {
  const auto& granted = plugin.manifest.scripts;
  if (std::find(granted.begin(), granted.end(), exec.script) == granted.end())
    co_return accused(make_error(ErrorClass::plugin_crashed, "it asked for the script \"" + exec.script +
                                                                 "\", which its manifest does not list (" +
                                                                 listed(granted) + ")"),
                      plugin);
  auto make_ready = [exec, files = StepFiles(step.folder)] { return prepare(exec, files); };
  Result<> ready = co_await pool_.run(std::move(make_ready));
  if (!ready)
    co_return accused(std::move(ready.error()).while_doing("it asked for \"" + exec.script + "\""), plugin);

  ScriptCall call;
  call.name = exec.script;
  call.options = std::move(exec.options);
  call.folder = step.folder;
  if (report && step.report) call.on_progress = step.report;
  auto output = co_await scripts_.run(std::move(call), *step.stop);
  if (output) {
    auto json = parse_json(*output);
    co_return exec_event(exec.script, 0, json ? std::move(*json) : Json(std::move(*output)), "");
  }
  Error& error = output.error();
  if (!is_the_plugins_affair(error.cls)) co_return named(std::move(error), plugin);
  const int exit = error.cls == ErrorClass::invalid_request ? 2 : 1;
  co_return exec_event(exec.script, exit, "", error.details.empty() ? error.message : error.details);
}

}  // namespace reelspool
