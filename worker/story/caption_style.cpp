#include "worker/story/caption_style.hpp"

#include <algorithm>
#include <cmath>

#include "worker/story/unicode.hpp"

namespace reelspool {
namespace {

// libass scales a font so that ascent plus descent are its size, as VSFilter does; the em is smaller by this
// (Inter: 2048 of 2478 units; Noto Sans: 1000 of 1362, which then only leaves more room).
constexpr double em_of_ass_size = 0.826;
// The word being said is drawn larger (ass.cpp); a long one must not push the line over the margin.
constexpr double room_to_grow_em = 0.5;

double advance_em(char32_t c) {
  if (is_combining(c)) return 0;
  if (is_wide(c)) return 1;
  if (is_space(c)) return 0.26;
  if (c == 'i' || c == 'l' || c == 'j' || c == '.' || c == ',' || c == '\'' || c == '!' || c == ':' ||
      c == ';' || c == '|' || c == U'’' || c == U'í' || c == U'¡')
    return 0.33;
  if (c == 'f' || c == 't' || c == 'r' || c == 'I' || c == '(' || c == ')' || c == '[' || c == ']' ||
      c == '/' || c == '-' || c == '"')
    return 0.43;
  if (c == 'm' || c == 'M' || c == 'w' || c == 'W' || c == '@' || c == '%' || c == U'—' || c == U'…')
    return 0.98;
  if (c >= 'A' && c <= 'Z') return 0.74;
  return 0.62;
}

}  // namespace

double ass_font_size(const CaptionStyle& style, Frame frame) {
  return std::round(style.font_size * frame.short_side() / 540);
}

CaptionRoom caption_room(const CaptionStyle& style, Frame frame) {
  CaptionRoom room;
  const double em = ass_font_size(style, frame) * em_of_ass_size;
  room.width_em = std::max((frame.width - 2.0 * caption_side_margin(frame)) / em - room_to_grow_em, 2.0);
  return room;
}

int caption_side_margin(Frame frame) {
  return static_cast<int>(std::lround(0.055 * frame.width));
}

int caption_edge_margin(Frame frame) {
  return static_cast<int>(std::lround((frame.height > frame.width ? 0.085 : 0.07) * frame.height));
}

double estimated_width_em(std::u32string_view text) {
  double sum = 0;
  for (const char32_t c : text) sum += advance_em(c);
  return sum;
}

}  // namespace reelspool
