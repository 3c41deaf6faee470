// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace reelspool::words {

/// A word event of the synthesiser: from `sample` on it speaks what stands at code point `position` of the
/// text (the text's own positions, see Speakable::origin).
struct Mark {
  std::size_t position = 0;
  std::size_t sample = 0;
};

/// One word of the text with its place in the sound, in samples; begin < end, and words never overlap.
struct TimedWord {
  std::string text;
  std::size_t begin = 0;
  std::size_t end = 0;
};

/// Brings events and words together.
///
/// The synthesiser splits words ("12:30" is five events) and joins them ("of the" is one): events within a
/// word are one word; words that share an event share its sound by their letters. A word starts where its
/// sound is first heard and ends where it is last heard before the next one; a gap shorter than 60 ms (the
/// closure of a "t") belongs to the word before it. Words of which nothing is spoken (a lone dash, an emoji)
/// are left out.
///
/// `marks` in the order of the sound. The result is empty when nothing was spoken.
std::vector<TimedWord> align(std::string_view text, std::span<const Mark> marks,
                             std::span<const std::int16_t> samples, int rate_hz);

/// One past the last sample that is heard; 0 for silence.
std::size_t end_of_sound(std::span<const std::int16_t> samples, int rate_hz);

}  // namespace reelspool::words
