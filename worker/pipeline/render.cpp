// A timeline becomes a video, read from top to bottom:
//
//   check its letters; take every file into the job, once, and look how long it is
//   every piece, beside the others: one encode of a shot, or of a transition; or all copied, where nothing is to be changed
//   publish() (publishing.hpp): mix, join by copy, thumbnail, captions, upload
//
// Each is a durable step, and no provider is asked.

#include <algorithm>
#include <utility>

#include "worker/pipeline/assembling.hpp"
#include "worker/pipeline/before_spending.hpp"
#include "worker/pipeline/making.hpp"
#include "worker/pipeline/own_media.hpp"
#include "worker/pipeline/pipeline.hpp"
#include "worker/pipeline/publishing.hpp"
#include "worker/pipeline/showing.hpp"
#include "worker/pipeline/storing.hpp"
#include "worker/steps/gather.hpp"
#include "worker/story/unicode.hpp"
#include "worker/timeline/render_request.hpp"
#include "worker/timeline/resolving.hpp"

namespace reelspool {
namespace {

using boost::asio::awaitable;

/// The files of a request, each once, however often it is seen or heard.
class MediaList {
 public:
  struct Use {
    MediaSource source;
    MediumKind kind;
  };
  /// Its place in the list.
  std::size_t add(const MediaSource& source, MediumKind kind) {
    const auto is_same = [&](const Use& use) {
      return use.kind == kind && use.source.bytes == source.bytes &&
             std::equal(use.source.places.begin(), use.source.places.end(), source.places.begin(),
                        source.places.end(), [](const auto& a, const auto& b) {
                          return a.folder == b.folder && a.relative == b.relative;
                        });
    };
    const auto known = std::find_if(uses_.begin(), uses_.end(), is_same);
    if (known != uses_.end()) return static_cast<std::size_t>(known - uses_.begin());
    uses_.push_back({source, kind});
    return uses_.size() - 1;
  }
  const std::vector<Use>& uses() const { return uses_; }

