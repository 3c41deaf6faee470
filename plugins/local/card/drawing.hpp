#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "plugins/local/card/color.hpp"

namespace reelspool::local {

struct Point {
  double x = 0, y = 0;  ///< pixels from the top left corner
};

/// An outline of straight and curved pieces, in pixels. A piece inside another that runs the other way round
/// is a hole.
class Path {
 public:
  Path& move(Point to);
  Path& line(Point to);
  Path& curve(Point control_1, Point control_2, Point to);  ///< a cubic Bézier curve

  Path& circle(Point centre, double radius, bool hole = false);
  Path& ellipse(Point centre, double radius_x, double radius_y, double turn, bool hole = false);
  /// Part of a ring between two radii, from one angle to another (radians, 0 to the right, growing
  /// clockwise).
  Path& arc(Point centre, double inner, double outer, double from, double to);
  Path& rectangle(double left, double top, double right, double bottom);
  Path& rounded(double left, double top, double right, double bottom, double radius);
  Path& polygon(const std::vector<Point>& corners);
  /// A line of some width along points, as a closed outline; its width may differ at both ends.
  Path& stroke(const std::vector<Point>& points, double width_begin, double width_end);

  /// Cuts another outline out, whichever way round it runs.
  Path& without(const Path& hole);

  Path turned(Point around, double angle) const;

  struct Box {
    double left, top, right, bottom;
  };
  Box box() const;  ///< around all points, control points included

  /// As ASS draws: "m 0 0 l 8 8", in eighths of a pixel (\p4).
  std::string text() const;

 private:
  struct Piece {
    char kind;  // m, l or b
    std::vector<Point> points;
  };
  std::vector<Piece> pieces_;
};

struct Paint {
  Rgb color;
  double opacity = 1;
  double blur_px = 0;  ///< libass stops at 100
  const Path* clip = nullptr;
};

enum class Weight { medium = 500, semibold = 600, extrabold = 800 };

struct Type {
  double em_px = 100;
  Weight weight = Weight::extrabold;
  double tracking_em = 0;  ///< extra space after each letter
  Rgb color{1, 1, 1};
  double opacity = 1;
  double blur_px = 0;
  double outline_px = 0;    ///< in `color` as well
  bool from_right = false;  ///< the position is the right end of the line
};

/// A run of a line of type in one colour.
struct Run {
  std::string text;
  Rgb color;
};

/// A picture as a stack of ASS events, later ones on top, drawn by libass exactly where the pixels are.
class Layers {
 public:
  Layers(int width, int height) : width_(width), height_(height) {}

  void fill(const Path& path, const Paint& paint);
  /// From one colour at the top of the path to another at its foot, opaque.
  void fill_down(const Path& path, Rgb top, Rgb bottom);
  /// One line; `at` is the left (or right) end of its baseline. Text of people: nothing in it is a command.
  void line(Point at, const Type& type, const std::vector<Run>& runs);

  std::string ass() const;

 private:
  void event(const std::string& text);
  int width_, height_;
  std::string events_;
};

/// Text as ASS shows it literally: braces, backslashes and line ends mean nothing any more.
std::string escape_ass(std::string_view text);

/// The em of Inter Display in libass's font size, which is ascender plus descender. Source: hhea of the font,
/// 2476/2048.
inline constexpr double font_size_per_em = 2476.0 / 2048;
inline constexpr double ascender_em = 1974.0 / 2048;
inline constexpr double cap_height_em = 1472.0 / 2048;

}  // namespace reelspool::local
