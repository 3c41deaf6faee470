#pragma once

/// The C++ face of provider.h, compiled into the plugin: derive from Provider, export it, done.
///
///   class Cards : public reelspool::sdk::Provider {
///     Json manifest() const override { return {{"name", "cards"}, {"version", "1.0"}, ...}; }
///     Answer next(const Input& input) override {
///       if (input.event.is("exec")) return {.action = done({{"image", {{"file", "card.png"}}}})};
///       return {.state = "drawing", .action = exec("card").option("width",
///       input.request["width"]).output("out", "card.png")};
///     }
///   };
///   REELSPOOL_PROVIDER(Cards)
///
/// Rules    No clock, no chance, no files, no sockets, no threads needed: all that a provider knows is in the
/// Input.
///          A member variable is no state: the next call may come in another process. State is Answer::state.
/// Errors   What a provider throws is caught here and reported as a fault of the plugin (plugin_crashed, with
/// what()).
///          What a provider wants to report about a request is the action `fail`.
/// Messages MESSAGES.md; requests and outputs of each kind: KINDS.md. Tutorial: README.md.

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "plugins/sdk/provider.h"

namespace reelspool::sdk {

/// Objects keep the order in which they were written.
using Json = nlohmann::ordered_json;

/// What happened since the last answer.
///
///   start        nothing yet; state is empty
///   exec         the script ended: exit(), output(), error()
///   http         the answer came: data["status"], data["headers"], data["body"]
///   waited       the wait is over
///   presigned    the URL is signed: data["url"], data["expires"]
///   interrupted  the worker died or was stopped while it carried out the last action; whether that happened
///   is unknown.
///                What costs nothing (a script, a wait, a poll) is simply answered again.
struct Event {
  std::string type;
  Json data;  ///< the whole event, "type" included

  bool is(std::string_view name) const { return type == name; }
  int exit() const { return data.value("exit", 0); }                          ///< of exec; 0: it worked
  std::string script() const { return data.value("script", std::string()); }  ///< of exec: which one
  /// Of exec: what the script printed; parsed when it printed JSON, else a string. Of http: the body.
  Json output() const { return data.value("output", data.value("body", Json())); }
  std::string error() const {
    return data.value("error", std::string());
  }  ///< of exec: its last lines on stderr
};

struct Input {
  std::string kind;  ///< "image", "speech" ...: what is to be made
  Json request;      ///< see KINDS.md
  Json settings;     ///< {"NAME": "value"}: those of the manifest that are set
  Json catalogue;    ///< what the operator's NAME.json changes of the plugin's catalogue; else null
  Json state;        ///< Answer::state of the last call for this request; at first an empty object
  Event event;
  std::int64_t now_ms = 0;   ///< wall clock, milliseconds since 1970 UTC
  std::uint64_t random = 0;  ///< new at each call

  std::string setting(const char* name, std::string otherwise = {}) const {
    return settings.value(name, std::move(otherwise));
  }
};

/// One thing for the worker to do. Made by the functions below.
struct Action {
  Json json;
};

/// A script of ffmpeg-scripts, listed under "scripts" in the manifest, run in the step's folder.
/// Names of files are plain names in that folder; whatever else is refused.
struct Exec : Action {
  explicit Exec(std::string_view script) {
    json = {{"type", "exec"}, {"script", script}, {"options", Json::array()}};
  }

