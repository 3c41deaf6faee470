// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugins/local/words/voice.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

namespace reelspool::words {
namespace {

using Installed = std::vector<InstalledVoice>;

std::string lower(std::string_view text) {
  std::string result(text);
  std::ranges::transform(result, result.begin(), [](unsigned char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c == '_' ? '-' : static_cast<char>(c);
  });
  return result;
}

std::string_view primary(std::string_view tag) {
  return tag.substr(0, tag.find('-'));
}

/// Codes that people and browsers write for what espeak-ng lists under another name.
std::string usual_code(std::string tag) {
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 8> renamed{{{"no", "nb"},
                                                                                         {"nn", "nb"},
                                                                                         {"iw", "he"},
                                                                                         {"in", "id"},
                                                                                         {"ji", "yi"},
                                                                                         {"mo", "ro"},
                                                                                         {"zh", "cmn"},
                                                                                         {"tl", "fil"}}};
  if (tag.starts_with("zh-hk") || tag.starts_with("zh-yue") || tag.starts_with("zh-mo")) return "yue";
  if (tag.starts_with("zh-hant-hk")) return "yue";
  for (const auto& [from, to] : renamed) {
    if (primary(tag) == from) return std::string(to) + tag.substr(from.size());
  }
  return tag;
}

/// The voice of a region that has none of its own: the standard its broadcasters are nearest to.
std::string_view neighbour(std::string_view tag) {
  const std::string_view language = primary(tag);
  const std::string_view region = tag.size() > language.size() ? tag.substr(language.size() + 1) : "";
  static constexpr std::array<std::string_view, 6> american{"", "us", "ca", "ph", "pr", "lr"};
  static constexpr std::array<std::string_view, 6> castilian{"", "es", "gq", "ea", "ic", "ad"};
  if (language == "en") return std::ranges::find(american, region) != american.end() ? "en-us" : "en-gb";
  if (language == "es") return std::ranges::find(castilian, region) != castilian.end() ? "es" : "es-419";
  if (language == "pt") return region.empty() || region == "br" ? "pt-br" : "pt";
  if (language == "fr") return region == "be" ? "fr-be" : region == "ch" ? "fr-ch" : "fr-fr";
  if (language == "vi") return "vi";
  return language;
}

const InstalledVoice* speaking(const Installed& installed, std::string_view tag) {
  const InstalledVoice* best = nullptr;
  for (const InstalledVoice& voice : installed) {
    if (std::ranges::find(voice.languages, tag) == voice.languages.end()) continue;
    // One tag may be listed by several voices ("es" by Castilian and Latin American): first language first.
    const auto rank = [&](const InstalledVoice& v) {
      return std::pair(v.languages.front() != tag, v.priority);
    };
    if (best == nullptr || rank(voice) < rank(*best)) best = &voice;
  }
  return best;
}

const InstalledVoice* find_for_language(const Installed& installed, const std::string& tag) {
  if (const InstalledVoice* exact = tag == primary(tag) ? nullptr : speaking(installed, tag)) return exact;
  if (const InstalledVoice* near = speaking(installed, neighbour(tag))) return near;
  if (const InstalledVoice* plain = speaking(installed, primary(tag))) return plain;
  const InstalledVoice* best = nullptr;
  for (const InstalledVoice& voice : installed) {
    if (primary(voice.languages.front()) != primary(tag)) continue;
    if (best == nullptr || voice.priority < best->priority) best = &voice;
  }
  return best;
}

const InstalledVoice* find_by_name(const Installed& installed, std::string_view name) {
  const std::string wanted = lower(name);
  if (const InstalledVoice* found = speaking(installed, wanted)) return found;
  const auto found = std::ranges::find_if(installed, [&](const InstalledVoice& voice) {
    const std::string identifier = lower(voice.identifier);
    return lower(voice.name) == wanted || identifier == wanted || identifier.ends_with("/" + wanted);
  });
  return found == installed.end() ? nullptr : &*found;
}

bool speaks(const InstalledVoice& voice, std::string_view language) {
  return std::ranges::any_of(voice.languages,
                             [&](const std::string& tag) { return primary(tag) == primary(language); });
}

/// Chosen by their definitions: natural pitch and formants near the language's own voice (m3: 4 % lower
/// formants; f2: 10 % higher, 142-220 Hz), no whisper, no robot.
std::string_view variant_for(std::string_view gender) {
  if (gender == "female") return "f2";
  return "m3";
}

}  // namespace

Result<Voice> choose_voice(const VoiceWish& wish, const Installed& installed,
                           const std::vector<std::string>& variants) {
  const std::string language = usual_code(lower(wish.language));
  const InstalledVoice* voice = find_for_language(installed, language);
  if (voice == nullptr) {
    return bad_field("language", "espeak-ng has no voice for \"" + wish.language +
                                     "\"; 'espeak-ng --voices' lists the languages it speaks");
  }
  std::string variant(variant_for(wish.gender));
  const bool variant_named = wish.voice.find('+') != std::string::npos;
  if (!wish.voice.empty()) {
    const std::size_t plus = wish.voice.find('+');
    const std::string base = wish.voice.substr(0, plus);
    if (variant_named) variant = wish.voice.substr(plus + 1);
    voice = base.empty() ? voice : find_by_name(installed, base);
    if (voice == nullptr) {
      return bad_field("voice", "no voice \"" + base + "\" is installed; 'espeak-ng --voices' lists them");
    }
    if (!speaks(*voice, language)) {
      return bad_field("voice", "\"" + base + "\" does not speak " + wish.language);
    }
  }
  if (std::ranges::find(variants, variant) == variants.end()) {
    if (variant_named) {
      return bad_field("voice", "no variant \"" + variant + "\"; 'espeak-ng --voices=variant' lists them");
    }
    variant.clear();  // an installation without variants still has the voice
  }
  const std::string suffix = variant.empty() ? "" : "+" + variant;
  return Voice{voice->identifier + suffix, voice->languages.front() + suffix};
}

}  // namespace reelspool::words
