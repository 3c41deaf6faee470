#include "plugins/local/card/motif.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace reelspool::local {
namespace {

using std::numbers::pi;
constexpr Rgb white{1, 1, 1};
constexpr Rgb black{0, 0, 0};

/// The tones as one ramp, 0 deep to 1 bright.
Rgb ramp(const Palette& palette, double at) {
  const double scaled = std::clamp(at, 0.0, 1.0) * 3;
  const auto index = std::min<std::size_t>(static_cast<std::size_t>(scaled), 2);
  return mix(palette.tones[index], palette.tones[index + 1], scaled - static_cast<double>(index));
}

/// A ball lit from above: a gradient, a shade on its far side, a soft highlight and light from behind on its
/// rim.
void ball(const Stage& s, Point centre, double radius, Rgb bright, Rgb dark) {
  const Path body = Path().circle(centre, radius);
  const double soft = std::min(radius * 0.22, 100.0);
  const auto crescent = [&](double shift, double hole) {
    return Path()
        .circle(centre, radius * 1.6)
        .circle({centre.x - s.flip * radius * shift, centre.y - radius * shift * 1.1}, radius * hole, true);
  };
  s.layers.fill(Path().circle({centre.x, centre.y + radius * 0.16}, radius * 0.97),
                {mix(s.palette.base, black, 0.5), 0.5, soft});
  s.layers.fill_down(body, bright, dark);
  const Rgb shade = mix(s.palette.base, dark, 0.3);
  s.layers.fill(crescent(0.16, 1.10), {shade, 0.45, soft, &body});
  s.layers.fill(crescent(0.30, 1.04), {shade, 0.55, soft, &body});
  s.layers.fill(Path().ellipse({centre.x - s.flip * radius * 0.36, centre.y - radius * 0.44}, radius * 0.34,
                               radius * 0.20, -s.flip * 0.7),
                {mix(bright, white, 0.8), 0.55, std::min(radius * 0.15, 80.0), &body});
  s.layers.fill(crescent(0.03, 0.985), {mix(bright, s.palette.tones[2], 0.3), 0.55, radius * 0.035, &body});
}

std::vector<Point> ellipse_points(Point centre, double rx, double ry, double turn, double from, double to) {
  constexpr int steps = 48;
  std::vector<Point> points;
  for (int i = 0; i <= steps; ++i) {
    const double t = from + (to - from) * i / steps;
    const double x = rx * std::cos(t), y = ry * std::sin(t);
    points.push_back({centre.x + x * std::cos(turn) - y * std::sin(turn),
                      centre.y + x * std::sin(turn) + y * std::cos(turn)});
  }
  return points;
}

/// A planet with a ring, a moon on it, and a smaller one far away, out of focus.
void orb(const Stage& s) {
  const double r = s.radius * 0.72;
  const Rgb bright = s.palette.tones[3], deep = mix(s.palette.tones[1], s.palette.tones[0], 0.4);
  s.light({s.centre.x - s.flip * r * 0.5, s.centre.y - r * 0.5}, r * 3.2, 1.5, s.palette.tones[1]);
  s.light({s.centre.x + s.flip * r * 1.2, s.centre.y + r * 1.1}, r * 2.4, 1.1, s.palette.tones[2]);

  const Point far{s.centre.x - s.flip * r * s.chance.between(1.2, 1.4),
                  s.centre.y - r * s.chance.between(0.7, 0.95)};
  s.layers.fill(Path().circle(far, r * 0.2),
                {mix(s.palette.tones[2], s.palette.tones[1], 0.4), 0.9, r * 0.025});

  const double turn = s.flip * -s.chance.between(0.28, 0.46);
  const double rx = r * 1.62, ry = r * s.chance.between(0.34, 0.46);
  const double thin = s.side * 0.002, thick = s.side * 0.0055;
  s.layers.fill(Path().stroke(ellipse_points(s.centre, rx, ry, turn, pi, 2 * pi), thin, thin),
                {s.palette.ink, 0.4});
  ball(s, s.centre, r, bright, deep);
  const std::vector<Point> front = ellipse_points(s.centre, rx, ry, turn, 0, pi);
  const std::vector<Point> first(front.begin(), front.begin() + 25), second(front.begin() + 24, front.end());
  s.layers.fill(Path().stroke(first, thin, thick).stroke(second, thick, thin), {s.palette.ink, 0.9});
  const Point moon = front[s.flip > 0 ? 40 : 8];
  ball(s, moon, r * 0.15, s.palette.accent, mix(s.palette.accent, s.palette.tones[1], 0.7));
  for (int i = 0; i < 16; ++i) {
    const double angle = s.chance.between(0, 2 * pi), away = r * s.chance.between(1.35, 2.4);
    const Point at{s.centre.x + away * std::cos(angle), s.centre.y + away * std::sin(angle) * 0.8};
    s.layers.fill(Path().circle(at, s.side * s.chance.between(0.0012, 0.0028)),
                  {s.palette.ink, s.chance.between(0.3, 0.8)});
  }
}

/// Broad arcs around one point, each with its own beginning and end, like the hands of many clocks.
void dials(const Stage& s) {
  const double r = s.radius * 0.94;
  s.light(s.centre, r * 1.8, 1.4, s.palette.tones[1]);
  s.light({s.centre.x + s.flip * r * 0.9, s.centre.y + r * 0.7}, r * 1.3, 0.9, s.palette.tones[2]);
  constexpr int count = 6;
  const double pitch = r / (count + 0.6), width = pitch * 0.62;
  for (int i = 0; i < count; ++i) {
    const double middle = pitch * (i + 1.15);
    s.layers.fill(Path().circle(s.centre, middle + width / 2).circle(s.centre, middle - width / 2, true),
                  {s.palette.ink, 0.055});
  }
  for (int i = count - 1; i >= 0; --i) {
    const double middle = pitch * (i + 1.15);
    const double begin = -pi / 2 + s.flip * s.chance.between(-0.5, 0.9) + (s.flip < 0 ? pi : 0);
    const double sweep = s.chance.between(0.75, 1.45) * pi;
    const double end = begin + sweep;
    const Rgb color = i == 1 ? s.palette.accent : ramp(s.palette, 1.05 - 0.17 * i);
    Path arc;
    arc.arc(s.centre, middle - width / 2, middle + width / 2, begin, end);
    const Point first{s.centre.x + middle * std::cos(begin), s.centre.y + middle * std::sin(begin)};
    const Point last{s.centre.x + middle * std::cos(end), s.centre.y + middle * std::sin(end)};
    arc.circle(first, width / 2).circle(last, width / 2);
    s.layers.fill(arc, {black, 0.35, width * 0.35});
    s.layers.fill_down(arc, mix(color, white, 0.10), mix(color, s.palette.tones[0], 0.35));
    s.layers.fill(Path().circle(last, width * 0.2), {s.palette.ink, 0.9});
  }
  ball(s, s.centre, pitch * 0.52, s.palette.ink, mix(s.palette.tones[3], s.palette.tones[2], 0.4));
}

Path arch(Point crown, double radius, double foot) {
  Path path;
  const double k = radius * 0.5522847498;
  path.move({crown.x - radius, foot}).line({crown.x - radius, crown.y + radius});
  path.curve({crown.x - radius, crown.y + radius - k}, {crown.x - k, crown.y}, crown);
  path.curve({crown.x + k, crown.y}, {crown.x + radius, crown.y + radius - k},
             {crown.x + radius, crown.y + radius});
  return path.line({crown.x + radius, foot});
}

/// Gates one within another, and a sun in the innermost.
void gates(const Stage& s) {
  constexpr int count = 5;
  const double outer = s.radius * 1.42, step = outer / (count + 1.15);
  const double crown = s.centre.y - outer * 0.62;
  const double foot = s.height + s.side * 0.02;
  s.light({s.centre.x, crown}, outer * 2.2, 1.3, s.palette.tones[1]);
  s.light({s.centre.x - s.flip * outer, crown - outer * 0.5}, outer, 0.8, s.palette.tones[2]);
  for (int i = 0; i < count; ++i) {
    const double radius = outer - step * i;
    const Point top{s.centre.x + s.flip * step * 0.10 * i, crown + step * 1.08 * i};
    const Path gate = arch(top, radius, foot);
    const double at = 0.06 + 0.235 * i;
    s.layers.fill(gate, {black, 0.4, std::min(step * 0.34, 90.0)});
    s.layers.fill_down(gate, mix(ramp(s.palette, at), white, 0.06),
                       mix(ramp(s.palette, at - 0.42), s.palette.base, 0.45));
    const double edge = s.side * 0.0028;
    const Path inside = arch({top.x, top.y + edge}, radius - edge, foot);
    s.layers.fill(arch(top, radius, foot).without(inside), {white, 0.22});
  }
  const double within = outer - step * count;
  const Point top{s.centre.x + s.flip * step * 0.10 * count, crown + step * 1.08 * count};
  const Path door = arch(top, within, foot);
  s.layers.fill_down(door, mix(s.palette.base, s.palette.tones[0], 0.7), s.palette.base);
  ball(s, {top.x, top.y + within * 1.02}, within * 0.62, s.palette.accent,
       mix(s.palette.tones[3], s.palette.tones[2], 0.5));
}

/// One tile of the mosaic: a figure of quarter circles.
void tile(const Stage& s, double x, double y, double size, Rgb ground, Rgb figure) {
  const double gap = size * 0.015;
  const double left = x + gap, top = y + gap, right = x + size - gap, bottom = y + size - gap,
               edge = size - 2 * gap;
  const Path square = Path().rectangle(left, top, right, bottom);
  const Point corners[4] = {{left, top}, {right, top}, {right, bottom}, {left, bottom}};
  const auto corner = s.chance.below(4);
  const double angle = static_cast<double>(corner) * pi / 2;
  const auto quarter = [&](std::size_t at, double inner, double outer) {
    const double from = static_cast<double>(at) * pi / 2;
    return Path().arc(corners[at], inner, outer, from, from + pi / 2);
  };
  const Point middle{(left + right) / 2, (top + bottom) / 2};
  const Rgb low = mix(figure, s.palette.tones[0], 0.3);
  s.layers.fill(square, {ground});
  switch (s.chance.below(6)) {
    case 0:
      s.layers.fill_down(quarter(corner, 0, edge), figure, low);
      break;
    case 1:
      for (const double out : {1.0, 0.6})
        s.layers.fill(quarter(corner, edge * (out - 0.22), edge * out), {figure});
      s.layers.fill(quarter(corner, 0, edge * 0.2), {figure});
      break;
    case 2:
      s.layers.fill_down(Path().circle(middle, edge * 0.36), figure, low);
      break;
    case 3: {  // a leaf: what two opposite quarters share
      const Path other = quarter((corner + 2) % 4, 0, edge);
      s.layers.fill(quarter(corner, 0, edge), {figure, 1, 0, &other});
      break;
    }
    case 4: {  // a half disc on one side
      const Point side{middle.x + edge / 2 * std::cos(angle), middle.y + edge / 2 * std::sin(angle)};
      s.layers.fill_down(Path().arc(side, 0, edge / 2, angle + pi / 2, angle + 1.5 * pi), figure, low);
      break;
    }
    default:
      s.layers.fill(quarter(corner, 0, edge / 2), {figure});
      s.layers.fill(quarter((corner + 2) % 4, 0, edge / 2), {figure});
  }
}

/// A mosaic that dissolves towards the words.
void mosaic(const Stage& s) {
  const bool wide = s.width > s.height * 1.2;
  const double size = wide ? s.height / 4 : s.width / 4;
  const double reach = s.radius * 1.75;
  s.light(s.centre, s.side * 0.9, 1.2, s.palette.tones[1]);
  s.light({s.centre.x + s.flip * s.radius, s.centre.y - s.radius}, s.side * 0.6, 1.0, s.palette.tones[2]);
  const int columns = static_cast<int>(std::ceil(s.width / size)),
            rows = static_cast<int>(std::ceil(s.height / size));
  const std::vector<Rgb> colors{s.palette.tones[0], s.palette.tones[1], s.palette.tones[2],
                                s.palette.tones[3], s.palette.accent};
  std::size_t last = 0;
  for (int row = 0; row < rows; ++row) {
    for (int column = 0; column < columns; ++column) {
      const double x = s.flip > 0 ? column * size : s.width - (column + 1) * size, y = row * size;
      const double dx = wide ? (x + size / 2 - s.centre.x) / reach : 0,
                   dy = (y + size / 2 - s.centre.y) / reach;
      const double near = 1 - std::hypot(dx, dy) * 1.3;
      if (y + size > s.foot || near < 0.1 || s.chance.between(0, 1) > 0.25 + near * 1.5) continue;
      std::size_t ground = s.chance.below(3), figure = 1 + s.chance.below(4);
      if (figure == last) figure = 1 + figure % 4;
      if (figure == ground) figure = ground == 2 ? 4 : 3;
      last = figure;
      // Towards the edge of the mosaic the tiles sink into the ground.
      const double sunk = std::clamp(0.75 - near * 1.8, 0.0, 0.7);
      const Rgb depth = mix(s.palette.base, s.palette.tones[0], 0.6);
      tile(s, x, y, size, mix(mix(colors[ground], s.palette.base, 0.2), depth, sunk),
           mix(colors[figure], depth, sunk));
    }
  }
}

/// Dunes under a low sun.
void dunes(const Stage& s) {
  const double horizon = s.centre.y - s.radius * 0.35;
  const Point sun{s.centre.x + s.flip * s.side * 0.16, horizon - s.radius * 0.12};
  const double size = s.radius * 0.52;
  s.light(sun, size * 3.4, 2.0, mix(s.palette.tones[2], s.palette.tones[1], 0.3));
  s.light({s.centre.x - s.flip * s.side * 0.5, horizon - s.radius}, size * 3.5, 1.0, s.palette.tones[1]);
  s.layers.fill(Path().circle(sun, size * 1.1), {s.palette.tones[3], 0.5, std::min(size * 0.3, 100.0)});
  s.layers.fill_down(Path().circle(sun, size), mix(s.palette.accent, white, 0.15),
                     mix(s.palette.tones[3], s.palette.tones[2], 0.45));
  constexpr int count = 6;
  const double span = s.height - horizon;
  double phase = s.chance.between(0, 2 * pi);
  for (int i = 0; i < count; ++i) {
    const double share = static_cast<double>(i) / (count - 1);
    const double level = horizon + span * (0.02 + 0.82 * std::pow(share, 1.15));
    const double swing = s.side * (0.035 + 0.055 * share);
    const double waves = 1.5 - 0.6 * share;
    phase += s.chance.between(1.6, 2.6);
    std::vector<Point> crest;
    constexpr int steps = 40;
    for (int k = 0; k <= steps; ++k) {
      const double x = -0.06 + 1.12 * k / steps;
      const double y = std::sin(x * waves * pi + phase) + 0.35 * std::sin(x * waves * 2.3 * pi + phase * 1.7);
      crest.push_back({s.width * x, level + swing * y});
    }
    Path hill;
    std::vector<Point> outline = crest;
    outline.push_back({s.width * 1.06, s.height * 1.03});
    outline.push_back({-s.width * 0.06, s.height * 1.03});
    hill.polygon(outline);
    const Rgb top = mix(ramp(s.palette, 0.92 - 0.72 * share), s.palette.base, 0.10 + 0.25 * share);
    s.layers.fill(hill, {black, 0.38, s.side * 0.022});
    s.layers.fill_down(hill, top, mix(top, s.palette.base, 0.75));
    s.layers.fill(Path().stroke(crest, s.side * 0.0022, s.side * 0.0022), {mix(top, white, 0.5), 0.55});
  }
}

/// Many fine threads that run together and apart like a cloth in the wind.
void threads(const Stage& s) {
  const double r = s.radius;
  s.light(s.centre, r * 1.9, 1.5, s.palette.tones[1]);
  s.light({s.centre.x + s.flip * r * 0.8, s.centre.y - r * 0.4}, r * 1.2, 1.0, s.palette.tones[2]);
  constexpr int count = 44, steps = 26;
  const double phase = s.chance.between(0, 2 * pi), twist = s.chance.between(1.1, 1.7),
               lean = s.flip * s.chance.between(0.18, 0.34);
  for (int i = 0; i < count; ++i) {
    const double v = static_cast<double>(i) / (count - 1);
    std::vector<Point> points;
    for (int k = 0; k <= steps; ++k) {
      const double t = static_cast<double>(k) / steps;
      const double fold = std::sin(t * 2 * pi * 0.8 + phase) * 0.55 +
                          std::sin(t * 2 * pi * 1.7 + phase * 0.6 + v * twist) * 0.22;
      const double spread = (v - 0.5) * 1.25 * std::sin(t * pi * 1.35 + phase * 0.4 + v * 0.9);
      const double y = s.centre.y + r * (fold * 0.55 + spread) + (t - 0.5) * lean * s.width;
      points.push_back({-0.04 * s.width + 1.08 * s.width * t, y});
    }
    const Rgb color = v < 0.5 ? mix(s.palette.tones[2], s.palette.tones[3], v * 2)
                              : mix(s.palette.tones[3], s.palette.accent, v * 2 - 1);
    const double width = s.side * (0.0012 + 0.0022 * std::pow(std::sin(v * pi), 2));
    s.layers.fill(Path().stroke(points, width, width), {color, 0.35 + 0.6 * v});
  }
}

/// Sheets of glass, one before the other, before a disc of light.
void sheets(const Stage& s) {
  const double r = s.radius;
  s.light({s.centre.x - s.flip * r * 0.8, s.centre.y - r * 0.9}, r * 1.9, 1.5, s.palette.tones[2]);
  s.light({s.centre.x + s.flip * r * 0.9, s.centre.y + r * 0.6}, r * 1.7, 1.3, s.palette.tones[1]);
  const Point disc{s.centre.x + s.flip * r * 0.34, s.centre.y - r * 0.44};
  s.layers.fill(Path().circle(disc, r * 0.56), {s.palette.tones[3], 0.35, std::min(r * 0.2, 100.0)});
  s.layers.fill_down(Path().circle(disc, r * 0.50), mix(s.palette.accent, white, 0.1),
                     mix(s.palette.tones[3], s.palette.tones[2], 0.6));
  ball(s, {s.centre.x - s.flip * r * 0.66, s.centre.y + r * 0.52}, r * 0.2, s.palette.tones[3],
       s.palette.tones[1]);
  const double turn = s.flip * s.chance.between(0.16, 0.26);
  constexpr int count = 3;
  for (int i = 0; i < count; ++i) {
    const double share = static_cast<double>(i) / (count - 1);
    const Point at{s.centre.x + s.flip * r * (0.24 - 0.36 * share), s.centre.y + r * (-0.14 + 0.24 * share)};
    const double half_width = r * 0.54, half_height = r * 0.70, corner = r * 0.11;
    const double angle = turn * (1.7 - 1.3 * share);
    const auto sheet = [&](double grow) {
      return Path()
          .rounded(at.x - half_width - grow, at.y - half_height - grow, at.x + half_width + grow,
                   at.y + half_height + grow, corner + grow)
          .turned(at, angle);
    };
    const Path body = sheet(0);
    // Around the sheet only: glass darkens nothing behind it.
    Path shadow = sheet(r * 0.03);
    s.layers.fill(shadow.without(body), {black, 0.5, std::min(r * 0.06, 60.0)});
    s.layers.fill(body, {mix(s.palette.tones[2], s.palette.tones[1], 0.5 + 0.5 * share), 0.42});
    const double soft = std::min(r * 0.22, 100.0);
    const Point lit{at.x - s.flip * half_width * 0.6, at.y - half_height * 0.9};
    s.layers.fill(Path().ellipse(lit, half_width * 1.1, half_height * 0.6, s.flip * -0.5),
                  {mix(s.palette.tones[3], white, 0.5), 0.40, soft, &body});
    const Point dim{at.x + s.flip * half_width * 0.7, at.y + half_height * 0.9};
    s.layers.fill(Path().ellipse(dim, half_width, half_height * 0.45, s.flip * -0.5),
                  {s.palette.tones[0], 0.45, soft, &body});
    const double edge = s.side * 0.0026;
    Path rim = sheet(0);
    s.layers.fill(rim.without(sheet(-edge)), {mix(s.palette.tones[3], white, 0.7), 0.75});
  }
}

}  // namespace

void Stage::light(Point at, double radius_px, double strength, Rgb color) const {
  lights.push_back({std::clamp(at.x / width, -0.5, 1.5), std::clamp(at.y / height, -0.5, 1.5),
                    radius_px / side, strength, color});
}

const std::vector<Motif>& motifs() {
  static const std::vector<Motif> all{
      {"orb", orb, false},       {"dunes", dunes, true},    {"dials", dials, false},
      {"gates", gates, true},    {"mosaic", mosaic, false}, {"threads", threads, true},
      {"sheets", sheets, false},
  };
  return all;
}

}  // namespace reelspool::local
