#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "worker/story/caption_style.hpp"
#include "worker/story/captions.hpp"

namespace reelspool {

/// An ASS subtitle file that burns cues into a picture of size `frame` (PlayRes is the frame's size), the
/// first word at `offset_s` plus its own time. One Dialogue event for each state, because \k can recolour but
/// not enlarge (MEDIA.md 5): words said are drawn, the word being said is lit and a little larger, words to
/// come keep their place unseen. Times are rounded up to ASS's hundredths, so that no word is early. Any text
/// is safe: see escape_ass(). Right-to-left text takes its direction from itself (Encoding -1).
std::string write_ass(const std::vector<Cue>& cues, const CaptionStyle& style, Frame frame, double offset_s);

/// Text in which nothing is an override tag or a line break to libass: `{` and `}` escaped, a word joiner
/// behind each backslash (libass knows no escape for one, and draws no glyph for the joiner), control
/// characters left out.
std::string escape_ass(std::string_view text);

}  // namespace reelspool
