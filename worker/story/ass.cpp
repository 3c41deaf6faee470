#include "worker/story/ass.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <cstdio>

#include "worker/story/unicode.hpp"

namespace reelspool {
namespace {

constexpr std::string_view word_joiner = "\xE2\x81\xA0";  // U+2060

std::string ass_time(std::int64_t hundredths_of_s) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%lld:%02d:%02d.%02d",
                static_cast<long long>(hundredths_of_s / 360000),
                static_cast<int>(hundredths_of_s / 6000 % 60), static_cast<int>(hundredths_of_s / 100 % 60),
                static_cast<int>(hundredths_of_s % 100));
  return text.data();
}

/// &HAABBGGRR, alpha 0 being opaque.
std::string ass_colour(Colour colour, double opacity) {
  std::array<char, 16> text{};
  std::snprintf(text.data(), text.size(), "&H%02X%02X%02X%02X",
                static_cast<int>(std::lround((1 - opacity) * 255)), colour.blue, colour.green, colour.red);
  return text.data();
}

std::string ass_colour_tag(Colour colour) {
  std::array<char, 16> text{};
  std::snprintf(text.data(), text.size(), "\\1c&H%02X%02X%02X&", colour.blue, colour.green, colour.red);
  return text.data();
}

/// The first is "Caption", the others are counted.
std::string style_name(std::size_t track) {
  return "Caption" + (track == 0 ? std::string() : std::to_string(track + 1));
}

std::string style_line(const CaptionStyle& style, Frame frame, std::size_t track) {
  const int size = static_cast<int>(ass_font_size(style, frame));
  const bool boxed = style.background.has_value();
  // BorderStyle 3 fills the border's rectangle with the outline's colour, 1 draws the border around the
  // letters.
  const std::string outline =
      boxed ? ass_colour(*style.background, style.background_opacity) : ass_colour({0x12, 0x12, 0x16}, 0.95);
  const double border = boxed ? size * 0.16 : size * 0.075;
  const double shadow = boxed ? 0 : size * 0.045;
  const int alignment = style.position == CaptionStyle::Position::bottom   ? 2
                        : style.position == CaptionStyle::Position::middle ? 5
                                                                           : 8;
  const int side = caption_side_margin(frame);
  std::array<char, 512> line{};
  std::snprintf(line.data(), line.size(),
                ",%d,%s,%s,%s,%s,-1,0,0,0,100,100,0,0,%d,%.1f,%.1f,%d,%d,%d,%d,-1\n", size,
                ass_colour(style.colour, 1).c_str(), ass_colour(style.colour, 1).c_str(), outline.c_str(),
                ass_colour({}, 0.55).c_str(), boxed ? 3 : 1, border, shadow, alignment, side, side,
                caption_edge_margin(frame));
  return "Style: " + style_name(track) + "," + style.font_family + line.data();
}

std::string header(const std::string& styles, Frame frame) {
  return "[Script Info]\nScriptType: v4.00+\nPlayResX: " + std::to_string(frame.width) +
         "\nPlayResY: " + std::to_string(frame.height) +
         "\nWrapStyle: 0\nScaledBorderAndShadow: yes\nYCbCr Matrix: TV.709\n\n"
         "[V4+ Styles]\nFormat: Name, Fontname, Fontsize, PrimaryColour, SecondaryColour, OutlineColour, "
         "BackColour, Bold, "
         "Italic, Underline, StrikeOut, ScaleX, ScaleY, Spacing, Angle, BorderStyle, Outline, Shadow, "
         "Alignment, MarginL, "
         "MarginR, MarginV, Encoding\n" +
         styles +
         "\n[Events]\nFormat: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text\n";
}

/// Tags that take a word's size from `from` to `to` percent within `whole_ms`, `elapsed_ms` of which are over.
std::string resize(double from, double to, int whole_ms, int elapsed_ms) {
  const double now = elapsed_ms >= whole_ms ? to : from + (to - from) * elapsed_ms / whole_ms;
  std::array<char, 96> text{};
  const auto begin = std::snprintf(text.data(), text.size(), "\\fscx%.4g\\fscy%.4g", now, now);
  std::string tags = now == 100 ? std::string() : std::string(text.data(), static_cast<std::size_t>(begin));
  if (elapsed_ms < whole_ms) {
    std::snprintf(text.data(), text.size(), "\\t(0,%d,\\fscx%.4g\\fscy%.4g)", whole_ms - elapsed_ms, to, to);
    tags += text.data();
  }
  return tags;
}

