#include "worker/timeline/render_request.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>

#include "worker/story/fields.hpp"
#include "worker/timeline/render_tracks.hpp"

namespace reelspool {
namespace {

constexpr std::array<std::string_view, 10> transitions = {
    "crossfade", "fade",       "wipe-left",   "wipe-right", "wipe-up",
    "wipe-down", "slide-left", "slide-right", "slide-up",   "slide-down"};
constexpr double usual_transition_s = 0.5;
constexpr std::string_view known_transitions =
    "cut, fade, crossfade, or wipe or slide with -left, -right, -up or -down behind it";

/// A word out of a few: its place among them. Any other becomes a problem.
template <std::size_t N>
std::optional<std::size_t> read_choice(const Fields& fields, Fields::Names names,
                                       const std::array<std::string_view, N>& choices) {
  const auto word = fields.text(names, 40);
  if (!word) return std::nullopt;
  const auto found = std::find(choices.begin(), choices.end(), *word);
  if (found != choices.end()) return static_cast<std::size_t>(found - choices.begin());
  std::string list;
  for (const std::string_view choice : choices) list += (list.empty() ? "" : ", ") + std::string(choice);
  fields.problems().add(fields.find(names).path, "\"" + excerpt(*word) + "\" must be one of: " + list);
  return std::nullopt;
}

std::optional<Colour> read_colour(const Fields& fields, Fields::Names names) {
  const auto text = fields.text(names, 20);
  if (!text) return std::nullopt;
  const auto colour = parse_colour(*text);
  if (!colour)
    fields.problems().add(fields.find(names).path,
                          "\"" + excerpt(*text) + "\" is no colour; give one such as #ffcc00");
  return colour;
}

Window read_window(const Fields& fields) {
  return {fields.number({"x"}, 0, 1).value_or(0.5), fields.number({"y"}, 0, 1).value_or(0.5),
          fields.number({"zoom"}, 1, 10).value_or(1)};
}

struct NamedMove {
  std::string_view name;
  Move move;
};
constexpr std::array<NamedMove, 6> moves = {{{"zoom-in", {{0.5, 0.5, 1}, {0.5, 0.5, 1.2}}},
                                             {"zoom-out", {{0.5, 0.5, 1.2}, {0.5, 0.5, 1}}},
                                             {"pan-left", {{0.65, 0.5, 1.2}, {0.35, 0.5, 1.2}}},
                                             {"pan-right", {{0.35, 0.5, 1.2}, {0.65, 0.5, 1.2}}},
                                             {"pan-up", {{0.5, 0.65, 1.2}, {0.5, 0.35, 1.2}}},
                                             {"pan-down", {{0.5, 0.35, 1.2}, {0.5, 0.65, 1.2}}}}};

/// A word, or {"from": {"x", "y", "zoom"}, "to": {...}}.
std::optional<Move> read_move(const Fields& fields) {
  const Fields::Found found = fields.find({"move"});
  if (!found) return std::nullopt;
  if (found.value->is_object()) {
    const Fields ends = fields.object({"move"});
    return Move{read_window(ends.object({"from"})), read_window(ends.object({"to"}))};
  }
  std::array<std::string_view, moves.size()> names{};
  std::transform(moves.begin(), moves.end(), names.begin(), [](const NamedMove& move) { return move.name; });
  const auto chosen = read_choice(fields, {"move"}, names);
  return chosen ? std::optional(moves[*chosen].move) : std::nullopt;
}

std::optional<Crop> read_crop(const Fields& fields) {
  if (!fields.find({"crop"})) return std::nullopt;
  const Fields part = fields.object({"crop"});
  Crop crop;
  crop.x = part.number({"x"}, 0, 0.99).value_or(0);
  crop.y = part.number({"y"}, 0, 0.99).value_or(0);
  crop.width = part.number({"width"}, 0.01, 1).value_or(1 - crop.x);
  crop.height = part.number({"height"}, 0.01, 1).value_or(1 - crop.y);
  if (crop.x + crop.width > 1 + 1e-9 || crop.y + crop.height > 1 + 1e-9)
    fields.problems().add(fields.find({"crop"}).path,
                          "reaches over the picture's edge; x + width and y + height are at most 1");
  return crop;
}

/// A word, or {"type", "duration"}.
void read_transition(const Fields& fields, ShotRequest& shot) {
  const Fields::Found found = fields.find({"transition"});
  if (!found) return;
  const bool is_object = found.value->is_object();
  const Fields part = is_object ? fields.object({"transition"}) : fields;
  const std::string_view name = is_object ? "type" : "transition";
  const std::string kind = part.text({name}, 40).value_or(is_object ? "crossfade" : "cut");
  if (kind == "cut" || kind == "none") return;
  const std::string whole = kind == "wipe" || kind == "slide" ? kind + "-left" : kind;
  if (std::find(transitions.begin(), transitions.end(), whole) == transitions.end()) {
    fields.problems().add(
        part.find({name}) ? part.find({name}).path : found.path,
        "\"" + excerpt(kind) + "\" is no transition; give " + std::string(known_transitions));
    return;
  }
  shot.into.kind = whole;
  shot.into_s =
      is_object ? part.seconds({"duration"}, 0.04, 10).value_or(usual_transition_s) : usual_transition_s;
}

void read_clip(const Fields& fields, ShotRequest& request) {
  constexpr std::array<std::string_view, 3> lengths = {"hold", "loop", "stretch"};
  request.shot.trim_s = fields.seconds({"trim"}, 0, longest_video_s).value_or(0);
  request.shot.speed = fields.number({"speed"}, 0.25, 4).value_or(1);
  if (const auto choice = read_choice(fields, {"when_short"}, lengths))
    request.shot.when_short = static_cast<WhenShort>(*choice);
  request.volume = fields.number({"volume"}, 0, 10).value_or(1);
  if (request.shot.when_short != WhenShort::hold && (request.shot.trim_s > 0 || request.shot.speed != 1))
    fields.problems().add(fields.find({"when_short"}).path,
                          "goes with a clip that is neither trimmed nor has a speed of its own");
}

ShotRequest read_shot(const Json& json, const std::string& path, const RequestRules& rules,
                      Problems& problems) {
  constexpr std::array<std::string_view, 3> kinds = {"image", "video", "color"};
  constexpr std::array<std::string_view, 3> fits = {"cover", "contain", "blur"};
  ShotRequest request;
  request.field = path;
  const Fields fields(json, path, problems);
  if (!json.is_object()) return request;
  const auto kind = read_choice(fields, {"type"}, kinds);
  if (!kind) {
    if (!fields.find({"type"}))
      problems.add(fields.path_of("type"), "is missing; give image, video or color");
    return request;
  }
  Shot& shot = request.shot;
  shot.kind = static_cast<Shot::Kind>(*kind);
  request.seconds = fields.seconds({"duration"}, 0.04, longest_video_s);
  read_transition(fields, request);
  if (shot.kind == Shot::Kind::color) {
    shot.color = read_colour(fields, {"color"}).value_or(Colour{});
    if (!request.seconds) request.seconds = silent_scene_s;
    return request;
  }
  if (const auto fit = read_choice(fields, {"fit"}, fits)) shot.fit = static_cast<Fit>(*fit);
  shot.background = read_colour(fields, {"background"}).value_or(Colour{});
  shot.crop = read_crop(fields);
  if (shot.kind == Shot::Kind::still) {
    shot.move = read_move(fields);
    if (!request.seconds) request.seconds = silent_scene_s;
  } else {
    read_clip(fields, request);
  }
  request.source = read_source(fields, rules.media, shot.kind == Shot::Kind::still);
  return request;
}

void read_shots(const Fields& tracks, const RequestRules& rules, RenderRequest& request) {
  Problems& problems = tracks.problems();
  const Fields::Found list = tracks.array({"picture"});
  if (!list || list.value->empty()) {
    if (list || !tracks.find({"picture"}))
      problems.add(list ? list.path : tracks.path_of("picture"),
                   "has nothing to show; give at least one image, video or color");
    return;
  }
  if (list.value->size() > rules.most_scenes) {
    problems.add(list.path, std::to_string(list.value->size()) + " shots; at most " +
                                std::to_string(rules.most_scenes) +
                                " are taken (MAX_SCENES): split it into several jobs");
    return;
  }
  for (std::size_t i = 0; i < list.value->size(); ++i)
    request.shots.push_back(
        read_shot((*list.value)[i], list.path + "[" + std::to_string(i) + "]", rules, problems));
  if (request.shots.back().into_s > 0)
    problems.add(request.shots.back().field + ".transition", "leads nowhere: it is the last one's");
}

/// Width and height, or an aspect ratio and a resolution.
void read_canvas(const Fields& fields, Canvas& canvas) {
  Problems& problems = fields.problems();
  const auto width = fields.integer({"width"}, 16, 4096), height = fields.integer({"height"}, 16, 4096);
  if (width || height) {
    if (!width || !height) {
      problems.add(fields.path_of(width ? "height" : "width"),
                   "is missing; give both, or aspect_ratio and resolution");
    } else if (*width % 2 != 0 || *height % 2 != 0) {
      problems.add(fields.find({*width % 2 != 0 ? "width" : "height"}).path,
                   "must be even, as H.264 needs it");
    } else {
      canvas.frame = {static_cast<int>(*width), static_cast<int>(*height)};
    }
  } else {
    const std::string ratio = fields.text({"aspect_ratio"}, 20).value_or("16:9");
    const std::string resolution = fields.text({"resolution"}, 20).value_or("720p");
    if (const auto frame = frame_of(ratio, resolution)) {
      canvas.frame = *frame;
    } else {
      const bool is_ratio = !frame_of(ratio, "1080p");
      problems.add(fields.path_of(is_ratio ? "aspect_ratio" : "resolution"),
                   "\"" + excerpt(is_ratio ? ratio : resolution) + "\" is not offered; give " +
                       std::string(is_ratio ? known_aspect_ratios : known_resolutions));
    }
  }
  const auto fps = fields.integer({"fps"}, 1, 240);
  constexpr std::array<std::int64_t, 5> rates = {24, 25, 30, 50, 60};
  if (fps && std::find(rates.begin(), rates.end(), *fps) == rates.end())
    problems.add(fields.find({"fps"}).path, "must be 24, 25, 30, 50 or 60");
  else if (fps)
    canvas.fps = static_cast<int>(*fps);
}

}  // namespace

Result<RenderRequest> read_render_request(const Json& params, const RequestRules& rules) {
  Problems problems;
  const Fields all(params, "params", problems);
  RenderRequest request;
  if (!all.find({"timeline"})) {
    problems.add("params.timeline", "is missing; give {\"tracks\": {\"picture\": [...]}}");
    return problems.summary();
  }
  const Fields timeline = all.object({"timeline"});
  const Fields tracks = timeline.object({"tracks"});
  read_canvas(timeline, request.canvas);
  request.fade_in_s = timeline.seconds({"fade_in"}, 0, 10).value_or(0);
  request.fade_out_s = timeline.seconds({"fade_out"}, 0, 10).value_or(0);
  read_shots(tracks, rules, request);
  read_sounds(tracks, rules.media, request);
  read_texts(timeline, tracks, request);
  if (!problems.empty()) return problems.summary();
  return request;
}

}  // namespace reelspool
