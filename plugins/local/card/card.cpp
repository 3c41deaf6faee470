#include "plugins/local/card/card.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <string_view>
#include <utility>

#include "plugins/local/card/drawing.hpp"
#include "plugins/local/card/headline.hpp"
#include "plugins/local/card/letters.hpp"
#include "plugins/local/card/motif.hpp"
#include "plugins/local/card/palette.hpp"
#include "plugins/local/chance.hpp"

namespace reelspool::local {
namespace {

constexpr double leading_em = 1.03;
constexpr double tracking_em = -0.018;  // large type is set tight

/// A small line over the headline that tells the scene's part in the story, where it reads well to the
/// viewer.
std::string kicker(std::string_view role, std::string_view language) {
  struct Entry {
    std::string_view role, english, spanish;
  };
  static constexpr std::array<Entry, 9> entries{{{"problem", "The problem", "El problema"},
                                                 {"pain", "The problem", "El problema"},
                                                 {"solution", "The answer", "La solución"},
                                                 {"benefit", "Why it works", "Por qué funciona"},
                                                 {"benefits", "Why it works", "Por qué funciona"},
                                                 {"feature", "How it works", "Cómo funciona"},
                                                 {"proof", "The proof", "La prueba"},
                                                 {"offer", "The offer", "La oferta"},
                                                 {"cta", "Your turn", "Te toca"}}};
  const bool spanish = language.starts_with("es") || language.starts_with("ES");
  const bool english = language.empty() || language.starts_with("en") || language.starts_with("EN");
  for (const Entry& entry : entries) {
    if (entry.role == role) return std::string(spanish ? entry.spanish : english ? entry.english : "");
  }
  return "";
}

std::string in_capitals(std::string_view text) {
  std::string result;
  for (const std::string& character : letters::characters(text)) result += letters::capitalised(character);
  return result;
}

/// Where things stand in a frame of this shape.
struct Frame {
  double width, height, side;
  double left, right;  // edges of the words
  double top, bottom;  // of the block of words
  bool words_on_top;   // the block hangs from its top, else it stands on its bottom
  Point motif;
  double reach;
};

Frame frame_for(double width, double height, bool words_on_top, double flip, Chance& chance) {
  const double side = std::min(width, height);
  Frame frame{width, height, side, width * 0.085, width * 0.915, 0, 0, words_on_top, {}, 0};
  if (width > height * 1.2) {  // landscape: words to the left, the motif to the right
    frame.left = width * 0.065;
    frame.right = width * 0.56;
    frame.words_on_top = false;
    frame.top = height * 0.14;
    frame.bottom = height * 0.76;
    frame.motif = {width * 0.76, height * (words_on_top ? 0.70 : 0.44)};
    frame.reach = height * 0.42;
  } else if (height > width * 1.2) {  // portrait
    frame.top = words_on_top ? height * 0.10 : height * 0.525;
    frame.bottom = words_on_top ? height * 0.40 : height * 0.77;
    frame.motif = {width * (0.5 + flip * chance.between(0.05, 0.12)), height * (words_on_top ? 0.66 : 0.27)};
    frame.reach = width * 0.46;
  } else {  // square, 4:5
    frame.top = words_on_top ? height * 0.08 : height * 0.50;
    frame.bottom = words_on_top ? height * 0.42 : height * 0.78;
    frame.motif = {width * (0.5 + flip * 0.14), height * (words_on_top ? 0.70 : 0.24)};
    frame.reach = side * 0.36;
  }
  return frame;
}

/// A small round button with an arrow: what a call to action ends on, in any language.
void arrow_button(Layers& layers, const Palette& palette, Point centre, double radius, double way) {
  layers.fill(Path().circle({centre.x, centre.y + radius * 0.2}, radius), {palette.base, 0.5, radius * 0.35});
  layers.fill(Path().circle(centre, radius), {palette.accent});
  const double reach = radius * 0.42, thick = radius * 0.15;
  const auto at = [&](double x, double y) { return Point{centre.x + way * x, centre.y + y}; };
  Path arrow;
  arrow.stroke({at(-reach, 0), at(reach * 0.9, 0)}, thick, thick);
  arrow.stroke({at(reach * 0.1, -reach * 0.85), at(reach, 0)}, thick, thick);
  arrow.stroke({at(reach * 0.1, reach * 0.85), at(reach, 0)}, thick, thick);
  layers.fill(arrow, {palette.base});
}

struct CardWords {
  Headline headline;
  HeadlineLayout layout;
  std::string kicker;
  std::string number;
};

void draw_words(Layers& layers, const Palette& palette, const Frame& frame, const CardWords& words,
                bool call) {
  const double small = frame.side * 0.028;
  const bool mirrored = words.headline.right_to_left;
  const double edge = mirrored ? frame.right : frame.left, way = mirrored ? -1 : 1;
  const double em = words.layout.em_px;
  const auto lines = static_cast<double>(words.layout.lines.size());
  const bool has_small_line = !words.kicker.empty() || !words.number.empty();
  const double small_block = has_small_line ? small * 2.3 : 0;
  const double button = call ? frame.side * 0.052 : 0;
  const double button_block = call ? button * 2 + frame.side * 0.045 : 0;
  const double block = small_block + lines * em * leading_em + button_block;
  double y = frame.words_on_top ? frame.top : std::max(frame.top, frame.bottom - block);
  if (frame.width > frame.height * 1.2) y = frame.top + (frame.bottom - frame.top - block) / 2;

  if (has_small_line) {
    const double baseline = y + small * cap_height_em;
    Type type{small, Weight::semibold, 0.16, palette.accent};
    type.from_right = mirrored;
    double x = edge;
    if (!words.number.empty()) {
      layers.line({x, baseline}, type, {{words.number, palette.accent}});
      x += way * small * (letters::width_em(words.number) * 0.97 + 0.16 * 2 + 0.45);
    }
    const double rule = frame.side * 0.06, middle = baseline - small * cap_height_em / 2;
    layers.fill(
        Path().stroke({{x, middle}, {x + way * rule, middle}}, frame.side * 0.003, frame.side * 0.003),
        {palette.accent, 0.9});
    x += way * (rule + small * 0.75);
    if (!words.kicker.empty()) {
      type.opacity = 0.92;
      layers.line({x, baseline}, type, {{in_capitals(words.kicker), palette.ink}});
    }
    y += small_block;
  }

  std::vector<std::vector<Run>> lines_of_runs;
  for (const auto& line : words.layout.lines) {
    std::vector<Run> runs;
    for (std::size_t i = 0; i < line.size(); ++i) {
      const bool strong = line[i] == words.headline.strong && words.headline.words.size() > 1;
      const bool space = words.headline.spaced && i + 1 < line.size();
      runs.push_back(
          {words.headline.words[line[i]] + (space ? " " : ""), strong ? palette.accent : palette.ink});
    }
    lines_of_runs.push_back(std::move(runs));
  }
  // First the shade of all lines, then the letters: otherwise a line's shade would lie on the letters above
  // it.
  for (const bool shade : {true, false}) {
    double baseline = y + em * (cap_height_em + 0.03);
    for (const std::vector<Run>& runs : lines_of_runs) {
      Type type{em, Weight::extrabold, tracking_em, shade ? palette.base : palette.ink};
      type.from_right = mirrored;
      std::vector<Run> shown = runs;
      if (shade) {
        type.opacity = 0.55;
        type.blur_px = em * 0.16;
        type.outline_px = em * 0.06;
        for (Run& run : shown) run.color = palette.base;
      }
      layers.line({edge, baseline}, type, shown);
      baseline += em * leading_em;
    }
  }
  if (call) {
    const double below = y + lines * em * leading_em + frame.side * 0.03 + button;
    arrow_button(layers, palette, {edge + way * button, below}, button, way);
  }
}

std::string background_of(const Palette& palette, const std::vector<Light>& lights) {
  std::string text = hex(palette.base);
  for (const Light& light : lights) {
    char written[96];
    std::snprintf(written, sizeof written, ";%.4f,%.4f,%.4f,%.3f,", light.x, light.y, light.radius,
                  light.strength);
    text += written + hex(light.color);
  }
  return text;
}

}  // namespace

Card design_card(const CardRequest& request) {
  const Palette palette = brand_palette(request.palette, request.style_seed);
  // The order of motifs is the video's, so that neighbouring scenes never show the same one; details are the
  // scene's.
  const std::size_t first = Chance(request.style_seed ^ seed_of("motif")).below(motifs().size());
  const std::size_t step = request.scene > 0 ? static_cast<std::size_t>(request.scene - 1)
                                             : Chance(request.seed ^ seed_of("step")).below(motifs().size());
  const Motif& motif = motifs()[(first + step) % motifs().size()];
  Chance chance(request.seed ^ seed_of("card") ^ (static_cast<std::uint64_t>(request.scene) << 32U));
  const double flip = chance.sign();
  const double width = request.width, height = request.height;
  const Frame frame = frame_for(width, height, motif.words_on_top, flip, chance);

  Layers layers(request.width, request.height);
  std::vector<Light> lights;
  lights.push_back({0.5 - flip * 0.3, 1.0, 1.5, 1.6, mix(palette.tones[0], palette.base, 0.25)});
  lights.push_back({0.5 + flip * 0.4, 0.0, 1.1, 0.8, palette.tones[0]});
  motif.draw({layers, lights, palette, chance, width, height, frame.side, frame.motif, frame.reach, flip,
              motif.words_on_top || width > height * 1.2 ? height * 0.8 : frame.top});

  CardWords words;
  words.headline = choose_headline(request.title, request.text.empty() ? request.prompt : request.text);
  if (!words.headline.words.empty()) {
    const bool call = request.role == "cta";
    words.kicker = kicker(request.role, request.language);
    if (request.scenes > 1 && request.scene > 0)
      words.number = (request.scene < 10 ? "0" : "") + std::to_string(request.scene);
    const double room = frame.bottom - frame.top - frame.side * (call ? 0.15 : 0) - frame.side * 0.06;
    words.layout =
        lay_out(words.headline, frame.right - frame.left, room, frame.side * 0.150, leading_em, tracking_em);
    draw_words(layers, palette, frame, words, call);
  }
  return {layers.ass(), background_of(palette, lights), 0.4};
}

}  // namespace reelspool::local