/// The text of one state: `spoken` words have begun, the last of them is the one being said, since `elapsed_ms`. The word that
/// was lit before shrinks back while the next one grows, so that the line does not jump.
std::string state_text(const Cue& cue, std::size_t spoken, const CaptionStyle& style, int elapsed_ms) {
  const bool boxed = style.background.has_value();  // a box of changing size would flicker
  const bool lights = style.mode != CaptionStyle::Mode::plain;
  const std::string grow = boxed ? "" : resize(100, 107, 90, elapsed_ms);
  const std::string shrink = boxed ? "" : resize(107, 100, 120, elapsed_ms);
  std::string text = "{\\b800}";
  std::size_t index = 0;
  bool hidden = false;
  for (std::size_t line = 0; line < cue.lines.size(); ++line) {
    if (line > 0) text += "\\N";
    for (std::size_t i = 0; i < cue.lines[line].size(); ++i, ++index) {
      const CaptionWord& word = cue.lines[line][i];
      if (i > 0 && !word.glued) text += ' ';
      const std::string escaped = escape_ass(word.text);
      const bool lit = lights && index + 1 == spoken;
      const bool lit_before = lights && index + 2 == spoken;
      if (index >= spoken && !hidden) {
        text += "{\\alpha&HFF&}";
        hidden = true;
      }
      if (lit) {
        text += "{" + ass_colour_tag(style.highlight) + grow + "}" + escaped + "{\\r\\b800}";
      } else if (lit_before && !shrink.empty()) {
        text += "{" + shrink + "}" + escaped + "{\\r\\b800}";
      } else {
        text += escaped;
      }
    }
  }
  return text;
}

/// What a cue looks like from one frame to another of the video.
struct State {
  std::int64_t start = 0, end = 0;
  std::size_t spoken = 0;  ///< words
};

std::vector<State> states_of(const Cue& cue, const CaptionStyle& style, int fps) {
  const auto frame_at = [fps](double seconds) {
    return static_cast<std::int64_t>(std::ceil(seconds * fps - 1e-6));
  };
  std::vector<double> starts;
  for (const auto& line : cue.lines)
    for (const CaptionWord& word : line) starts.push_back(word.start_s);
  const std::int64_t end = frame_at(cue.end_s);
  if (style.mode == CaptionStyle::Mode::plain) return {{frame_at(cue.start_s), end, starts.size()}};
  std::vector<State> states;
  for (std::size_t i = 0; i < starts.size(); ++i)
    states.push_back({frame_at(starts[i]), i + 1 < starts.size() ? frame_at(starts[i + 1]) : end, i + 1});
  return states;
}

/// The hundredth in which a frame of the span begins: libass shows what begins in it with that frame, and not with the one before.
std::string ass_time_of(std::int64_t frame, int fps) {
  return ass_time(frame * 100 / fps);
}

std::string events_of(const CaptionTrack& track, const std::string& style, Span span) {
  std::string events;
  for (const Cue& cue : track.cues) {
    for (const State& state : states_of(cue, track.style, span.fps)) {
      const std::int64_t start = std::max(state.start, span.first);
      const std::int64_t end = std::min(state.end, span.first + span.frames);
      if (end <= start) continue;  // elsewhere, or the next word begins with the same frame
      const auto elapsed_ms =
          static_cast<int>(std::min<std::int64_t>((start - state.start) * 1000 / span.fps, 10'000));
      events += "Dialogue: 0," + ass_time_of(start - span.first, span.fps) + "," +
                ass_time_of(end - span.first, span.fps) + "," + style + ",,0,0,0,," +
                state_text(cue, state.spoken, track.style, elapsed_ms) + "\n";
    }
  }
  return events;
}

}  // namespace

std::string escape_ass(std::string_view text) {
  std::u32string safe;
  for (const char32_t c : to_code_points(text)) {
    if (is_control(c)) continue;
    if (c == '{' || c == '}') safe += U'\\';
    safe += c;
    if (c == '\\') safe += to_code_points(word_joiner);
  }
  return to_utf8(safe);
}

std::string write_ass(const std::vector<CaptionTrack>& tracks, Frame frame, Span span) {
  std::string styles, events;
  std::size_t used =
      0;  // a track that shows nothing here leaves no trace, so that its change changes nothing here
  for (const CaptionTrack& track : tracks) {
    const std::string shown = events_of(track, style_name(used), span);
    if (shown.empty()) continue;
    styles += style_line(track.style, frame, used++);
    events += shown;
  }
  return events.empty() ? std::string() : header(styles, frame) + events;
}

}  // namespace reelspool
