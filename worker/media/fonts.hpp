#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "jobstore/result.hpp"

namespace reelspool {

/// Which characters the fonts of this machine can draw, so that a text without a font is refused before
/// anything is spent on it; libass would draw boxes and end well.
///
/// Counted are the fonts that captions and cards can really use: those of the configuration that fontconfig
/// would take now (FONTCONFIG_FILE is honoured), with outlines (libass draws no coloured bitmaps), below /usr
/// (a boxed script reads no others).
///
/// Threads    Any, each object by one at a time. load() reads files, some 10 ms: in the pool.
/// Ownership  Move-only. Nothing of fontconfig stays behind.
class Fonts {
 public:
  static Fonts load();
  Fonts(Fonts&& other) noexcept;
  Fonts& operator=(Fonts&& other) noexcept;
  ~Fonts();

  /// A character that none of the fonts has.
  struct Missing {
    char32_t character;
    std::string text;     ///< the character in UTF-8
    std::string script;   ///< "Han"
    std::string package;  ///< "fonts-noto-cjk"
  };
  /// Each once, in the order of the text. Controls, spaces, joiners and variation selectors need no glyph;
  /// bytes that are no UTF-8 are passed over (whoever reads the job refuses them).
  std::vector<Missing> missing(std::string_view text) const;

  /// Errors: invalid_request with `field`, for example
  ///   params.storyboard.scenes[1].spoken_text: no installed font has "你" (Han); install fonts-noto-cjk
  Result<> check(const std::string& field, std::string_view text) const;

 private:
  struct Characters;
  explicit Fonts(std::unique_ptr<Characters> characters);
  std::unique_ptr<Characters> characters_;
};

}  // namespace reelspool