 private:
  std::vector<Use> uses_;
};

std::string medium_key(std::size_t place) {
  return "source-" + std::to_string(place + 1) + "/media";
}

Medium medium_from(const Json& value) {
  return {value.value("file", ""), value.value("picture_s", 0.0), value.value("sound_s", 0.0)};
}

awaitable<Result<Medium>> take_in(Attempt& attempt, MediaList::Use use, std::size_t place) {
  const std::string key = medium_key(place);
  auto find = [use = std::move(use), rules = request_rules(attempt).media] {
    return find_medium(use.source, use.kind, rules);
  };
  auto found = co_await attempt.pool.run(std::move(find));
  if (!found) {  // gone since it was taken into the job: then the job goes on with what it took
    const auto kept = co_await attempt.steps.remembered(key);
    if (!kept) co_return std::move(found.error());
    co_return medium_from(*kept);
  }
  auto taken = co_await attempt.steps.run(
      key, take_medium(attempt.scripts, attempt.pool, *std::move(found), "source_" + std::to_string(place)));
  if (!taken) co_return std::move(taken.error());
  co_return medium_from(*taken);
}

/// Where each shot's and each sound's file is in the list.
struct Plan {
  MediaList media;
  std::vector<std::optional<std::size_t>> shots;
  std::vector<std::size_t> sounds;
};

Plan plan_of(const RenderRequest& request) {
  Plan plan;
  for (const ShotRequest& shot : request.shots) {
    const bool is_still = shot.shot.kind == Shot::Kind::still;
    plan.shots.push_back(shot.source ? std::optional(plan.media.add(
                                           *shot.source, is_still ? MediumKind::picture : MediumKind::clip))
                                     : std::nullopt);
  }
  for (const SoundRequest& sound : request.sounds)
    plan.sounds.push_back(plan.media.add(sound.source, MediumKind::sound));
  return plan;
}

awaitable<Result<Timeline>> resolve_media(Attempt& attempt, const RenderRequest& request, const Plan& plan) {
  std::vector<awaitable<Result<Medium>>> taking;
  for (std::size_t i = 0; i < plan.media.uses().size(); ++i)
    taking.push_back(take_in(attempt, plan.media.uses()[i], i));
  auto media = co_await gather(std::move(taking));
  if (!media) co_return std::move(media.error());
  std::vector<Medium> of_shots, of_sounds;
  for (const auto& place : plan.shots) of_shots.push_back(place ? (*media)[*place] : Medium());
  for (const std::size_t place : plan.sounds) of_sounds.push_back((*media)[place]);
  co_return resolve(request, of_shots, of_sounds);
}

/// What no font can draw is left out and told of.
awaitable<Result<std::vector<std::string>>> check_letters(Attempt& attempt, RenderRequest& request) {
  std::vector<std::string> warnings;
  if (request.drawn.empty()) co_return warnings;
  auto checked = co_await attempt.steps.run("check", font_check(attempt.pool, request.drawn));
  if (!checked) co_return std::move(checked.error());
  const std::string undrawable = checked->value("undrawable", "");
  if (undrawable.empty()) co_return warnings;
  for (CaptionTrack& track : request.captions)
    for (Cue& cue : track.cues)
      for (auto& line : cue.lines)
        for (CaptionWord& word : line) word.text = without_characters(word.text, undrawable);
  warnings.push_back("no installed font can draw " + undrawable + "; left out of texts and captions");
  co_return warnings;
}

std::string piece_key(const PiecePlan& piece) {
  return scene_key(static_cast<int>(piece.shot) + 1, piece.is_transition ? "transition" : "piece");
}

PieceRequest piece_request(const Timeline& timeline, const std::vector<PiecePlan>& plans, std::size_t at) {
  const PiecePlan& plan = plans[at];
  PieceRequest piece;
  piece.name = clip_name(static_cast<int>(plan.shot) + 1, plan.is_transition ? "transition" : "") + ".mp4";
  piece.parts.push_back({timeline.shots[plan.shot], plan.skip});
  if (plan.is_transition) {
    piece.parts.push_back({timeline.shots[plan.shot + 1], 0});
    piece.transition = timeline.transitions[plan.shot].kind;
  }
  piece.frames = plan.frames;
  piece.canvas = timeline.canvas;
  piece.captions =
      write_ass(timeline.captions, timeline.canvas.frame, {plan.first, plan.frames, timeline.canvas.fps});
  if (at == 0) piece.fade_in = std::min(timeline.fade_in, plan.frames);
  if (at + 1 == plans.size()) piece.fade_out = std::min(timeline.fade_out, plan.frames);
  return piece;
}

/// Whether nothing is to be done to any picture: whole clips one after the other, and nothing over them. Then they are copied if
/// they fit together; all or none, because an encoder's headers differ from those of the clips.
bool leaves_pictures_alone(const RenderRequest& request, const Settings& settings) {
  if (request.fade_in_s > 0 || request.fade_out_s > 0 || !request.captions.empty() || watermark_of(settings))
    return false;
  return std::all_of(request.shots.begin(), request.shots.end(), [](const ShotRequest& shot) {
    return shot.shot.kind == Shot::Kind::clip && shot.shot.trim_s == 0 && shot.shot.speed == 1 &&
           !shot.shot.crop && !shot.seconds && shot.into_s == 0;
  });
}

/// The pieces of clips that could be copied; empty: one of them has to be encoded, so all are.
awaitable<Result<std::vector<std::string>>> copy_pieces(Attempt& attempt, const Timeline& timeline) {
  std::vector<awaitable<Result<Json>>> copying;
  for (std::size_t i = 0; i < timeline.shots.size(); ++i) {
    const int number = static_cast<int>(i) + 1;
    copying.push_back(attempt.steps.run(
        scene_key(number, "copy"),
        copy_piece(attempt, timeline.shots[i], timeline.canvas, clip_name(number, "copy") + ".mp4")));
  }
  auto copied = co_await gather(std::move(copying));
  if (!copied) co_return std::move(copied.error());
  std::vector<std::string> pieces;
  for (std::size_t i = 0; i < copied->size(); ++i) {
    const Json& copy = (*copied)[i];
    if (copy.value("frames", 0) != timeline.shots[i].frames || copy["headers"] != copied->front()["headers"])
      co_return std::vector<std::string>();
    pieces.push_back(copy.value("piece", ""));
  }
  co_return pieces;
}

awaitable<Result<std::vector<std::string>>> encode_pieces(Attempt& attempt, const Timeline& timeline,
                                                          const std::vector<PiecePlan>& plans) {
  std::vector<awaitable<Result<Json>>> encoding;
  for (std::size_t i = 0; i < plans.size(); ++i) {
    PieceRequest piece = piece_request(timeline, plans, i);
    piece.watermark = watermark_of(attempt.settings);
    encoding.push_back(attempt.steps.run(piece_key(plans[i]), encode_piece(attempt, piece)));
  }
  auto encoded = co_await gather(std::move(encoding));
  if (!encoded) co_return std::move(encoded.error());
  std::vector<std::string> pieces;
  for (const Json& piece : *encoded) pieces.push_back(piece.value("piece", ""));
  co_return pieces;
}

std::vector<Asset> assets_of(const Timeline& timeline, const std::vector<PiecePlan>& plans,
                             const std::vector<std::string>& pieces) {
  std::vector<Asset> assets;
  for (std::size_t i = 0; i < timeline.shots.size(); ++i) {
    const Shot& shot = timeline.shots[i];
    if (!shot.file.empty())
      assets.push_back({shot.kind == Shot::Kind::still ? "image" : "clip", shot.file, static_cast<int>(i) + 1,
                        shot.kind == Shot::Kind::still ? 0 : timeline.canvas.seconds(shot.frames)});
  }
  for (std::size_t i = 0; i < plans.size(); ++i)
    assets.push_back(
        {"piece", pieces[i], static_cast<int>(plans[i].shot) + 1, timeline.canvas.seconds(plans[i].frames)});
  return assets;
}

void show_shots(const Timeline& timeline, SceneBoard& board) {
  for (std::size_t i = 0; i < timeline.shots.size(); ++i) {
    const Shot& shot = timeline.shots[i];
    const int number = static_cast<int>(i) + 1;
    board.set_seconds(number, timeline.canvas.seconds(shot.frames));
    if (!shot.file.empty())
      board.add_file(number, shot.kind == Shot::Kind::still ? "image" : "clip", shot.file);
  }
}

awaitable<Result<Json>> make_everything(Attempt& attempt, RenderRequest request, Plan plan,
                                        SceneBoard& board) {
  auto stored = is_uploaded(attempt);
  if (!stored) co_return std::move(stored.error());
  auto marked = co_await check_watermark(attempt);
  if (!marked) co_return std::move(marked.error());
  auto warnings = co_await check_letters(attempt, request);
  if (!warnings) co_return std::move(warnings.error());
  board.set_warnings(*warnings);
  const auto timeline = co_await resolve_media(attempt, request, plan);
  if (!timeline) co_return timeline.error();

  show_shots(*timeline, board);

  const std::vector<PiecePlan> plans = cut_into_pieces(timeline->shots, timeline->transitions);
  Result<std::vector<std::string>> pieces = std::vector<std::string>();
  if (leaves_pictures_alone(request, attempt.settings)) pieces = co_await copy_pieces(attempt, *timeline);
  if (pieces && pieces->empty()) pieces = co_await encode_pieces(attempt, *timeline, plans);
  if (!pieces) co_return std::move(pieces.error());

  Assembly assembly;
  assembly.canvas = timeline->canvas;
  assembly.frames = frames_of(*timeline);
  assembly.pieces = *std::move(pieces);
  assembly.sounds = timeline->sounds;
  assembly.captions = timeline->captions;
  assembly.assets = assets_of(*timeline, plans, assembly.pieces);
  auto fields = co_await publish(attempt, std::move(assembly), *stored);
  if (fields && !warnings->empty()) (*fields)["warnings"] = *warnings;
  co_return fields;
}

std::vector<std::string> planned_steps(const Attempt& attempt, const RenderRequest& request,
                                       const Plan& plan) {
  const auto stored = is_uploaded(attempt);
  std::vector<std::string> keys = publishing_steps(!request.captions.empty(), stored && *stored);
  if (!request.drawn.empty()) keys.push_back("check");
  for (std::size_t i = 0; i < plan.media.uses().size(); ++i) keys.push_back(medium_key(i));
  const char* const piece = leaves_pictures_alone(request, attempt.settings) ? "copy" : "piece";
  for (std::size_t i = 0; i < request.shots.size(); ++i) {
    keys.push_back(scene_key(static_cast<int>(i) + 1, piece));
    if (request.shots[i].into_s > 0) keys.push_back(scene_key(static_cast<int>(i) + 1, "transition"));
  }
  return keys;
}

/// What a shot is called on the board.
std::vector<SceneBoard::Scene> board_scenes(const RenderRequest& request) {
  std::vector<SceneBoard::Scene> scenes;
  for (std::size_t i = 0; i < request.shots.size(); ++i) {
    const ShotRequest& shot = request.shots[i];
    SceneBoard::Scene scene;
    scene.number = static_cast<int>(i) + 1;
    scene.visual = shot.shot.kind == Shot::Kind::color ? to_hex(shot.shot.color)
                   : shot.source->places.empty()       ? "a picture"
                                                       : shot.source->places.front().relative.string();
    scenes.push_back(std::move(scene));
  }
  return scenes;
}

}  // namespace

awaitable<Result<Json>> make_render(Attempt& attempt) {
  auto request = read_render_request(attempt.params, request_rules(attempt));
  if (!request) co_return std::move(request.error());
  const auto executor = co_await boost::asio::this_coro::executor;
  Plan plan = plan_of(*request);
  const int scenes = static_cast<int>(request->shots.size());
  std::vector<std::string> planned = planned_steps(attempt, *request, plan);
  // Named before they are used: GCC 12 destroys an aggregate twice that is a temporary beside a co_await.
  const SceneBoard::Place place = board_place(attempt);
  const std::vector<SceneBoard::Scene> shown_scenes = board_scenes(*request);
  SceneBoard board(executor, attempt.pool, place, shown_scenes);
  co_return co_await shown(attempt, board, scenes, std::move(planned),
                           make_everything(attempt, *std::move(request), std::move(plan), board));
}

}  // namespace reelspool
