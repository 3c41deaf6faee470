// A storyboard becomes a video, read from top to bottom:
//
//   check everything that costs nothing
//   every scene, beside the others:  narration beside picture -> motion -> one encode (exact frames, captions, watermark)
//   transitions between them, music as long as the scenes -> publish() (publishing.hpp): mix, join by copy, thumbnail, upload
//
// Each line is a durable step: after a crash this runs again from the top and what is done answers at once.

#include "worker/pipeline/storyboard.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "worker/pipeline/assembling.hpp"
#include "worker/pipeline/before_spending.hpp"
#include "worker/pipeline/making.hpp"
#include "worker/pipeline/publishing.hpp"
#include "worker/pipeline/scene_board.hpp"
#include "worker/pipeline/showing.hpp"
#include "worker/pipeline/storing.hpp"
#include "worker/steps/gather.hpp"
#include "worker/story/ass.hpp"
#include "worker/story/narration.hpp"
#include "worker/story/scene_length.hpp"
#include "worker/story/unicode.hpp"

namespace reelspool {
namespace {

using boost::asio::awaitable;

constexpr int usual_transition_frames = 15;

/// What all scenes of a video have in common. Outlives them.
struct Video {
  Attempt& attempt;
  StoryboardRequest request;
  Prepared prepared;
  std::optional<std::filesystem::path> watermark;
  SceneBoard& board;
  int transition = 0;  ///< frames of each
  Canvas canvas() const { return {request.video.frame, frames_per_second}; }
};

struct MadeScene {
  int number = 1;
  std::string image, clip, piece;
  std::optional<Narration> narration;
  int frames = 0;  ///< until the next one's words may begin; its picture is there `lead` frames earlier
  Shot shot;       ///< its picture, transitions included
  CaptionTrack captions;  ///< on the scene's own clock
};

/// How many frames each transition takes. They come before a scene's own time, from the end of the scene before it: so words,
/// captions and the video's length are where they are with cuts.
int transition_frames(const StoryboardRequest& request) {
  if (request.video.transition.empty()) return 0;
  int frames = usual_transition_frames;
  for (const SceneRequest& scene : request.scenes)
    if (scene.given_s) frames = std::min(frames, scene_frames(std::nullopt, scene.given_s) / 2);
  return frames;
}
int lead_frames(const Video& video, int scene) {
  return scene > 1 ? video.transition : 0;
}
int blended_frames(const Video& video, int scene) {
  return scene < static_cast<int>(video.request.scenes.size()) ? video.transition : 0;
}

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

/// A scene's words at their measured times, or, where nobody says them, over the whole scene; on the scene's own clock.
std::vector<Cue> captions_of(const Video& video, const SceneRequest& scene, const MadeScene& made) {
  const VideoRequest& look = video.request.video;
  const bool unsaid = !made.narration && !is_sayable(scene.text);
  if (!look.captions || scene.text.empty() || (!made.narration && !unsaid)) return {};
  std::vector<TimedWord> words =
      unsaid ? spread_words(scene.text, frames_to_seconds(made.frames) - narration_starts_s)
             : made.narration->words;
  for (TimedWord& word : words) word.text = without_characters(word.text, video.prepared.undrawable);
  std::erase_if(words, [](const TimedWord& word) { return word.text.empty(); });
  auto cues = look.caption_style.mode == CaptionStyle::Mode::pop
                  ? make_word_cues(words)
                  : make_cues(words, caption_room(look.caption_style, look.frame));
  return moved(std::move(cues), narration_starts_s);
}

double or_else(const Json& object, const char* name, double otherwise) {
  const auto found = object.is_object() ? object.find(name) : object.end();
  return object.is_object() && found != object.end() && found->is_number() ? found->get<double>() : otherwise;
}
Window window_of(const Json& place) {
  return {or_else(place, "x", 0.5), or_else(place, "y", 0.5), or_else(place, "zoom", 1)};
}

/// What a video provider made, or a still that stays a description until its piece is encoded.
Shot shot_of(const Json& clip, int frames) {
  Shot shot;
  shot.frames = frames;
  const bool is_still = clip.contains("still");
  shot.kind = is_still ? Shot::Kind::still : Shot::Kind::clip;
  shot.file = clip.value(is_still ? "still" : "video", "");
  if (const auto move = clip.find("move"); is_still && move != clip.end() && move->is_object())
    shot.move = Move{window_of(move->value("from", Json())), window_of(move->value("to", Json()))};
  return shot;
}

/// A scene without the transition out of it.
PieceRequest own_piece(const Video& video, const MadeScene& made) {
  const int frames = made.frames - blended_frames(video, made.number);
  return {.name = clip_name(made.number, "") + ".mp4",
          .parts = {{made.shot, lead_frames(video, made.number)}},
          .transition = "",
          .frames = frames,
          .canvas = video.canvas(),
          .captions = write_ass({made.captions}, video.request.video.frame, {0, frames, frames_per_second}),
          .watermark = video.watermark};
}

/// The end of a scene and what of the next one's picture comes before its time.
PieceRequest transition_piece(const Video& video, const MadeScene& from, const MadeScene& into) {
  const int frames = video.transition, begins = from.frames - frames;
  return {
      .name = clip_name(from.number, "transition") + ".mp4",
      .parts = {{from.shot, from.shot.frames - frames}, {into.shot, 0}},
      .transition = video.request.video.transition,
      .frames = frames,
      .canvas = video.canvas(),
      .captions = write_ass({from.captions}, video.request.video.frame, {begins, frames, frames_per_second}),
      .watermark = video.watermark};
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

  const int seen_frames = made.frames + lead_frames(video, scene.number);
  auto clip = co_await attempt.steps.run(
      scene_key(scene.number, "clip"),
      animate(attempt, scene, video.request.video, made.image, frames_to_seconds(seen_frames)));
  if (!clip) co_return std::move(clip.error());
  made.clip = clip->value("video", "");
  if (!made.clip.empty()) video.board.add_file(scene.number, "clip", made.clip);

  made.shot = shot_of(*clip, seen_frames);
  made.captions = {video.request.video.caption_style, captions_of(video, scene, made)};
  auto encoded = co_await attempt.steps.run(scene_key(scene.number, "piece"),
                                            encode_piece(attempt, own_piece(video, made)));
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

/// The transitions between all scenes; none for cuts. Values as encode_piece() has them.
awaitable<Result<std::vector<Json>>> make_transitions(const Video& video,
                                                      const std::vector<MadeScene>& scenes) {
  std::vector<awaitable<Result<Json>>> making;
  for (std::size_t i = 0; video.transition > 0 && i + 1 < scenes.size(); ++i)
    making.push_back(video.attempt.steps.run(
        scene_key(scenes[i].number, "transition"),
        encode_piece(video.attempt, transition_piece(video, scenes[i], scenes[i + 1]))));
  co_return co_await gather(std::move(making));
}

/// Everything in its place in the finished video, in the storyboard's order.
Assembly assemble(const Video& video, const std::vector<MadeScene>& scenes,
                  const std::vector<Json>& transitions) {
  Assembly assembly;
  assembly.canvas = video.canvas();
  CaptionTrack captions{video.request.video.caption_style, {}};
  for (std::size_t i = 0; i < scenes.size(); ++i) {
    const MadeScene& scene = scenes[i];
    const double begins_s = frames_to_seconds(assembly.frames), seconds = frames_to_seconds(scene.frames);
    if (scene.narration) {
      Sound voice;
      voice.file = scene.narration->audio;
      voice.at = std::llround((begins_s + narration_starts_s) * samples_per_second);
      assembly.sounds.push_back(std::move(voice));
      assembly.assets.push_back({"speech", scene.narration->audio, scene.number, scene.narration->seconds});
    }
    for (Cue& cue : moved(scene.captions.cues, begins_s)) captions.cues.push_back(std::move(cue));
    assembly.assets.push_back({"image", scene.image, scene.number, 0});
    if (!scene.clip.empty()) assembly.assets.push_back({"clip", scene.clip, scene.number, seconds});
    assembly.pieces.push_back(scene.piece);
    if (i < transitions.size()) assembly.pieces.push_back(transitions[i].value("piece", ""));
    assembly.assets.push_back({"piece", scene.piece, scene.number, seconds});
    assembly.frames += scene.frames;
  }
  assembly.captions.push_back(std::move(captions));
  return assembly;
}

/// As long as the scenes.
awaitable<Result<>> add_music(const Video& video, Assembly& assembly) {
  const double seconds = frames_to_seconds(assembly.frames);
  auto composed =
      co_await video.attempt.steps.run("music", compose_music(video.attempt, video.request.video, seconds));
  if (!composed) co_return std::move(composed.error());
  Sound music;
  music.sort = Sound::Sort::music;
  music.file = composed->value("audio", "");
  assembly.assets.push_back({"music", music.file, 0, seconds});
  assembly.sounds.push_back(std::move(music));
  co_return ok;
}

awaitable<Result<Json>> make_everything(Attempt& attempt, StoryboardRequest request, SceneBoard& board) {
  auto stored = is_uploaded(attempt);
  if (!stored) co_return std::move(stored.error());
  auto prepared = co_await check_before_spending(attempt, request);
  if (!prepared) co_return std::move(prepared.error());
  board.set_warnings(request.video.warnings);
  const int transition = transition_frames(request);
  Video video{attempt, std::move(request), *std::move(prepared), watermark_of(attempt.settings),
              board,   transition};

  std::vector<awaitable<Result<MadeScene>>> making;
  for (const SceneRequest& scene : video.request.scenes) making.push_back(make_scene(video, scene));
  auto scenes =
      co_await gather(std::move(making));  // all to their end: what runs beside a failed one may be paid for
  if (!scenes) co_return std::move(scenes.error());
  auto transitions = co_await make_transitions(video, *scenes);
  if (!transitions) co_return std::move(transitions.error());

  Assembly assembly = assemble(video, *scenes, *transitions);
  if (video.request.video.music) {
    auto added = co_await add_music(video, assembly);
    if (!added) co_return std::move(added.error());
  }
  auto fields = co_await publish(attempt, std::move(assembly), *stored);
  if (!fields) co_return std::move(fields.error());
  (*fields)["captions"] = video.request.video.captions;
  if (!video.request.video.warnings.empty()) (*fields)["warnings"] = video.request.video.warnings;
  co_return fields;
}

/// The keys of the steps that the job will have: what its progress is counted in.
std::vector<std::string> planned_steps(const Attempt& attempt, const StoryboardRequest& request) {
  const auto uploaded = is_uploaded(attempt);
  std::vector<std::string> keys = publishing_steps(request.video.captions, uploaded && *uploaded);
  keys.push_back("check");
  if (request.video.music) keys.push_back("music");
  const bool blends = transition_frames(request) > 0;
  for (const SceneRequest& scene : request.scenes) {
    if (is_spoken(scene, request.video, attempt.settings)) keys.push_back(scene_key(scene.number, "speech"));
    for (const char* step : {"keyframe", "clip", "piece"}) keys.push_back(scene_key(scene.number, step));
    if (blends && &scene != &request.scenes.back()) keys.push_back(scene_key(scene.number, "transition"));
  }
  return keys;
}

std::vector<SceneBoard::Scene> board_scenes(const StoryboardRequest& request) {
  std::vector<SceneBoard::Scene> scenes;
  for (const SceneRequest& scene : request.scenes)
    scenes.push_back({scene.number, scene.title, scene.role, scene.visual, scene.text, scene.language});
  return scenes;
}

}  // namespace

awaitable<Result<Json>> make_storyboard(Attempt& attempt) {
  auto request = read_storyboard_request(attempt.params, request_rules(attempt));
  if (!request) co_return std::move(request.error());
  co_return co_await make_video(attempt, *std::move(request));
}

awaitable<Result<Json>> make_video(Attempt& attempt, StoryboardRequest request) {
  const auto executor = co_await boost::asio::this_coro::executor;
  const int scenes = static_cast<int>(request.scenes.size());
  std::vector<std::string> planned = planned_steps(attempt, request);
  // Named before they are used: GCC 12 destroys an aggregate twice that is a temporary beside a co_await.
  const SceneBoard::Place place = board_place(attempt);
  const std::vector<SceneBoard::Scene> shown_scenes = board_scenes(request);
  SceneBoard board(executor, attempt.pool, place, shown_scenes);
  board.set_warnings(request.video.warnings);
  co_return co_await shown(attempt, board, scenes, std::move(planned),
                           make_everything(attempt, std::move(request), board));
}

}  // namespace reelspool
