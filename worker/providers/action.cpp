#include "worker/providers/action.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <utility>

#include "plugins/sdk/provider.h"

namespace reelspool {
namespace {

constexpr std::int64_t longest_wait_ms = 24 * 3600 * 1000;
constexpr int most_operations = 20;
constexpr std::size_t longest_support_code = 100, most_support_codes = 16;
constexpr std::size_t longest_operation_bytes = 1024;  // it is shown in jobs.json, to everybody who looks

Error rubbish(std::string reason) {
  return make_error(ErrorClass::plugin_crashed, "it answered " + std::move(reason));
}

/// A script's or an option's name: it becomes a file's name, or --name.
bool is_word(std::string_view text) {
  const auto good = [](unsigned char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
  };
  return !text.empty() && text.size() <= 64 && text[0] >= 'a' && text[0] <= 'z' &&
         std::all_of(text.begin(), text.end(), good);
}

Result<std::string> text_of(const Json& from, const char* field) {
  if (!from.contains(field) || !from[field].is_string())
    return rubbish(std::string("an action without a text \"") + field + "\"");
  return from[field].get<std::string>();
}

Result<ScriptCall::Value> read_value(const std::string& option, const Json& json) {
  if (json.is_string()) return ScriptCall::Value(json.get<std::string>());
  if (json.is_number_integer()) return ScriptCall::Value(json.get<std::int64_t>());
  if (json.is_number()) return ScriptCall::Value(json.get<double>());
  if (json.is_object() && json.size() == 1 && json.begin().value().is_string()) {
    const auto name = json.begin().value().get<std::string>();
    if (json.begin().key() == "input") return ScriptCall::Value(ScriptCall::Input{name});
    if (json.begin().key() == "output") return ScriptCall::Value(ScriptCall::Output{name});
  }
  return rubbish("option \"" + option +
                 "\" with a value that is no text, number, {\"input\": name} or {\"output\": name}");
}

using Read = decltype(Answer::action);

Result<Read> read_exec(const Json& json) {
  ExecAction exec;
  auto script = text_of(json, "script");
  if (!script) return script.error();
  if (!is_word(*script)) return rubbish("an exec of \"" + *script + "\", which is no script's name");
  exec.script = std::move(*script);
  const Json options = json.value("options", Json::array());
  if (!options.is_array()) return rubbish("options that are no list of [name, value]");
  for (const Json& option : options) {
    if (!option.is_array() || option.size() != 2 || !option[0].is_string() ||
        !is_word(option[0].get_ref<const std::string&>()))
      return rubbish("options that are no list of [name, value]: " + to_text(option).substr(0, 100));
    const auto name = option[0].get<std::string>();
    auto value = read_value(name, option[1]);
    if (!value) return value.error();
    exec.options.emplace_back(name, std::move(*value));
  }
  const Json files = json.value("files", Json::object());
  if (!files.is_object()) return rubbish("files that are no object of name and text");
  for (const auto& [name, text] : files.items()) {
    if (!text.is_string()) return rubbish("file \"" + name + "\" whose content is no text");
    exec.files.emplace(name, text.get<std::string>());
  }
  return Read(std::move(exec));
}

Result<Read> read_wait(const Json& json) {
  if (!json.contains("ms") || !json["ms"].is_number()) return rubbish("a wait without \"ms\"");
  const double ms = json["ms"].get<double>();
  if (!(ms >= 0 && ms <= longest_wait_ms))
    return rubbish("a wait of " + to_text(json["ms"]) + " ms; it must be 0 to a day");
  return Read(WaitAction{std::chrono::milliseconds(static_cast<std::int64_t>(ms))});
}

Result<Read> read_done(const Json& json) {
  if (!json.contains("outputs") || !json["outputs"].is_object())
    return rubbish("done without an object of outputs");
  const Json cost = json.value("cost", Json(0));
  if (!cost.is_number() || cost.get<double>() < 0) return rubbish("done with a cost that is no amount");
  return Read(DoneAction{json["outputs"], cost.get<double>()});
}

/// What a provider's support asks for; shown in the job.
Result<std::vector<std::string>> read_support_codes(const Json& json) {
  std::vector<std::string> codes;
  for (const Json& code : json) {
    if (!code.is_string() || code.get_ref<const std::string&>().size() > longest_support_code)
      return rubbish("fail with supportCodes that are no short texts");
    codes.push_back(code.get<std::string>());
  }
  if (codes.size() > most_support_codes) return rubbish("fail with more supportCodes than 16");
  return codes;
}

Result<Read> read_fail(const Json& json) {
  // The other classes are the worker's own words: a plugin does not decide that a job is cancelled.
  constexpr std::array sayable = {ErrorClass::transient,       ErrorClass::rate_limited,
                                  ErrorClass::timeout,         ErrorClass::content_policy,
                                  ErrorClass::invalid_request, ErrorClass::auth,
                                  ErrorClass::provider_failed, ErrorClass::media,
                                  ErrorClass::unavailable,     ErrorClass::quota};
  auto word = text_of(json, "class");
  if (!word) return word.error();
  auto message = text_of(json, "message");
  if (!message) return message.error();
  const auto cls = error_class_from(*word);
  if (!cls || std::find(sayable.begin(), sayable.end(), *cls) == sayable.end())
    return rubbish("fail with the class \"" + *word + "\", which a plugin cannot say");
  Error error = make_error(*cls, message->empty() ? "failed without a word" : std::move(*message));
  if (json.contains("code") && json["code"].is_string()) error.code = json["code"].get<std::string>();
  if (json.contains("retryAfterMs")) {
    const Json& after = json["retryAfterMs"];
    if (!after.is_number() || !(after.get<double>() >= 0 && after.get<double>() <= longest_wait_ms))
      return rubbish("fail with a retryAfterMs that is not 0 to a day");
    error.retry_after = std::chrono::milliseconds(static_cast<std::int64_t>(after.get<double>()));
  }
  auto codes = read_support_codes(json.value("supportCodes", Json::array()));
  if (!codes) return codes.error();
  error.support_codes = std::move(*codes);
  return Read(FailAction{std::move(error)});
}

Result<Read> read_action(const Json& json) {
  auto type = text_of(json, "type");
  if (!type) return type.error();
  if (*type == "exec") return read_exec(json);
  if (*type == "wait") return read_wait(json);
  if (*type == "done") return read_done(json);
  if (*type == "fail") return read_fail(json);
  if (*type == "http") {
    auto http = read_http_action(json);
    if (!http) return http.error();
    return Read(std::move(*http));
  }
  if (*type == "presign") {
    auto presign = read_presign_action(json);
    if (!presign) return presign.error();
    return Read(std::move(*presign));
  }
  return rubbish("an action of type \"" + *type + "\"; there are exec, http, presign, wait, done and fail");
}

/// {"soft_ms": 0 to a day, "hard_ms": 0 to a day, "operations": 1 to 20}, each of which may be absent.
Result<Json> read_patience(Json json) {
  if (json.is_null()) return json;
  if (!json.is_object()) return rubbish("a patience that is no object");
  for (const auto& [name, value] : json.items()) {
    const bool is_time = name == "soft_ms" || name == "hard_ms";
    if (!is_time && name != "operations") return rubbish("a patience with \"" + name.substr(0, 40) + "\"");
    const double number = value.is_number() ? value.get<double>() : -1;
    const bool good = is_time ? number >= 0 && number <= longest_wait_ms
                              : value.is_number_integer() && number >= 1 && number <= most_operations;
    if (!good) return rubbish("a patience whose " + name + " is " + to_text(value).substr(0, 40));
  }
  return json;
}

}  // namespace

Result<Answer> read_answer(std::string_view text) {
  auto json = parse_json(text);
  if (!json) return rubbish("no JSON: " + json.error().message);
  if (!json->is_object() || !json->contains("action") || !(*json)["action"].is_object())
    return rubbish("no object with an \"action\"");
  Answer answer;
  answer.state = json->value("state", Json());
  if (const std::size_t size = to_text(answer.state).size(); size > REELSPOOL_STATE_LIMIT)
    return rubbish("a state of " + std::to_string(size) + " bytes; at most " +
                   std::to_string(REELSPOOL_STATE_LIMIT) + " are kept, larger data goes into files");
  if (json->contains("progress")) {
    const Json& progress = (*json)["progress"];
    if (!progress.is_number() || !(progress.get<double>() >= 0 && progress.get<double>() <= 1))
      return rubbish("a progress that is not 0 to 1");
    answer.progress = progress.get<double>();
  }
  if (json->contains("operation")) {
    if (!(*json)["operation"].is_string()) return rubbish("an operation that is no text");
    answer.operation = (*json)["operation"].get<std::string>();
  }
  if (answer.operation.size() > longest_operation_bytes)
    return rubbish("an operation of " + std::to_string(answer.operation.size()) + " bytes; at most " +
                   std::to_string(longest_operation_bytes) + " are kept");
  answer.cancel = json->value("cancel", Json());
  if (const std::size_t size = to_text(answer.cancel).size(); size > REELSPOOL_STATE_LIMIT)
    return rubbish("a cancel of " + std::to_string(size) + " bytes; at most " +
                   std::to_string(REELSPOOL_STATE_LIMIT) + " are kept");
  if (!answer.cancel.is_null()) {
    auto cancel = read_http_action(answer.cancel);
    if (!cancel) return std::move(cancel.error()).while_doing("its cancel");
  }
  auto patience = read_patience(json->value("patience", Json()));
  if (!patience) return patience.error();
  answer.patience = std::move(*patience);
  auto action = read_action((*json)["action"]);
  if (!action) return action.error();
  answer.action = std::move(*action);
  return answer;
}

}  // namespace reelspool
