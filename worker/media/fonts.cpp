#include "worker/media/fonts.hpp"

#include <fontconfig/fontconfig.h>

#include <mutex>
#include <set>

#include "worker/media/writing_systems.hpp"

namespace reelspool {
namespace {

constexpr std::size_t most_quoted = 5;  // characters of one script in a message

bool usable(FcPattern* font) {
  FcBool outline = FcFalse;
  FcChar8* file = nullptr;
  return FcPatternGetBool(font, FC_OUTLINE, 0, &outline) == FcResultMatch && outline == FcTrue &&
         FcPatternGetString(font, FC_FILE, 0, &file) == FcResultMatch &&
         std::string_view(reinterpret_cast<const char*>(file)).starts_with("/usr/");
}

std::string utf8(char32_t character) {
  FcChar8 bytes[FC_UTF8_MAX_LEN];
  const int length = FcUcs4ToUtf8(character, bytes);
  return {reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(length)};
}

}  // namespace

/// The union of what all usable fonts have.
struct Fonts::Characters {
  FcCharSet* set = FcCharSetCreate();
  Characters() = default;
  ~Characters() { FcCharSetDestroy(set); }
  Characters(const Characters&) = delete;
  Characters& operator=(const Characters&) = delete;
};

Fonts::Fonts(std::unique_ptr<Characters> characters) : characters_(std::move(characters)) {}
Fonts::Fonts(Fonts&& other) noexcept = default;
Fonts& Fonts::operator=(Fonts&& other) noexcept = default;
Fonts::~Fonts() = default;

Fonts Fonts::load() {
  // One at a time: jobs that begin together would read the same caches beside each other, and what guards fontconfig's own
  // state are atomics of a library that ThreadSanitizer does not see into.
  static std::mutex one_at_a_time;
  const std::lock_guard guard(one_at_a_time);
  auto characters = std::make_unique<Characters>();
  // A configuration of our own: the global one would be shared with other threads and stay until the end.
  FcConfig* config = FcInitLoadConfigAndFonts();
  if (config != nullptr) {
    const FcFontSet* fonts = FcConfigGetFonts(config, FcSetSystem);
    for (int i = 0; fonts != nullptr && i < fonts->nfont; ++i) {
      FcCharSet* has = nullptr;
      if (usable(fonts->fonts[i]) &&
          FcPatternGetCharSet(fonts->fonts[i], FC_CHARSET, 0, &has) == FcResultMatch)
        FcCharSetMerge(characters->set, has, nullptr);
    }
    FcConfigDestroy(config);
  }
  return Fonts(std::move(characters));
}

std::vector<Fonts::Missing> Fonts::missing(std::string_view text) const {
  std::vector<Missing> found;
  std::set<char32_t> seen;
  while (!text.empty()) {
    FcChar32 character = 0;
    const int length = FcUtf8ToUcs4(reinterpret_cast<const FcChar8*>(text.data()), &character,
                                    static_cast<int>(text.size()));
    text.remove_prefix(length > 0 ? static_cast<std::size_t>(length) : 1);
    if (length <= 0 || is_invisible(character) || FcCharSetHasChar(characters_->set, character) != FcFalse)
      continue;
    if (!seen.insert(character).second) continue;
    const WritingSystem& system = writing_system_of(character);
    found.push_back({character, utf8(character), std::string(system.name), std::string(system.package)});
  }
  return found;
}

Result<> Fonts::check(const std::string& field, std::string_view text) const {
  const std::vector<Missing> all = missing(text);
  if (all.empty()) return ok;
  std::string reason;
  std::set<std::string> told;
  for (const Missing& first : all) {
    if (!told.insert(first.script).second) continue;
    std::string characters;
    std::size_t count = 0;
    for (const Missing& one : all) {
      if (one.script != first.script || ++count > most_quoted) continue;
      characters += (characters.empty() ? "\"" : ", \"") + one.text + "\"";
    }
    if (count > most_quoted) characters += " and " + std::to_string(count - most_quoted) + " more";
    reason += (reason.empty() ? "" : "; ") + ("no installed font has " + characters) + " (" + first.script +
              "); install " + first.package;
  }
  return bad_field(field, reason);
}

}  // namespace reelspool
