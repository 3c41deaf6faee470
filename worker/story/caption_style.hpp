#pragma once

#include <optional>
#include <string>

#include "worker/story/colour.hpp"
#include "worker/story/frame.hpp"

namespace reelspool {

/// How captions look: `captionStyle` of REQUIREMENTS T8, with the standard of storyboard and topic (shadow
/// and border, no box).
struct CaptionStyle {
  enum class Position { bottom, middle, top };
  enum class Mode {
    karaoke,  ///< a word is lit when it is said, and words to come are not seen yet
    pop,      ///< one word at a time
    plain,    ///< all of a cue at once
  };

  std::string font_family = "Inter";
  double font_size = 32;  ///< of a frame whose short side is 540: what looks the same at every resolution
  Colour colour{0xFF, 0xFF, 0xFF};
  Colour highlight{0xFF, 0xD4, 0x3B};  ///< of the word that is being said
  std::optional<Colour> background;    ///< a box behind the lines; without one: border and shadow
  double background_opacity = 0.8;
  Position position = Position::bottom;
  Mode mode = Mode::karaoke;
};

/// What the lines of a caption have room for.
struct CaptionRoom {
  std::size_t columns = 32;  ///< REQUIREMENTS S12
  std::size_t lines = 2;     ///< at once
  double width_em = 17.6;    ///< and no wider than this many times the font's size
};

/// The font's size in ASS units (pixels of line height, PlayRes being the frame), and the room it leaves
/// between margins.
double ass_font_size(const CaptionStyle& style, Frame frame);
CaptionRoom caption_room(const CaptionStyle& style, Frame frame);
/// Left and right; and between the lines and the edge they are nearest to, clear of what players draw over
/// it.
int caption_side_margin(Frame frame);
int caption_edge_margin(Frame frame);

/// A guess at the width of a line in a heavy sans serif, in times the font's size. Wide rather than narrow.
double estimated_width_em(std::u32string_view text);

}  // namespace reelspool
