#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "worker/story/caption_style.hpp"
#include "worker/story/captions.hpp"

namespace reelspool {

/// Cues that look alike. Their times are the video's.
struct CaptionTrack {
  CaptionStyle style;
  std::vector<Cue> cues;
};

/// A part of a video: that many frames, from `first` on.
struct Span {
  std::int64_t first = 0;
  std::int64_t frames = 0;
  int fps = 30;  ///< at most 60: ASS counts hundredths of a second, and each frame needs one of its own
};

/// An ASS subtitle file that burns what the tracks show within `span` into a picture of size `frame` (PlayRes is the frame's
/// size), on the span's own clock: cut into pieces, a video shows the same as whole. Empty when nothing is shown.
///
/// One Dialogue event for each state, because \k can recolour but not enlarge (MEDIA.md 5): with CaptionStyle::Mode::karaoke words
/// said are drawn, the word being said is lit and a little larger, words to come keep their place unseen. A state begins with the
/// first frame that is not before it, so that no word is early. Any text is safe: see escape_ass(). Right-to-left text takes its
/// direction from itself (Encoding -1).
std::string write_ass(const std::vector<CaptionTrack>& tracks, Frame frame, Span span);

/// Text in which nothing is an override tag or a line break to libass: `{` and `}` escaped, a word joiner
/// behind each backslash (libass knows no escape for one, and draws no glyph for the joiner), control
/// characters left out.
std::string escape_ass(std::string_view text);

}  // namespace reelspool
