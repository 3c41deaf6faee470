#include "worker/pipeline/publishing.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include "jobstore/time.hpp"
#include "worker/pipeline/assembling.hpp"
#include "worker/pipeline/storing.hpp"
#include "worker/steps/gather.hpp"

namespace reelspool {
namespace {

using boost::asio::awaitable;

/// What people watch, and where.
struct Finished {
  std::string video, thumbnail;          ///< files of the job's folder
  std::string video_url, thumbnail_url;  ///< of their uploads; empty: there are none
  Json expires;                          ///< until when the uploads' URLs work, ms since 1970; null: for ever
};

/// Where there is a storage: the job is done once that has confirmed both.
awaitable<Result<>> store(Attempt& attempt, Finished& finished) {
  auto video =
      attempt.steps.run("upload-video", upload(attempt, finished.video, "STORAGE_VIDEO_KEY", "video/mp4"));
  auto thumbnail = attempt.steps.run(
      "upload-thumbnail", upload(attempt, finished.thumbnail, "STORAGE_THUMBNAIL_KEY", "image/jpeg"));
  auto stored = co_await gather(std::move(video), std::move(thumbnail));
  if (!stored) co_return std::move(stored.error());
  const auto& [stored_video, stored_thumbnail] = *stored;
  finished.video_url = stored_video.value("url", "");
  finished.thumbnail_url = stored_thumbnail.value("url", "");
  finished.expires = stored_video.value("expires", Json());
  co_return ok;
}

bool has_captions(const std::vector<CaptionTrack>& tracks) {
  return std::any_of(tracks.begin(), tracks.end(),
                     [](const CaptionTrack& track) { return !track.cues.empty(); });
}

void add_assets(const Assembly& assembly, const Finished& finished, std::vector<Asset>& assets) {
  const double seconds = assembly.canvas.seconds(assembly.frames);
  assets.push_back({"sound", "mix.wav", 0, seconds});
  if (has_captions(assembly.captions))
    for (const char* file : caption_files) assets.push_back({"captions", file, 0, 0});
  assets.push_back({"video", finished.video, 0, seconds, finished.video_url});
  assets.push_back({"thumbnail", finished.thumbnail, 0, 0, finished.thumbnail_url});
}

Json fields_of(const Attempt& attempt, const Assembly& assembly, const Finished& finished, const Json& mix) {
  Json fields;
  fields["videoUrl"] = finished.video_url.empty() ? url_of(attempt, finished.video) : finished.video_url;
  fields["thumbnailUrl"] =
      finished.thumbnail_url.empty() ? url_of(attempt, finished.thumbnail) : finished.thumbnail_url;
  if (finished.expires.is_number_integer())
    fields["videoUrlExpiresAt"] =
        format_time(Time(std::chrono::milliseconds(finished.expires.get<std::int64_t>())));
  if (has_captions(assembly.captions)) fields["captionsUrl"] = url_of(attempt, "captions.vtt");
  fields["videoSeconds"] = assembly.canvas.seconds(assembly.frames);
  fields["width"] = assembly.canvas.frame.width;
  fields["height"] = assembly.canvas.frame.height;
  fields["loudnessLufs"] = mix.value("integrated_lufs", Json());
  return fields;
}

}  // namespace

awaitable<Result<Json>> publish(Attempt& attempt, Assembly assembly, bool is_stored) {
  Steps& steps = attempt.steps;
  auto mix = co_await steps.run(
      "mix", mix_sound(attempt, assembly.canvas.samples(assembly.frames), assembly.sounds));
  if (!mix) co_return std::move(mix.error());
  auto video = co_await steps.run("finish", finish_video(attempt, assembly.pieces, mix->value("audio", ""),
                                                         assembly.frames, assembly.canvas));
  if (!video) co_return std::move(video.error());
  auto still = co_await steps.run("thumbnail", thumbnail(attempt, video->value("video", "")));
  if (!still) co_return std::move(still.error());
  if (has_captions(assembly.captions)) {
    auto written = co_await steps.run(
        "captions", write_captions(attempt, assembly.captions, assembly.canvas, assembly.frames));
    if (!written) co_return std::move(written.error());
  }
  Finished finished{video->value("video", ""), still->value("image", ""), "", "", nullptr};
  if (is_stored) {
    auto uploaded = co_await store(attempt, finished);
    if (!uploaded) co_return std::move(uploaded.error());
  }
  std::vector<Asset> assets = std::move(assembly.assets);
  add_assets(assembly, finished, assets);
  auto listed = co_await steps.run("assets", list_assets(attempt, std::move(assets)));
  if (!listed) co_return std::move(listed.error());
  co_return fields_of(attempt, assembly, finished, *mix);
}

std::vector<std::string> publishing_steps(bool has_captions, bool is_stored) {
  std::vector<std::string> keys = {"mix", "finish", "thumbnail", "assets"};
  if (has_captions) keys.push_back("captions");
  if (is_stored)
    for (const char* step : {"upload-video", "upload-thumbnail"}) keys.push_back(step);
  return keys;
}

}  // namespace reelspool
