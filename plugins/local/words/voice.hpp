// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "jobstore/result.hpp"

namespace reelspool::words {

/// A voice that is installed: its languages as espeak-ng lists them ("es-419", "es-mx"), lower case, best
/// first.
struct InstalledVoice {
  std::string identifier;  ///< "roa/es-419": what is loaded, without espeak-ng's guessing
  std::string name;        ///< "Spanish (Latin America)"
  std::vector<std::string> languages;
  int priority = 5;  ///< of its first language; lower is better
};

struct VoiceWish {
  std::string language;  ///< BCP 47, any case: "es-MX"
  std::string gender;    ///< "female", "male" or empty
  std::string voice;     ///< "es-419+f3" or "es-419", any installed name, or empty: by language and gender
};

struct Voice {
  std::string identifier;  ///< for espeak_SetVoiceByName: "roa/es-419+f2"
  std::string label;       ///< for people: "es-419+f2"
};

/// Chooses the voice for a language. The exact tag wins; a region without a voice of its own gets its
/// neighbour's (en-CA: en-us, es-AR: es-419, pt-AO: pt), a language without that region gets its best voice.
/// Never another language: espeak-ng itself silently reads "en-zz" as British English and "es-la" as
/// Castilian.
///
/// `variants`: names of installed variants ("f2"); a variant nobody installed is refused, where espeak-ng
/// ignores it. Errors: invalid_request  no voice speaks the language; the voice or variant is not installed
/// or speaks another language
Result<Voice> choose_voice(const VoiceWish& wish, const std::vector<InstalledVoice>& installed,
                           const std::vector<std::string>& variants);

}  // namespace reelspool::words
