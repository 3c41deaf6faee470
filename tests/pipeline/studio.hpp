#pragma once

#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>
#include <numbers>

#include "tests/steps/world.hpp"
#include "tests/support/media.hpp"
#include "worker/pipeline/files.hpp"
#include "worker/pipeline/pipeline.hpp"
#include "worker/story/words.hpp"

namespace reelspool::testing {

/// Providers that make small true things at once: a picture, a tone for a narration, a move. Each request is kept.
class SmallProviders : public Providers {
 public:
  struct Asked {
    std::string kind, key;
    Json request;
  };
  std::vector<Asked> asked;
  std::map<std::string, Error> failing;  ///< by step key: fails instead
  /// By kind: can() says no. Where there is no storage, nothing is uploaded.
  std::map<std::string, Error> incapable = {{"storage", make_error(ErrorClass::unavailable, "no storage")}};
  std::function<void(const std::string& key)> on_ask;

  int count(std::string_view kind) const {
    return static_cast<int>(
        std::count_if(asked.begin(), asked.end(), [&](const Asked& one) { return one.kind == kind; }));
  }
  const Json& request(const std::string& key) const {
    for (const Asked& one : asked)
      if (one.key == key) return one.request;
    static const Json none;
    ADD_FAILURE() << key << " was never asked for";
    return none;
  }

  asio::awaitable<Result<Json>> perform(std::string kind, Json request, StepContext& step) override {
    asked.push_back({kind, step.key, request});
    if (on_ask) on_ask(step.key);
    if (const auto error = failing.find(step.key); error != failing.end()) co_return error->second;
    co_return make(kind, request, step.folder);
  }
  Result<> can(std::string_view kind, const Json&) override {
    const auto error = incapable.find(std::string(kind));
    if (error != incapable.end()) return error->second;
    return ok;
  }

 private:
  static void write_tone(const std::filesystem::path& path, double seconds, double hz) {
    const auto samples = static_cast<std::uint32_t>(seconds * 22050);
    std::string bytes;
    const auto put = [&](std::uint32_t value, int size) {
      for (int i = 0; i < size; ++i) bytes += static_cast<char>(value >> (8 * i));
    };
    bytes += "RIFF";
    put(36 + samples * 2, 4);
    bytes += "WAVEfmt ";
    put(16, 4), put(1, 2), put(1, 2), put(22050, 4), put(44100, 4), put(2, 2), put(16, 2);
    bytes += "data";
    put(samples * 2, 4);
    for (std::uint32_t i = 0; i < samples; ++i)
      put(static_cast<std::uint32_t>(
              static_cast<std::int16_t>(9000 * std::sin(2 * std::numbers::pi * hz * i / 22050))),
          2);
    std::ofstream(path, std::ios::binary) << bytes;
  }

  static Json make(const std::string& kind, const Json& request, const std::filesystem::path& folder) {
    Json outputs;
    if (kind == "speech") {
      const std::string text = request["text"].get<std::string>();
      const double seconds = 0.06 * static_cast<double>(text.size());
      write_tone(folder / "said.wav", seconds, 220);
      outputs["audio"]["file"] = "said.wav";
      outputs["seconds"] = seconds;
      outputs["timing"] = "measured";
      outputs["words"] = Json::array();
      for (const TimedWord& word : spread_words(text, seconds - 0.05))
        outputs["words"].push_back(Json{{"text", word.text}, {"start", word.start_s}, {"end", word.end_s}});
    } else if (kind == "image") {
      test::make("-f lavfi -i color=c=0x224466:s=48x86 -frames:v 1", folder / "drawn.png");
      outputs["image"]["file"] = "drawn.png";
    } else if (kind == "video") {
      outputs["still"]["file"] = request["image"]["file"];
      outputs["still"]["move"]["from"] = Json{{"x", 0.5}, {"y", 0.5}, {"zoom", 1}};
      outputs["still"]["move"]["to"] = Json{{"x", 0.5}, {"y", 0.45}, {"zoom", 1.1}};
    } else if (kind == "storage") {
      const auto bytes = std::filesystem::file_size(folder / request["file"]["file"].get<std::string>());
      EXPECT_EQ(request["bytes"], bytes);
      outputs["url"] = "https://cdn.test/" + request["key"].get<std::string>();
      outputs["expires"] = 1795363200000;
    } else {
      write_tone(folder / "bed.wav", 4, 110);
      outputs["audio"]["file"] = "bed.wav";
    }
    return outputs;
  }
};

/// A world in which jobs are really made: real store, steps, scripts and ffmpeg, small frames, providers of the test's own.
class Studio : public World {
 protected:
  Studio() {
    set("VIDEO_PRESET", "ultrafast");
    set("WATERMARK_IMAGE", WATERMARK);
    set("DATA_DIR", data_.string());
  }

  void set(const std::string& name, const std::string& value) { flags_[name] = value; }

  static RetryRule never(std::string_view) { return {.retries = 0, .first = {}, .most = {}}; }

  /// One attempt at a job, submitted first if it is new. What ends it is given back; the claim is ended accordingly.
  Result<Json> attempt(const std::string& type, const Json& params, const std::string& id = "job") {
    if (!store().find(id)) submit(id, type, params);
    auto claimed = store().claim_job(id);
    if (!claimed || !*claimed) return make_error(ErrorClass::transient, "the job is not claimable");
    const Job job = (*claimed)->job;
    const Claim claim = (*claimed)->claim;
    Settings::Sources sources;
    sources.flags = flags_;
    sources.directory = data_;
    auto settings = Settings::load(sources);
    if (!settings) return settings.error();

    Permits permits(loop_.get_executor(), {{"render", 2}});
    Programs programs(loop_.get_executor(), {.shim = SHIM, .records = data_ / "programs"});
    Scripts scripts(programs, {REELSPOOL_SCRIPTS}, true);
    Stop stop;
    stop_ = &stop;
    RetryRules rules;
    rules.rule = never;
    Steps steps(store(), pool_, permits, claim, job.attempt,
                {folder(id), folder(id) / ("work-" + std::to_string(claim.token))}, stop, rules);
    std::optional<Result<Json>> outcome;
    on_loop(loop_, [&]() -> asio::awaitable<void> {
      const auto opened = co_await steps.open();
      EXPECT_TRUE(is_ok(opened));
      Attempt attempt{.job = job,
                      .params = params,
                      .steps = steps,
                      .providers = providers_,
                      .scripts = scripts,
                      .pool = pool_,
                      .settings = *settings,
                      .stop = stop,
                      .times = times_,
                      .show = [&](const Progress& now) { shown_.push_back(now); }};
      auto pipeline = find_pipeline(type);
      if (pipeline) {
        outcome.emplace(co_await (*pipeline)(attempt));
      } else {
        outcome.emplace(std::move(pipeline.error()));
      }
    });
    stop_ = nullptr;
    Ending ending;
    ending.kind = *outcome ? Ending::Kind::done : Ending::Kind::retry;
    ending.run_at = clock_.now();
    EXPECT_TRUE(is_ok(store().finish(claim, ending)));
    return *std::move(outcome);
  }

  Json read_json(const std::filesystem::path& path) {
    auto parsed = parse_json(content(path));
    EXPECT_TRUE(is_ok(parsed)) << path;
    return parsed ? *parsed : Json();
  }
  Json scenes_json(const std::string& id = "job") { return read_json(folder(id) / "scenes.json")["scenes"]; }

  std::map<std::string, std::string> flags_;
  SmallProviders providers_;
  std::vector<Progress> shown_;
  StepTimes times_;
  Stop* stop_ = nullptr;
};

}  // namespace reelspool::testing