  /// --name value. A string, a number, or true for an option without a value.
  Exec& option(std::string_view name, Json value) {
    json["options"].push_back(Json::array({Json(name), std::move(value)}));
    return *this;
  }
  /// --name FILE, a file that must be there: an input of the request, or made by an earlier script, or by
  /// file().
  Exec& input(std::string_view name, std::string_view file) { return option(name, Json{{"input", file}}); }
  /// --name FILE, a file that the script makes.
  Exec& output(std::string_view name, std::string_view file) { return option(name, Json{{"output", file}}); }
  /// A small text file, written into the step's folder before the script starts. Text that people wrote goes
  /// this way.
  Exec& file(std::string_view name, std::string_view text) {
    json["files"][std::string(name)] = text;
    return *this;
  }
};
inline Exec exec(std::string_view script) {
  return Exec(script);
}

/// Come back after this long; the event is then `waited`. At most a day.
inline Action wait(std::int64_t ms) {
  return {{{"type", "wait"}, {"ms", ms}}};
}

/// It is made. The outputs are those of the kind; files are names in the step's folder. Cost in US dollars.
inline Action done(Json outputs, double cost = 0) {
  return {{{"type", "done"}, {"outputs", std::move(outputs)}, {"cost", cost}}};
}

/// Why a request cannot be made. The class decides what happens next.
enum class Failure {
  transient,        ///< tried again
  rate_limited,     ///< tried again after retry_after_ms
  timeout,          ///< tried again
  content_policy,   ///< never tried again unchanged
  invalid_request,  ///< never tried again unchanged
  auth,             ///< the key is missing or wrong: the next provider
  provider_failed,  ///< the provider tried and could not
  media,            ///< a file is not what it should be
  unavailable,      ///< not configured or not offered: the next provider
  quota,            ///< the credit is spent: the next provider
};
inline const char* word(Failure failure) {
  constexpr const char* words[] = {"transient",       "rate_limited", "timeout",         "content_policy",
                                   "invalid_request", "auth",         "provider_failed", "media",
                                   "unavailable",     "quota"};
  return words[static_cast<int>(failure)];
}

/// `message`: one line for the person whose video it is. `code`: a stable word, where the provider has one.
inline Action fail(Failure failure, std::string_view message, std::string_view code = {},
                   std::optional<std::int64_t> retry_after_ms = {}) {
  Action action{{{"type", "fail"}, {"class", word(failure)}, {"message", message}}};
  if (!code.empty()) action.json["code"] = code;
  if (retry_after_ms) action.json["retryAfterMs"] = *retry_after_ms;
  return action;
}

/// An HTTP request. `more` may hold headers {"Authorization": "Key ${secret:FAL_KEY}"}, json (the body), save
/// (a file name for a large answer) and costs (true: never sent twice). The host must be listed under "hosts"
/// in the manifest.
inline Action http(std::string_view method, std::string_view url, const Json& more = Json::object()) {
  Action action{{{"type", "http"}, {"method", method}, {"url", url}}};
  action.json.update(more);
  return action;
}

/// `sign` of an HTTP request, or of presign(): AWS Signature Version 4. The secret key is a placeholder, ${secret:NAME}.
inline Json aws4(std::string_view service, std::string_view region, std::string_view access_key,
                 std::string_view secret_key) {
  return {{"type", "aws4"},
          {"service", service},
          {"region", region},
          {"access_key", access_key},
          {"secret_key", secret_key}};
}

/// A URL by which anybody may GET a private object for so long (1 to 604800 s); the event is then `presigned`, with "url"
/// and "expires". Nothing is sent.
inline Action presign(std::string_view url, Json sign, std::int64_t seconds) {
  return {{{"type", "presign"}, {"url", url}, {"sign", std::move(sign)}, {"seconds", seconds}}};
}

struct Answer {
  Json state =
      nullptr;  ///< kept durably before the action is carried out; under 64 KiB. Null forgets: it starts anew
  Action action;
  std::optional<double> progress = {};  ///< 0-1 of this request
  std::string operation = {};           ///< the id of the provider's own task, for the operator's eyes
  Json cancel = nullptr;  ///< an http action that ends the provider's task when the job is cancelled
  Json patience =
      nullptr;  ///< how long and how often the worker waits for such a task, where the model says so (MESSAGES.md)
};

class Provider {
 public:
  virtual ~Provider() = default;
  virtual Json manifest() const = 0;
  virtual Answer next(const Input& input) = 0;
};

// --- From here on: how the class becomes the C ABI ---

inline Input read_input(std::string_view text) {
  const Json json = Json::parse(text);
  Input input;
  input.kind = json.at("kind").get<std::string>();
  input.request = json.at("request");
  input.settings = json.value("settings", Json::object());
  input.catalogue = json.value("catalogue", Json());
  input.state = json.value("state", Json());
  // So that a provider may always ask state.value("at", ""): value() of null throws.
  if (input.state.is_null()) input.state = Json::object();
  input.event.data = json.at("event");
  input.event.type = input.event.data.at("type").get<std::string>();
  input.now_ms = json.value("now", std::int64_t{0});
  input.random = std::strtoull(json.value("random", "0").c_str(), nullptr, 10);
  return input;
}

inline Json to_json(const Answer& answer) {
  Json json = {{"state", answer.state}, {"action", answer.action.json}};
  if (answer.progress) json["progress"] = *answer.progress;
  if (!answer.operation.empty()) json["operation"] = answer.operation;
  if (!answer.cancel.is_null()) json["cancel"] = answer.cancel;
  if (!answer.patience.is_null()) json["patience"] = answer.patience;
  return json;
}

/// Bad UTF-8 (half a character that some tool cut off) is replaced, never thrown about.
inline std::string to_text(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

namespace detail {

inline reelspool_bytes hand_over(const std::string& text) {
  auto* copy = static_cast<char*>(std::malloc(text.empty() ? 1 : text.size()));
  if (copy == nullptr) return {nullptr, 0};
  std::memcpy(copy, text.data(), text.size());
  return {copy, text.size()};
}

template <class P>
Provider& instance() {
  static P provider;
  return provider;
}

template <class P>
reelspool_bytes describe() {
  static const std::string text = []() -> std::string {
    try {
      return to_text(instance<P>().manifest());
    } catch (...) {
      return "";
    }
  }();
  return {text.data(), text.size()};
}

template <class P>
std::uint32_t next(reelspool_bytes input, reelspool_bytes* answer) {
  try {
    try {
      *answer = hand_over(to_text(to_json(instance<P>().next(read_input({input.data, input.size})))));
      return 0;
    } catch (const std::exception& thrown) {
      *answer = hand_over(std::string("threw: ") + thrown.what());
    }
  } catch (...) {
    *answer = {nullptr, 0};
  }
  return 1;
}

inline void release(reelspool_bytes answer) {
  std::free(const_cast<char*>(answer.data));
}

}  // namespace detail
}  // namespace reelspool::sdk

// The usual shapes of a provider, ready to derive from.
#include "plugins/sdk/shapes.hpp"

/// Exports the class as the plugin's one symbol. Once, outside any namespace.
#define REELSPOOL_PROVIDER(Class)                                                          \
  extern "C" REELSPOOL_EXPORT const reelspool_plugin* reelspool_provider(void) {           \
    static const reelspool_plugin plugin = {                                               \
        sizeof(reelspool_plugin), REELSPOOL_ABI, &reelspool::sdk::detail::describe<Class>, \
        &reelspool::sdk::detail::next<Class>, &reelspool::sdk::detail::release};           \
    return &plugin;                                                                        \
  }
