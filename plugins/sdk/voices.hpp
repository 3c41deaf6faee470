#pragma once

/// Which voice speaks: the request's own; else what the operator set for its language and gender; else the catalogue's.
///
///   settings    <PROVIDER>_DEFAULT_VOICE_<LANG>_<GENDER>, ..._<LANG>, ..._<GENDER>, <PROVIDER>_DEFAULT_VOICE
///               ("ELEVENLABS_DEFAULT_VOICE_ES_FEMALE"; LANG is the language without its region)
///   catalogue   {"es": {"female": ID, "male": ID, "any": ID}, "*": {...}}

#include <algorithm>
#include <cctype>
#include <string>
#include <string_view>
#include <vector>

#include "plugins/sdk/catalogue.hpp"

namespace reelspool::sdk {

/// "es-MX" -> "es". Empty when there is none.
inline std::string base_language(const Input& input) {
  std::string language = text_at(input.request, "/language");
  language = language.substr(0, language.find_first_of("-_"));
  for (char& c : language) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return language;
}

/// The names that may be set, for the manifest.
inline std::vector<std::string> voice_settings(const std::string& provider) {
  const std::string stem = provider + "_DEFAULT_VOICE";
  std::vector<std::string> names;
  for (const char* language : {"", "_EN", "_ES", "_PT", "_FR", "_DE", "_IT", "_NL", "_PL", "_TR", "_RU",
                               "_AR", "_HI", "_ID", "_JA", "_KO", "_ZH"})
    for (const char* gender : {"_FEMALE", "_MALE", ""}) names.push_back(stem + language + gender);
  return names;
}

/// `voices` is the catalogue's. Empty when nobody named one.
inline std::string voice_of(const Input& input, const std::string& provider, const Json& voices) {
  if (std::string own = text_at(input.request, "/voice"); !own.empty()) return own;
  const std::string language = base_language(input), gender = text_at(input.request, "/gender");
  const auto upper = [](std::string text) {
    for (char& c : text) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    return text.empty() ? text : "_" + text;
  };
  const auto set = [&](const std::string& ending) {
    return input.setting((provider + "_DEFAULT_VOICE" + ending).c_str());
  };
  for (const std::string& lang : {upper(language), std::string()}) {
    if (std::string voice = set(lang + upper(gender)); !voice.empty()) return voice;
    if (std::string voice = set(lang); !voice.empty()) return voice;
    const std::string place = "/" + (lang.empty() ? std::string("*") : language) + "/";
    for (const std::string& who : {gender, std::string("any"), std::string("female"), std::string("male")})
      if (std::string voice = text_at(voices, (place + who).c_str()); !voice.empty()) return voice;
  }
  return "";
}

}  // namespace reelspool::sdk
