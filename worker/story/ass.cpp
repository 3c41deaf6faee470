#include "worker/story/ass.hpp"

#include <array>
#include <cmath>
#include <cstdint>
#include <cstdio>

#include "worker/story/unicode.hpp"

namespace reelspool {
namespace {

constexpr std::string_view word_joiner = "\xE2\x81\xA0";  // U+2060

/// Hundredths of a second, rounded up: a frame at a word's very start may miss it, none shows it early.
std::int64_t hundredths(double seconds) {
  return static_cast<std::int64_t>(std::ceil(seconds * 100 - 1e-6));
}

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

std::string header(const CaptionStyle& style, Frame frame) {
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
  return "[Script Info]\nScriptType: v4.00+\nPlayResX: " + std::to_string(frame.width) +
         "\nPlayResY: " + std::to_string(frame.height) +
         "\nWrapStyle: 0\nScaledBorderAndShadow: yes\nYCbCr Matrix: TV.709\n\n"
         "[V4+ Styles]\nFormat: Name, Fontname, Fontsize, PrimaryColour, SecondaryColour, OutlineColour, "
         "BackColour, Bold, "
         "Italic, Underline, StrikeOut, ScaleX, ScaleY, Spacing, Angle, BorderStyle, Outline, Shadow, "
         "Alignment, MarginL, "
         "MarginR, MarginV, Encoding\nStyle: Caption," +
         style.font_family + line.data() +
         "\n[Events]\nFormat: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text\n";
}

/// The text of one state: `spoken` words have begun, the last of them is the one being said. The word that
/// was lit before shrinks back while the next one grows, so that the line does not jump.
std::string state_text(const Cue& cue, std::size_t spoken, const CaptionStyle& style) {
  const bool boxed = style.background.has_value();  // a box of changing size would flicker
  const std::string grow = boxed ? "" : "\\t(0,90,\\fscx107\\fscy107)";
  const std::string shrink = boxed ? "" : "{\\fscx107\\fscy107\\t(0,120,\\fscx100\\fscy100)}";
  std::string text = "{\\b800}";
  std::size_t index = 0;
  bool hidden = false;
  for (std::size_t line = 0; line < cue.lines.size(); ++line) {
    if (line > 0) text += "\\N";
    for (std::size_t i = 0; i < cue.lines[line].size(); ++i, ++index) {
      const CaptionWord& word = cue.lines[line][i];
      if (i > 0 && !word.glued) text += ' ';
      const std::string escaped = escape_ass(word.text);
      const bool lit = index + 1 == spoken;
      const bool lit_before = index + 2 == spoken;
      if (index >= spoken && !hidden) {
        text += "{\\alpha&HFF&}";
        hidden = true;
      }
      if (lit) {
        text += "{" + ass_colour_tag(style.highlight) + grow + "}" + escaped + "{\\r\\b800}";
      } else if (lit_before && !boxed) {
        text += shrink + escaped + "{\\r\\b800}";
      } else {
        text += escaped;
      }
    }
  }
  return text;
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

std::string write_ass(const std::vector<Cue>& cues, const CaptionStyle& style, Frame frame, double offset_s) {
  std::string text = header(style, frame);
  for (const Cue& cue : cues) {
    std::vector<const CaptionWord*> words;
    for (const auto& line : cue.lines)
      for (const CaptionWord& word : line) words.push_back(&word);
    const std::int64_t cue_end = hundredths(cue.end_s + offset_s);
    for (std::size_t i = 0; i < words.size(); ++i) {
      const std::int64_t start = hundredths(words[i]->start_s + offset_s);
      const std::int64_t end = i + 1 < words.size() ? hundredths(words[i + 1]->start_s + offset_s) : cue_end;
      if (end <= start) continue;  // the next word begins in the same hundredth
      text += "Dialogue: 0," + ass_time(start) + "," + ass_time(end) + ",Caption,,0,0,0,," +
              state_text(cue, i + 1, style) + "\n";
    }
  }
  return text;
}

}  // namespace reelspool
