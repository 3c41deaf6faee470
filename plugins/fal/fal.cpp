#include <algorithm>
#include <cctype>

#include "fal_catalogue.hpp"
#include "plugins/fal/errors.hpp"
#include "plugins/fal/order.hpp"

/// The queue of fal.ai: submit, poll, read the result, fetch the file. Models and their inputs are the catalogue's.
/// Notes: {"model": place in the chain, "urls": {"audio": URL}, "slot": {"name", "upload_url", "file_url"}}, and once
/// the task is accepted its model's "id" and "cost": the chain may be another one when the worker comes back.
/// Source: fal.ai documentation and @fal-ai/client 1.10.1, read 2026-11-22; see README.md.
namespace reelspool::fal {
namespace {

using sdk::Action;
using sdk::Failure;
using sdk::HttpAnswer;
using sdk::Input;
using sdk::Json;

class Fal : public sdk::SubmitPollFetch {
 public:
  Json manifest() const override;

  std::optional<Action> prepare(const Input& input) override {
    const auto model = chosen(input);
    if (!model) return std::nullopt;
    const Json notes = note(input);
    const Json files = uploads_of(input, model->model);
    for (const auto& [name, file] : files.items()) {
      if (sdk::at(notes, ("/urls/" + name).c_str()).is_string()) continue;
      const std::string type = media_type(file.get<std::string>());
      // The key goes to fal's own hosts only, never to the address that it names for the upload.
      if (sdk::text_at(notes, "/slot/name") == name)
        return sdk::http("PUT", sdk::text_at(notes, "/slot/upload_url"),
                         {{"headers", {{"Content-Type", type}}}, {"file", file}, {"costs", false}});
      return sdk::http(
          "POST",
          base(input, "FAL_UPLOAD_URL", "/upload_url") + "/storage/upload/initiate?storage_type=fal-cdn-v3",
          {{"headers", key}, {"json", {{"file_name", file}, {"content_type", type}}}, {"costs", false}});
    }
    return std::nullopt;
  }

  Prepared prepared(const Input& input) override {
    const HttpAnswer answer(input.event);
    Json notes = note(input);
    if (!answer.ok()) return {.failure = failure(answer)};
    if (notes.contains("slot")) {
      notes["urls"][sdk::text_at(notes, "/slot/name")] = sdk::text_at(notes, "/slot/file_url");
      notes.erase("slot");
      return {.notes = std::move(notes)};
    }
    const auto model = chosen(input);
    const Json files = uploads_of(input, model ? model->model : Json::object());
    for (const auto& [name, file] : files.items()) {
      if (sdk::at(notes, ("/urls/" + name).c_str()).is_string()) continue;
      notes["slot"] = {{"name", name}};
      for (const char* part : {"upload_url", "file_url"}) {
        notes["slot"][part] = answer.text((std::string("/") + part).c_str());
        if (!is_url(answer.text((std::string("/") + part).c_str()))) return {.failure = failure(answer)};
      }
      break;
    }
    return {.notes = std::move(notes)};
  }

  Action submit(const Input& input) override {
    std::string why;
    const auto model = choose(input, catalogue(input), place(input), why);
    if (!model) return sdk::fail(Failure::unavailable, "fal: " + why, "no_model");
    return sdk::http("POST", queue(input) + "/" + model->id,
                     {{"headers", key},
                      {"json", order_of(input, model->model, note(input).value("urls", Json())).body},
                      {"costs", true}});
  }

  Accepted accepted(const Input& input) override {
    const HttpAnswer answer(input.event);
    const std::string id = answer.text("/request_id");
    if (answer.status() == 404) {  // no such model
      if (auto next = next_model(input)) return {.again = std::move(next)};
      return {.failure =
                  answer.failure(Failure::unavailable, "fal", "there is no such model", "model_not_found")};
    }
    const bool plain =
        !id.empty() && id.size() <= 100 && std::all_of(id.begin(), id.end(), [](unsigned char c) {
          return std::isalnum(c) != 0 || c == '-' || c == '_';
        });
    if (!answer.ok() || !plain) return {.failure = failure(answer)};
    const auto model = chosen(input);
    if (!model) return {.failure = failure(answer)};
    Json notes = note(input);
    notes["model"] = model->place;
    notes["id"] = model->id;
    notes["cost"] = order_of(input, model->model, Json()).cost;
    // Only the first two parts of a model's id stand in the addresses of its requests.
    const auto second = model->id.find('/', std::min(model->id.size(), model->id.find('/') + 1));
    const std::string operation = model->id.substr(0, second) + "/requests/" + id;
    return {.operation = operation,
            .cancel = sdk::http("PUT", queue(input) + "/" + operation + "/cancel", {{"headers", key}}).json,
            .patience = sdk::at(model->model, "/patience"),
            .notes = std::move(notes)};
  }

  Action poll(const Input& input, const std::string& operation) override {
    return sdk::http("GET", queue(input) + "/" + operation + "/status", {{"headers", key}});
  }

