#include "plugins/local/card/drawing.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <limits>
#include <numbers>

namespace reelspool::local {
namespace {

using std::numbers::pi;
constexpr double units_per_px = 8;  // \p4

template <class... Values>
std::string written(const char* format, Values... values) {
  char text[256];
  std::snprintf(text, sizeof text, format, values...);
  return text;
}

Point on_circle(Point centre, double radius, double angle) {
  return {centre.x + radius * std::cos(angle), centre.y + radius * std::sin(angle)};
}

int alpha_of(double opacity) {
  return static_cast<int>(std::lround((1 - std::clamp(opacity, 0.0, 1.0)) * 255));
}

std::string paint_tags(const Paint& paint) {
  std::string tags = "\\1c" + ass_hex(paint.color) + written("\\1a&H%02X&", alpha_of(paint.opacity));
  if (paint.blur_px > 0) tags += written("\\blur%.1f", std::min(paint.blur_px, 100.0));
  if (paint.clip != nullptr) tags += "\\clip(4," + paint.clip->text() + ")";
  return tags;
}

}  // namespace

Path& Path::move(Point to) {
  pieces_.push_back({'m', {to}});
  return *this;
}

Path& Path::line(Point to) {
  pieces_.push_back({'l', {to}});
  return *this;
}

Path& Path::curve(Point control_1, Point control_2, Point to) {
  pieces_.push_back({'b', {control_1, control_2, to}});
  return *this;
}

Path& Path::circle(Point centre, double radius, bool hole) {
  return ellipse(centre, radius, radius, 0, hole);
}

Path& Path::ellipse(Point centre, double radius_x, double radius_y, double turn, bool hole) {
  // Four curves; the control points' distance makes the error under 0.03 % of the radius.
  constexpr double reach = 0.5522847498;
  const double way = hole ? -1 : 1;
  const auto at = [&](double x, double y) {
    const double dx = x * radius_x, dy = y * radius_y * way;
    return Point{centre.x + dx * std::cos(turn) - dy * std::sin(turn),
                 centre.y + dx * std::sin(turn) + dy * std::cos(turn)};
  };
  move(at(1, 0));
  curve(at(1, reach), at(reach, 1), at(0, 1));
  curve(at(-reach, 1), at(-1, reach), at(-1, 0));
  curve(at(-1, -reach), at(-reach, -1), at(0, -1));
  return curve(at(reach, -1), at(1, -reach), at(1, 0));
}

Path& Path::arc(Point centre, double inner, double outer, double from, double to) {
  const int steps = std::max(2, static_cast<int>(std::ceil(std::abs(to - from) / (pi / 8))));
  const double step = (to - from) / steps;
  const double reach = 4.0 / 3 * std::tan(step / 4);
  const auto sweep = [&](double radius, double start, double way) {
    for (int i = 0; i < steps; ++i) {
      const double a = start + way * step * i, b = a + way * step;
      const Point p = on_circle(centre, radius, a), q = on_circle(centre, radius, b);
      const double k = reach * way * radius;
      curve({p.x - k * std::sin(a), p.y + k * std::cos(a)}, {q.x + k * std::sin(b), q.y - k * std::cos(b)},
            q);
    }
  };
  move(on_circle(centre, outer, from));
  sweep(outer, from, 1);
  line(on_circle(centre, inner, to));
  sweep(inner, to, -1);
  return line(on_circle(centre, outer, from));
}

Path& Path::rectangle(double left, double top, double right, double bottom) {
  return polygon({{left, top}, {right, top}, {right, bottom}, {left, bottom}});
}

Path& Path::rounded(double left, double top, double right, double bottom, double radius) {
  const double r = std::min({radius, (right - left) / 2, (bottom - top) / 2});
  const double k = r * (1 - 0.5522847498);
  move({left + r, top}).line({right - r, top});
  curve({right - k, top}, {right, top + k}, {right, top + r}).line({right, bottom - r});
  curve({right, bottom - k}, {right - k, bottom}, {right - r, bottom}).line({left + r, bottom});
  curve({left + k, bottom}, {left, bottom - k}, {left, bottom - r}).line({left, top + r});
  return curve({left, top + k}, {left + k, top}, {left + r, top});
}

Path& Path::polygon(const std::vector<Point>& corners) {
  for (std::size_t i = 0; i < corners.size(); ++i) i == 0 ? move(corners[i]) : line(corners[i]);
  return *this;
}

Path& Path::stroke(const std::vector<Point>& points, double width_begin, double width_end) {
  std::vector<Point> outline;
  const std::size_t count = points.size();
  const auto side = [&](std::size_t i, double way) {
    const Point a = points[i == 0 ? 0 : i - 1], b = points[std::min(i + 1, count - 1)];
    const double dx = b.x - a.x, dy = b.y - a.y;
    const double length = std::max(std::hypot(dx, dy), 1e-6);
    const double share = static_cast<double>(i) / static_cast<double>(count - 1);
    const double half = (width_begin + (width_end - width_begin) * share) / 2 * way;
    return Point{points[i].x - dy / length * half, points[i].y + dx / length * half};
  };
  for (std::size_t i = 0; i < count; ++i) outline.push_back(side(i, 1));
  for (std::size_t i = count; i-- > 0;) outline.push_back(side(i, -1));
  return polygon(outline);
}

Path& Path::without(const Path& hole) {
  std::size_t begin = 0;
  const std::vector<Piece>& pieces = hole.pieces_;
  while (begin < pieces.size()) {
    std::size_t end = begin + 1;
    while (end < pieces.size() && pieces[end].kind != 'm') ++end;
    // Backwards: each piece now leads to where the one before it ended.
    move(pieces[end - 1].points.back());
    for (std::size_t i = end - 1; i > begin; --i) {
      const Point to = pieces[i - 1].points.back();
      const std::vector<Point>& points = pieces[i].points;
      pieces[i].kind == 'b' ? curve(points[1], points[0], to) : line(to);
    }
    begin = end;
  }
  return *this;
}

Path Path::turned(Point around, double angle) const {
  Path result = *this;
  for (Piece& piece : result.pieces_) {
    for (Point& point : piece.points) {
      const double dx = point.x - around.x, dy = point.y - around.y;
      point = {around.x + dx * std::cos(angle) - dy * std::sin(angle),
               around.y + dx * std::sin(angle) + dy * std::cos(angle)};
    }
  }
  return result;
}

Path::Box Path::box() const {
  constexpr double far = std::numeric_limits<double>::max();
  Box box{far, far, -far, -far};
  for (const Piece& piece : pieces_) {
    for (const Point& point : piece.points) {
      box.left = std::min(box.left, point.x);
      box.top = std::min(box.top, point.y);
      box.right = std::max(box.right, point.x);
      box.bottom = std::max(box.bottom, point.y);
    }
  }
  return box;
}

std::string Path::text() const {
  std::string text;
  for (const Piece& piece : pieces_) {
    if (!text.empty()) text += ' ';
    text += piece.kind;
    for (const Point& point : piece.points) {
      text += written(" %ld %ld", std::lround(point.x * units_per_px), std::lround(point.y * units_per_px));
    }
  }
  return text;
}

void Layers::event(const std::string& text) {
  events_ += "Dialogue: 0,0:00:00.00,1:00:00.00,Card,,0,0,0,,{\\an7" + text + "\n";
}

void Layers::fill(const Path& path, const Paint& paint) {
  event("\\pos(0,0)\\p4" + paint_tags(paint) + "}" + path.text());
}

void Layers::fill_down(const Path& path, Rgb top, Rgb bottom) {
  // ASS has no gradients, and strips of single colours show as bands. So: the shape in the first colour, then
  // sheets of the next colours over it, each beginning lower with a blurred edge as wide as the step, cut to
  // the shape.
  fill(path, {top});
  const Path::Box box = path.box();
  const double from = std::max(box.top, 0.0), to = std::min(box.bottom, static_cast<double>(height_));
  if (to <= from) return;
  const int steps = std::clamp(static_cast<int>(std::ceil((to - from) / 90)), 4, 20);
  const double step = (to - from) / steps, blur = step * 0.75;
  const double margin = 4 * blur;
  for (int i = 1; i <= steps; ++i) {
    const Path sheet =
        Path().rectangle(std::max(box.left, 0.0) - margin, from + step * (i - 0.5),
                         std::min(box.right, static_cast<double>(width_)) + margin, to + margin);
    fill(sheet, {mix(top, bottom, static_cast<double>(i) / steps), 1, blur, &path});
  }
}

void Layers::line(Point at, const Type& type, const std::vector<Run>& runs) {
  const double top = at.y - ascender_em * type.em_px;
  std::string text = type.from_right ? "\\an9" : "";
  text += written("\\pos(%.2f,%.2f)\\fs%.2f\\b%d\\fsp%.2f", at.x, top, type.em_px * font_size_per_em,
                  static_cast<int>(type.weight), type.tracking_em * type.em_px);
  text += written("\\1a&H%02X&\\3a&H%02X&", alpha_of(type.opacity), alpha_of(type.opacity));
  if (type.blur_px > 0) text += written("\\blur%.1f", std::min(type.blur_px, 100.0));
  if (type.outline_px > 0) text += written("\\bord%.1f\\3c", type.outline_px) + ass_hex(type.color);
  text += "}";
  for (const Run& run : runs) text += "{\\1c" + ass_hex(run.color) + "}" + escape_ass(run.text);
  event(text);
}

std::string Layers::ass() const {
  std::string text =
      "[Script Info]\n"
      "ScriptType: v4.00+\n";
  text += written("PlayResX: %d\nPlayResY: %d\n", width_, height_);
  text +=
      "WrapStyle: 2\n"
      "ScaledBorderAndShadow: yes\n"
      "\n"
      "[V4+ Styles]\n"
      "Format: Name, Fontname, Fontsize, PrimaryColour, SecondaryColour, OutlineColour, BackColour, Bold, "
      "Italic, "
      "Underline, StrikeOut, ScaleX, ScaleY, Spacing, Angle, BorderStyle, Outline, Shadow, Alignment, "
      "MarginL, MarginR, "
      "MarginV, Encoding\n"
      // Encoding -1: the direction of a line is that of its first strong letter (Arabic, Hebrew).
      "Style: Card,Inter "
      "Display,100,&H00FFFFFF,&H00FFFFFF,&H00000000,&H00000000,0,0,0,0,100,100,0,0,1,0,0,7,0,0,0,-1\n"
      "\n"
      "[Events]\n"
      "Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text\n";
  return text + events_;
}

std::string escape_ass(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    switch (c) {
      case '{':
      case '}':
        escaped += '\\';
        escaped += c;
        break;
      case '\\':
        escaped += "\\\u2060";  // a word joiner parts it from a letter that would make it a command
        break;
      case '\n':
      case '\r':
      case '\t':
        escaped += ' ';
        break;
      default:
        escaped += c;
    }
  }
  return escaped;
}

}  // namespace reelspool::local
