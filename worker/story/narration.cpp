#include "worker/story/narration.hpp"

#include <algorithm>

#include "worker/story/unicode.hpp"

namespace reelspool {
namespace {

using Text = std::u32string;

bool is_bullet(char32_t c) {
  return c == '-' || c == '*' || c == '+' || c == U'•' || c == U'‣' || c == U'▪' || c == U'●' || c == U'◦' ||
         c == U'–' || c == U'—' || c == U'·';
}

/// Where the words of a line begin: past "- ", "# ", "> ". A dash without a space ("-5 °C") is no bullet.
std::size_t skip_line_marks(const Text& text, std::size_t i) {
  while (i < text.size() && text[i] != '\n' && is_space(text[i])) ++i;
  std::size_t end = i;
  if (end < text.size() && is_bullet(text[end])) {
    ++end;
  } else {
    while (end < text.size() && (text[end] == '#' || text[end] == '>')) ++end;
  }
  const bool is_mark = end > i && (end == text.size() || is_space(text[end]));
  return is_mark ? end : i;
}

Text without_line_marks(const Text& text) {
  Text kept;
  for (std::size_t i = 0; i < text.size();) {
    i = skip_line_marks(text, i);
    while (i < text.size() && text[i] != '\n') kept += text[i++];
    if (i < text.size()) kept += text[i++];
  }
  return kept;
}

/// "[excited]", "[whispers softly]": lower-case Latin words alone in brackets. "[2024]" and "[NASA]" are
/// text.
bool is_audio_tag(const Text& text, std::size_t open, std::size_t close) {
  if (close - open < 2 || close - open > 40 || !is_lower(text[open + 1])) return false;
  return std::all_of(text.begin() + static_cast<std::ptrdiff_t>(open) + 1,
                     text.begin() + static_cast<std::ptrdiff_t>(close),
                     [](char32_t c) { return (c >= 'a' && c <= 'z') || c == ' ' || c == '-'; });
}

Text without_audio_tags(const Text& text) {
  Text kept;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '[') {
      const auto close = i + std::u32string_view(text).substr(i, 42).find(']');
      if (close < text.size() && close > i && is_audio_tag(text, i, close)) {
        i = close;
        continue;
      }
    }
    kept += text[i];
  }
  return kept;
}

bool is_emphasis(char32_t c) {
  return c == '*' || c == '_' || c == '`';
}

bool is_letter_like(char32_t c) {
  return c >= 0x80 ? !is_space(c) && !is_control(c) && !(c >= 0x2010 && c <= 0x2046) && c != U'¿' && c != U'¡'
                   : (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || is_digit(c);
}

constexpr std::size_t furthest_close = 200;

/// Drops the marks of **strong**, *emphasised*, __strong__ and `code`: a run that opens in front of a word
/// and has its like behind one. "5 * 3", "snake_case" and a lone asterisk stay.
Text without_emphasis(const Text& text) {
  const auto run_end = [&](std::size_t i) {
    std::size_t end = i;
    while (end < text.size() && text[end] == text[i]) ++end;
    return end;
  };
  Text kept;
  for (std::size_t i = 0; i < text.size();) {
    const bool opens = is_emphasis(text[i]) && (i == 0 || !is_letter_like(text[i - 1]));
    if (!opens) {
      kept += text[i++];
      continue;
    }
    const std::size_t inner = run_end(i);
    const Text mark = text.substr(i, inner - i);
    Text reach = text.substr(inner, furthest_close);  // bounded, so that hostile text costs no quadratic time
    reach.resize(std::min(reach.find('\n'), reach.size()));
    std::size_t close =
        reach.empty() || is_space(reach[0]) || mark.size() > 3 ? Text::npos : reach.find(mark, 1);
    while (close != Text::npos &&
           (is_space(reach[close - 1]) ||
            (close + mark.size() < reach.size() && is_letter_like(reach[close + mark.size()]))))
      close = reach.find(mark, close + 1);
    if (close == Text::npos) {
      kept += mark;
      i = inner;
      continue;
    }
    kept += without_emphasis(reach.substr(0, close));
    i = inner + close + mark.size();
  }
  return kept;
}

bool is_exclaiming(char32_t c) {
  return c == '!' || c == '?' || c == U'¡' || c == U'¿' || c == U'！' || c == U'？' || c == U'؟';
}

/// One space between words, none at the ends; no controls.
Text folded(const Text& text) {
  Text kept;
  bool space = false;
  for (const char32_t c : text) {
    if (is_space(c)) {
      space = true;
      continue;
    }
    if (is_control(c)) continue;
    if (space && !kept.empty()) kept += ' ';
    space = false;
    kept += c;
  }
  return kept;
}

/// "!!!" to "!", "¿¿" to "¿".
Text calmed(const Text& text) {
  Text kept;
  for (const char32_t c : text)
    if (!is_exclaiming(c) || kept.empty() || kept.back() != c) kept += c;
  return kept;
}

}  // namespace

std::string clean_narration(std::string_view text) {
  Text work = to_code_points(text);
  std::replace(work.begin(), work.end(), U'\r', U'\n');
  work = without_line_marks(work);
  work = without_audio_tags(work);
  work = without_emphasis(work);
  return to_utf8(calmed(folded(work)));
}

std::string fold_spaces(std::string_view text) {
  return to_utf8(folded(to_code_points(text)));
}

bool is_sayable(std::string_view text) {
  const Text points = to_code_points(text);
  return std::any_of(points.begin(), points.end(), [](char32_t c) {
    const bool sign = (c >= 0x80 && c < 0xC0 && c != 0xAA && c != 0xB5 && c != 0xBA) || c == 0xD7 ||
                      c == 0xF7 || (c >= 0x2000 && c < 0x2C00) || (c >= 0x3000 && c < 0x3005) ||
                      (c >= 0x3008 && c < 0x3021) || (c >= 0xFF00 && c < 0xFF10) ||
                      (c >= 0xFFF0 && c <= 0xFFFF);
    return is_letter_like(c) && !is_emoji(c) && !is_combining(c) && !sign;
  });
}

}  // namespace reelspool