  Judged judged(const Input& input) override {
    const HttpAnswer answer(input.event);
    if (asked(input)) return result(input, answer);
    const std::string status = answer.text("/status");
    if (!answer.ok()) return trouble(answer);
    if (status == "IN_QUEUE" || status == "IN_PROGRESS") {
      const std::string set = input.setting("FAL_POLL_DELAY_MS");
      const auto usual =
          static_cast<std::int64_t>(catalogue(input).number(("/" + input.kind + "/poll_ms").c_str(), 5000));
      return {.wait_ms =
                  std::clamp<std::int64_t>(set.empty() ? usual : std::atoll(set.c_str()), 200, 600'000)};
    }
    if (status != "COMPLETED") return trouble(answer);
    // There is no FAILED: a failed request is completed, with an error.
    if (!answer.text("/error").empty() || !answer.text("/error_type").empty()) return over(input, answer);
    return {
        .ask = sdk::http("GET", queue(input) + "/" + input.state.value("operation", ""), {{"headers", key}})};
  }

 private:
  static inline const Json key = {{"Authorization", "Key ${secret:FAL_KEY}"}};

  static sdk::Catalogue catalogue(const Input& input) { return {input, compiled_catalogue}; }
  static std::string base(const Input& input, const char* setting, const char* pointer) {
    std::string url = input.setting(setting, catalogue(input).text(pointer));
    while (url.ends_with('/')) url.pop_back();
    return url;
  }
  static std::string queue(const Input& input) { return base(input, "FAL_QUEUE_URL", "/base_url"); }
  static std::size_t place(const Input& input) {
    return static_cast<std::size_t>(std::max(0.0, sdk::number_at(note(input), "/model")));
  }
  static std::optional<sdk::Choice> chosen(const Input& input) {
    std::string why;
    return choose(input, catalogue(input), place(input), why);
  }
  /// The notes for the next model that can take the request; nothing when there is none.
  static std::optional<Json> next_model(const Input& input) {
    std::string why;
    const auto now = chosen(input);
    const auto next = now ? choose(input, catalogue(input), now->place + 1, why) : std::nullopt;
    if (!next) return std::nullopt;
    Json notes = note(input);
    notes["model"] = next->place;
    return notes;
  }
  /// Asking failed, and says nothing about the task. A task that is no longer known is lost.
  static Judged trouble(const HttpAnswer& answer) {
    if (answer.status() == 404)
      return {.failure = answer.failure(Failure::provider_failed, "fal", "the result is no longer there",
                                        "result_lost")};
    const Verdict verdict = judge(answer);
    const bool meant =
        verdict.cls == Failure::rate_limited || verdict.cls == Failure::auth || verdict.cls == Failure::quota;
    return {.failure =
                answer.failure(meant ? verdict.cls : Failure::transient, "fal", verdict.said, verdict.code),
            .task_lives = true};
  }
  /// The model failed. The queue has tried up to ten times by then, so another model is asked, if there is one.
  static Judged over(const Input& input, const HttpAnswer& answer) {
    const Failure cls = judge(answer).cls;
    const bool refused =
        cls == Failure::content_policy || cls == Failure::invalid_request || cls == Failure::quota;
    if (auto next = refused ? std::nullopt : next_model(input)) return {.again = std::move(next)};
    return {.failure = failure(answer)};
  }

  static Judged result(const Input& input, const HttpAnswer& answer) {
    if (!answer.ok()) {
      // A model's failure is told in JSON; anything else comes from something on the way.
      const bool told = answer.body().is_object() && answer.body().contains("detail");
      return told && answer.status() != 404 ? over(input, answer) : trouble(answer);
    }
    if (answer.at("/has_nsfw_concepts/0") == true)  // the picture is black then
      return {.failure = answer.failure(Failure::content_policy, "fal", "the picture was held back", "nsfw")};
    const bool image = input.kind == "image";
    const std::string url = answer.text(image ? "/images/0/url" : "/video/url");
    if (!is_url(url)) return {.failure = failure(answer)};
    const std::string file = image ? "image.png" : "video.mp4";
    Judged made;
    made.fetch = sdk::http("GET", url, {{"save", file}});
    made.outputs = {{image ? "image" : "video", {{"file", file}}},
                    {"model", sdk::text_at(note(input), "/id")}};
    made.cost = sdk::number_at(note(input), "/cost");
    return made;
  }

  /// Where it may lead is the worker's to judge, by the manifest.
  static bool is_url(const std::string& text) {
    return text.starts_with("https://") || text.starts_with("http://");
  }

  static std::string media_type(const std::string& file) {
    constexpr std::pair<const char*, const char*> types[] = {
        {".mp4", "video/mp4"},  {".mov", "video/quicktime"}, {".webm", "video/webm"}, {".wav", "audio/wav"},
        {".mp3", "audio/mpeg"}, {".m4a", "audio/mp4"},       {".ogg", "audio/ogg"}};
    for (const auto& [ending, type] : types)
      if (file.ends_with(ending)) return type;
    return "application/octet-stream";
  }
};

Json Fal::manifest() const {
  const Json pixels = {{"min", 64}, {"max", 4096}};
  const Json first = 40;  // of the default chains
  return {{"name", "fal"},
          {"version", "1.0"},
          {"abi", REELSPOOL_ABI},
          {"kinds",
           {{"image", {{"limits", {{"width", pixels}, {"height", pixels}}}, {"order", first}}},
            {"video", {{"order", first}}},
            {"lip_sync", {{"order", first}}}}},
          {"secrets", {"FAL_KEY"}},
          {"settings",
           {"FAL_IMAGE_MODEL", "FAL_VIDEO_MODEL", "FAL_LIP_SYNC_MODEL", "FAL_POLL_DELAY_MS", "FAL_QUEUE_URL",
            "FAL_UPLOAD_URL"}},
          {"hosts",
           {"queue.fal.run", "rest.fal.ai", "*.fal.media", "${setting:FAL_QUEUE_URL}",
            "${setting:FAL_UPLOAD_URL}"}}};
}

}  // namespace
}  // namespace reelspool::fal

REELSPOOL_PROVIDER(reelspool::fal::Fal)
