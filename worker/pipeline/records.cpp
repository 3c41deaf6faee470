#include "worker/pipeline/records.hpp"

#include <cmath>
#include <system_error>

#include "worker/pipeline/files.hpp"
#include "worker/steps/hashing.hpp"
#include "worker/story/scene_length.hpp"
#include "worker/story/unicode.hpp"
#include "worker/timeline/sidecars.hpp"

namespace reelspool {
namespace {

using boost::asio::awaitable;

Json plan_of(const StoryboardRequest& request) {
  Json plan;
  plan["title"] = request.video.title;
  plan["language"] = request.video.language;
  plan["clips"] = Json::array();
  for (const SceneRequest& scene : request.scenes) {
    const double guess_s =
        frames_to_seconds(scene_frames(estimated_speech_s(columns(scene.text)), scene.given_s));
    Json clip;
    clip["clip_index"] = scene.number - 1;
    clip["script"] = scene.text;
    clip["image_prompt"] = scene.visual;
    clip["voice_style_instruction"] = "";
    clip["duration_ms"] = std::llround(guess_s * 1000);
    plan["clips"].push_back(std::move(clip));
  }
  return plan;
}

awaitable<Result<Yield>> keep_text(Pool& pool, std::string name, std::string as, std::string text,
                                   StepContext& step) {
  auto write = [path = step.folder / name, text = std::move(text)] { return write_file(path, text); };
  auto written = co_await pool.run(std::move(write));
  if (!written) co_return std::move(written.error());
  Yield yield;
  yield.value[as] = name;
  yield.files.push_back({name, name});
  co_return yield;
}

awaitable<Result<Yield>> keep_captions(Pool& pool, std::vector<std::string> texts, StepContext& step) {
  Yield yield;
  for (std::size_t i = 0; i < caption_files.size(); ++i) {
    auto write = [path = step.folder / caption_files[i], text = texts[i]] { return write_file(path, text); };
    auto written = co_await pool.run(std::move(write));
    if (!written) co_return std::move(written.error());
    yield.files.push_back({caption_files[i], caption_files[i]});
  }
  yield.value["captions"] = "captions.vtt";
  co_return yield;
}

/// Blocks: it reads every file.
Result<std::string> assets_text(const std::filesystem::path& folder, const std::vector<Asset>& assets,
                                const std::vector<std::string>& urls) {
  ContentHashes contents;
  Json list = Json::array();
  for (std::size_t i = 0; i < assets.size(); ++i) {
    const std::filesystem::path path = folder / assets[i].file;
    auto hash = contents.of_file(path);
    if (!hash) return std::move(hash.error());
    std::error_code error;
    const auto bytes = std::filesystem::file_size(path, error);
    if (error) return system_error("looking at " + path.string(), error.value());
    Json entry;
    entry["type"] = assets[i].type;
    entry["path"] = assets[i].file;
    entry["bucket"] = nullptr;
    entry["url"] = urls[i];
    entry["bytes"] = bytes;
    entry["sha256"] = *hash;
    entry["duration"] = assets[i].seconds > 0 ? Json(assets[i].seconds) : Json();
    entry["scene"] = assets[i].scene > 0 ? Json(assets[i].scene) : Json();
    list.push_back(std::move(entry));
  }
  Json whole;
  whole["assets"] = std::move(list);
  return whole.dump(2) + "\n";
}

awaitable<Result<Yield>> keep_assets(Pool& pool, std::filesystem::path folder, std::vector<Asset> assets,
                                     std::vector<std::string> urls, StepContext& step) {
  auto list = [folder, assets, urls] { return assets_text(folder, assets, urls); };
  auto text = co_await pool.run(std::move(list));
  if (!text) co_return std::move(text.error());
  co_return co_await keep_text(pool, "assets.json", "assets", *std::move(text), step);
}

}  // namespace

Work write_plan(Attempt& attempt, const StoryboardRequest& request) {
  Work work;
  work.kind = "local";
  work.request = plan_of(request);
  work.carry_out = [&pool = attempt.pool, text = work.request.dump(2) + "\n"](StepContext& step) {
    return keep_text(pool, "plan.json", "plan", text, step);
  };
  return work;
}

Work write_captions(Attempt& attempt, const std::vector<CaptionTrack>& tracks, const Canvas& canvas,
                    std::int64_t frames) {
  Work work;
  work.kind = "local";
  std::vector<std::string> texts = {write_srt(tracks), write_vtt(tracks),
                                    write_ass(tracks, canvas.frame, {0, frames, canvas.fps})};
  work.request["texts"] = texts;
  work.carry_out = [&pool = attempt.pool, texts = std::move(texts)](StepContext& step) {
    return keep_captions(pool, texts, step);
  };
  return work;
}

Work list_assets(Attempt& attempt, std::vector<Asset> assets) {
  const std::filesystem::path folder = attempt.steps.job_folder();
  Work work;
  work.kind = "local";
  work.request["assets"] = Json::array();
  std::vector<std::string> urls;
  for (const Asset& asset : assets) {
    urls.push_back(asset.url.empty() ? url_of(attempt, asset.file) : asset.url);
    work.request["assets"].push_back(asset.type + " " + urls.back());
    work.inputs.push_back(folder / asset.file);
  }
  work.carry_out = [&pool = attempt.pool, folder, assets = std::move(assets), urls](StepContext& step) {
    return keep_assets(pool, folder, assets, urls, step);
  };
  return work;
}

std::string url_of(const Attempt& attempt, const std::string& file) {
  const std::string base = attempt.settings.text("FILES_BASE_URL");
  if (base.empty()) return file_url(attempt.steps.job_folder() / file);
  return base + (base.ends_with('/') ? "" : "/") + attempt.job.id + "/" + file;
}

}  // namespace reelspool
