#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace reelspool::local {

/// What a scene's card is made from. The same request gives the same card, to the byte.
struct CardRequest {
  int width = 1080, height = 1920;   ///< of the picture, in pixels
  std::string title;                 ///< shown as it is, when given
  std::string text;                  ///< the narration: a few of its words are shown
  std::string prompt;                ///< used when there is no text
  std::string role;                  ///< "hook", "problem", "solution", "cta" ...: may be empty or anything
  std::string language;              ///< BCP 47
  std::uint64_t seed = 0;            ///< the scene's
  std::uint64_t style_seed = 0;      ///< the video's: palette and order of motifs
  std::vector<std::string> palette;  ///< the brand's colours, "#rrggbb"; may be empty
  int scene = 0, scenes = 0;         ///< from 1, and how many; 0: unknown
};

/// What the script `card` draws.
struct Card {
  std::string layout;      ///< an ASS file
  std::string background;  ///< its option --background
  double shade = 0;        ///< its option --shade
};

/// Designs a card: light in the video's colours, one motif of the family, a headline, a number. The lowest
/// fifth stays quiet for captions; the words keep out of the exact centre, where a watermark stands.
Card design_card(const CardRequest& request);

}  // namespace reelspool::local
