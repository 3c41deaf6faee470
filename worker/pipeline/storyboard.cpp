// A storyboard becomes a video, read from top to bottom:
//
//   check everything that costs nothing
//   every scene, beside the others:  narration beside picture -> motion -> one encode (exact frames, captions, watermark)
//   music as long as the scenes      -> one mix of all sound -> join by copy, sound encoded once -> thumbnail -> upload,
//   where there is a storage -> list of files
//
// Each line is a durable step: after a crash this runs again from the top and what is done answers at once.

#include "worker/pipeline/storyboard.hpp"

#include <chrono>
#include <utility>

#include "jobstore/time.hpp"
#include "worker/pipeline/before_spending.hpp"
#include "worker/pipeline/job_progress.hpp"
#include "worker/pipeline/making.hpp"
#include "worker/pipeline/records.hpp"
#include "worker/pipeline/scene_board.hpp"
#include "worker/pipeline/storing.hpp"
#include "worker/steps/failure.hpp"
#include "worker/steps/gather.hpp"
#include "worker/story/ass.hpp"
#include "worker/story/narration.hpp"
#include "worker/story/scene_length.hpp"
#include "worker/story/unicode.hpp"

namespace reelspool {
namespace {

using boost::asio::awaitable;

/// What all scenes of a video have in common. Outlives them.
struct Video {
  Attempt& attempt;
  StoryboardRequest request;
  Prepared prepared;
  std::optional<std::filesystem::path> watermark;
  SceneBoard& board;
};

struct MadeScene {
  int number = 1;
  std::string image, clip, piece;
  std::optional<Narration> narration;
  int frames = 0;
};

/// Nothing (null) for a scene that says nothing.
awaitable<Result<Json>> narrate(Video& video, SceneRequest scene) {
  if (!is_spoken(scene, video.request.video, video.attempt.settings)) co_return Json();
  co_return co_await video.attempt.steps.run(scene_key(scene.number, "speech"),
                                             speak(video.attempt, scene, video.request.video));
}

/// The job's own picture, or one that is made.
awaitable<Result<Json>> picture(Video& video, SceneRequest scene) {
  if (const auto own = video.prepared.pictures.find(scene.number); own != video.prepared.pictures.end()) {
    Json value;
    value["image"] = own->second;
    co_return value;
  }
  scene.title = without_characters(scene.title, video.prepared.undrawable);
  scene.text = without_characters(scene.text, video.prepared.undrawable);
  co_return co_await video.attempt.steps.run(
      scene_key(scene.number, "keyframe"),
      draw(video.attempt, scene, video.request.video, video.request.scenes.size()));
}

/// The ASS file of a scene: its words at their measured times, or, where nobody says them, over the whole scene.
std::string captions_of(const Video& video, const SceneRequest& scene, const MadeScene& made) {
  const VideoRequest& look = video.request.video;
  const bool unsaid = !made.narration && !is_sayable(scene.text);
  if (!look.captions || scene.text.empty() || (!made.narration && !unsaid)) return {};
  std::vector<TimedWord> words =
      unsaid ? spread_words(scene.text, frames_to_seconds(made.frames) - narration_starts_s)
             : made.narration->words;
  for (TimedWord& word : words) word.text = without_characters(word.text, video.prepared.undrawable);
  std::erase_if(words, [](const TimedWord& word) { return word.text.empty(); });
  if (words.empty()) return {};
  const auto cues = make_cues(words, caption_room(look.caption_style, look.frame));
  return write_ass(cues, look.caption_style, look.frame, narration_starts_s);
}

awaitable<Result<MadeScene>> make_scene_steps(Video& video, SceneRequest scene) {
  Attempt& attempt = video.attempt;
  MadeScene made;
  made.number = scene.number;

  auto both = co_await gather(narrate(video, scene), picture(video, scene));
  if (!both) co_return std::move(both.error());
  const auto& [speech, keyframe] = *both;
  if (!speech.is_null()) {
    made.narration = narration_from(speech, scene.text);
    video.board.add_file(scene.number, "audio", made.narration->audio);
  }
  made.image = keyframe.value("image", "");
  video.board.add_file(scene.number, "image", made.image);

  // The narration decides the length: in whole frames, so that picture and sound agree to the sample.
  const auto spoken_s = made.narration ? std::optional(made.narration->spoken_s) : std::nullopt;
  made.frames = scene_frames(spoken_s, scene.given_s);
  video.board.set_seconds(scene.number, frames_to_seconds(made.frames));

  auto clip = co_await attempt.steps.run(
      scene_key(scene.number, "clip"),
      animate(attempt, scene, video.request.video, made.image, frames_to_seconds(made.frames)));
  if (!clip) co_return std::move(clip.error());
  made.clip = clip->value("video", "");
  if (!made.clip.empty()) video.board.add_file(scene.number, "clip", made.clip);

  PieceRequest piece{.scene = scene.number,
                     .clip = *std::move(clip),
                     .frames = made.frames,
                     .frame = video.request.video.frame,
                     .captions = captions_of(video, scene, made),
                     .watermark = video.watermark};
  auto encoded =
      co_await attempt.steps.run(scene_key(scene.number, "piece"), encode_piece(attempt, std::move(piece)));
  if (!encoded) co_return std::move(encoded.error());
  made.piece = encoded->value("piece", "");
  video.board.add_file(scene.number, "piece", made.piece);
  co_return made;
}

awaitable<Result<MadeScene>> make_scene(Video& video, SceneRequest scene) {
  const int number = scene.number;
  auto made = co_await make_scene_steps(video, std::move(scene));
  // A scene that was not begun because another one failed has that one's error, and is no failure of its own.
  if (!made && (made.error().scene == number || made.error().scene == 0)) {
    if (made.error().scene == 0) made.error().scene = number;
    video.board.failed(number, made.error());
  }
  co_return made;
}

struct Timeline {
  std::int64_t frames = 0;
  std::vector<PlacedVoice> voices;
  std::vector<std::string> pieces;
};

/// Where everything lies in the finished video, in the storyboard's order.
Timeline lay_out(const std::vector<MadeScene>& scenes) {
  Timeline timeline;
  for (const MadeScene& scene : scenes) {
    const double begins_s = frames_to_seconds(timeline.frames);
    if (scene.narration) timeline.voices.push_back({scene.narration->audio, begins_s + narration_starts_s});
    timeline.pieces.push_back(scene.piece);
    timeline.frames += scene.frames;
  }
  return timeline;
}

/// What people watch, and where.
struct Finished {
  std::string video, thumbnail;          ///< files of the job's folder
  std::string video_url, thumbnail_url;  ///< of their uploads; empty: there are none
  Json expires;                          ///< until when the uploads' URLs work, ms since 1970; null: for ever
};

std::vector<Asset> assets_of(const std::vector<MadeScene>& scenes, const std::string& music,
                             std::int64_t frames, const Finished& finished) {
  std::vector<Asset> assets;
  for (const MadeScene& scene : scenes) {
    const double seconds = frames_to_seconds(scene.frames);
    if (scene.narration)
      assets.push_back({"speech", scene.narration->audio, scene.number, scene.narration->seconds});
    assets.push_back({"image", scene.image, scene.number, 0});
    if (!scene.clip.empty()) assets.push_back({"clip", scene.clip, scene.number, seconds});
    assets.push_back({"piece", scene.piece, scene.number, seconds});
  }
  const double seconds = frames_to_seconds(frames);
  if (!music.empty()) assets.push_back({"music", music, 0, seconds});
  assets.push_back({"sound", "mix.wav", 0, seconds});
  assets.push_back({"video", finished.video, 0, seconds, finished.video_url});
  assets.push_back({"thumbnail", finished.thumbnail, 0, 0, finished.thumbnail_url});
  return assets;
}

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

awaitable<Result<Json>> make_everything(Attempt& attempt, StoryboardRequest request, SceneBoard& board) {
  auto stored = is_uploaded(attempt);
  if (!stored) co_return std::move(stored.error());
  auto prepared = co_await check_before_spending(attempt, request);
  if (!prepared) co_return std::move(prepared.error());
  board.set_warnings(request.video.warnings);
  Video video{attempt, std::move(request), *std::move(prepared), watermark_of(attempt.settings), board};
  Steps& steps = attempt.steps;

  std::vector<awaitable<Result<MadeScene>>> making;
  for (const SceneRequest& scene : video.request.scenes) making.push_back(make_scene(video, scene));
  auto scenes =
      co_await gather(std::move(making));  // all to their end: what runs beside a failed one may be paid for
  if (!scenes) co_return std::move(scenes.error());

  const Timeline timeline = lay_out(*scenes);
  const double seconds = frames_to_seconds(timeline.frames);
  std::string music;
  if (video.request.video.music) {
    auto composed = co_await steps.run("music", compose_music(attempt, video.request.video, seconds));
    if (!composed) co_return std::move(composed.error());
    music = composed->value("audio", "");
  }
  auto mix = co_await steps.run(
      "mix", mix_sound(attempt, frames_to_samples(timeline.frames), timeline.voices, music));
  if (!mix) co_return std::move(mix.error());
  auto finished = co_await steps.run(
      "finish", finish_video(attempt, timeline.pieces, mix->value("audio", ""), timeline.frames));
  if (!finished) co_return std::move(finished.error());
  auto still = co_await steps.run("thumbnail", thumbnail(attempt, finished->value("video", ""), -1));
  if (!still) co_return std::move(still.error());
  Finished made{finished->value("video", ""), still->value("image", ""), "", "", nullptr};
  if (*stored) {
    auto uploaded = co_await store(attempt, made);
    if (!uploaded) co_return std::move(uploaded.error());
  }
  auto listed =
      co_await steps.run("assets", list_assets(attempt, assets_of(*scenes, music, timeline.frames, made)));
  if (!listed) co_return std::move(listed.error());

  Json fields;
  fields["videoUrl"] = made.video_url.empty() ? url_of(attempt, made.video) : made.video_url;
  fields["thumbnailUrl"] = made.thumbnail_url.empty() ? url_of(attempt, made.thumbnail) : made.thumbnail_url;
  if (made.expires.is_number_integer())
    fields["videoUrlExpiresAt"] =
        format_time(Time(std::chrono::milliseconds(made.expires.get<std::int64_t>())));
  fields["videoSeconds"] = seconds;
  fields["width"] = video.request.video.frame.width;
  fields["height"] = video.request.video.frame.height;
  fields["captions"] = video.request.video.captions;
  fields["loudnessLufs"] = mix->value("integrated_lufs", Json());
  if (!video.request.video.warnings.empty()) fields["warnings"] = video.request.video.warnings;
  co_return fields;
}

/// The keys of the steps that the job will have: what its progress is counted in.
std::vector<std::string> planned_steps(const Attempt& attempt, const StoryboardRequest& request) {
  std::vector<std::string> keys = {"check", "mix", "finish", "thumbnail", "assets"};
  if (request.video.music) keys.push_back("music");
  if (const auto uploaded = is_uploaded(attempt); uploaded && *uploaded)
    for (const char* step : {"upload-video", "upload-thumbnail"}) keys.push_back(step);
  for (const SceneRequest& scene : request.scenes) {
    if (is_spoken(scene, request.video, attempt.settings)) keys.push_back(scene_key(scene.number, "speech"));
    for (const char* step : {"keyframe", "clip", "piece"}) keys.push_back(scene_key(scene.number, step));
  }
  return keys;
}

}  // namespace

awaitable<Result<Json>> make_storyboard(Attempt& attempt) {
  auto request = read_storyboard_request(attempt.params, request_rules(attempt));
  if (!request) co_return std::move(request.error());
  co_return co_await make_video(attempt, *std::move(request));
}

awaitable<Result<Json>> make_video(Attempt& attempt, StoryboardRequest request) {
  const auto executor = co_await boost::asio::this_coro::executor;
  // Named before it is used: GCC 12 destroys an aggregate twice that is a temporary beside a co_await.
  const SceneBoard::Place place{attempt.steps.job_folder(), attempt.job.id, attempt.job.token,
                                attempt.job.attempt};
  SceneBoard board(executor, attempt.pool, place, request);
  JobProgress progress(static_cast<int>(request.scenes.size()), planned_steps(attempt, request),
                       attempt.times, attempt.show);
  attempt.steps.on_made = [&](const std::string& key, std::chrono::duration<double> time) {
    progress.took(key, time);
  };
  attempt.steps.on_progress = [&](const std::string& key, const std::string&, double fraction) {
    progress.moved(key, fraction);
    if (const int scene = scene_of(key); scene > 0)
      board.moved(scene, look_of(key).stage, progress.scene_percent(scene));
  };
  auto made = co_await make_everything(attempt, std::move(request), board);
  attempt.steps.on_progress = nullptr;
  attempt.steps.on_made = nullptr;
  co_await board.close();
  co_return made;
}

}  // namespace reelspool
