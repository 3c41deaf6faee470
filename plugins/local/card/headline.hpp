#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace reelspool::local {

/// The few words that a card shows.
struct Headline {
  std::vector<std::string> words;  ///< of scripts without spaces, single characters
  std::size_t strong = 0;          ///< the word that carries the meaning
  bool spaced = true;              ///< false for scripts written without spaces
  bool right_to_left = false;
};

/// Chooses the strongest few words of a narration: a whole short clause where there is one ("Meet BrewBox"),
/// else a run of words within one that neither begins nor ends on an article or preposition. `title`, when
/// given, is taken as it is (cut to its first dozen words). Emoji are left out. Empty when there is no word
/// in either.
Headline choose_headline(std::string_view title, std::string_view text);

struct HeadlineLayout {
  std::vector<std::vector<std::size_t>> lines;  ///< indices of words
  double em_px = 0;
};

/// The largest type in which the words fit into a box, broken into balanced lines. `tracking_em` is added to
/// each letter. When even the smallest type (a third of `largest_em_px`) is too wide the words are set in it
/// all the same.
HeadlineLayout lay_out(const Headline& headline, double width_px, double height_px, double largest_em_px,
                       double leading_em, double tracking_em);

}  // namespace reelspool::local
