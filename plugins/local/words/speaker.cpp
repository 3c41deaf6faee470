// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugins/local/words/speaker.hpp"

#include <espeak-ng/speak_lib.h>

#include <algorithm>
#include <string_view>
#include <utility>

namespace reelspool::words {
namespace {

struct Recording {
  const Speakable* text = nullptr;
  Speech speech;
};

Recording* recording = nullptr;  // the callback of libespeak-ng has no argument for it

int on_samples(short* samples, int count, espeak_EVENT* events) {
  if (recording == nullptr) return 1;
  Speech& speech = recording->speech;
  for (; events->type != espeakEVENT_LIST_TERMINATED; ++events) {
    if (events->type != espeakEVENT_WORD) continue;
    // text_position counts code points from 1. `sample` is exact; audio_position is the same cut to
    // milliseconds.
    const auto& origin = recording->text->origin;
    const std::size_t at = static_cast<std::size_t>(std::max(events->text_position, 1) - 1);
    const std::size_t position = origin[std::min(at, origin.size() - 1)];
    speech.marks.push_back({position, static_cast<std::size_t>(std::max(events->sample, 0))});
  }
  if (samples != nullptr && count > 0) speech.samples.insert(speech.samples.end(), samples, samples + count);
  return 0;
}

/// Pairs of a priority byte and a zero-ended tag; a zero priority ends the list.
std::vector<std::string> read_languages(const char* list) {
  std::vector<std::string> languages;
  while (list != nullptr && *list != 0) {
    std::string tag(list + 1);
    list += tag.size() + 2;
    std::ranges::transform(tag, tag.begin(),
                           [](unsigned char c) { return c >= 'A' && c <= 'Z' ? char(c + 32) : char(c); });
    languages.push_back(std::move(tag));
  }
  return languages;
}

}  // namespace

Result<Speaker> Speaker::open() {
  const int rate_hz = espeak_Initialize(AUDIO_OUTPUT_SYNCHRONOUS, 0, nullptr, espeakINITIALIZE_DONT_EXIT);
  if (rate_hz <= 0) {
    return make_error(ErrorClass::unavailable,
                      "libespeak-ng finds no data: install the package espeak-ng-data");
  }
  espeak_SetSynthCallback(on_samples);
  return Speaker(rate_hz);
}

Speaker::Speaker(Speaker&& other) noexcept : rate_hz_(std::exchange(other.rate_hz_, 0)) {}

Speaker::~Speaker() {
  if (rate_hz_ != 0) espeak_Terminate();
}

std::vector<InstalledVoice> Speaker::voices() const {
  std::vector<InstalledVoice> voices;
  for (const espeak_VOICE** voice = espeak_ListVoices(nullptr); *voice != nullptr; ++voice) {
    const std::string identifier((*voice)->identifier);
    const std::vector<std::string> languages = read_languages((*voice)->languages);
    if (identifier.starts_with("mb/") || identifier.starts_with("!v/") || languages.empty()) continue;
    voices.push_back({identifier, (*voice)->name, languages, (*voice)->languages[0]});
  }
  return voices;
}

std::vector<std::string> Speaker::variants() const {
  espeak_VOICE spec{};
  spec.languages = "variant";
  std::vector<std::string> variants;
  for (const espeak_VOICE** voice = espeak_ListVoices(&spec); *voice != nullptr; ++voice) {
    const std::string_view identifier((*voice)->identifier);
    if (identifier.starts_with("!v/")) variants.emplace_back(identifier.substr(3));
  }
  return variants;
}

Result<Speech> Speaker::speak(const Speakable& text, const Voice& voice, int rate_wpm) {
  const auto failed = [&](std::string_view reason) {
    return make_error(ErrorClass::provider_failed, "voice " + voice.label + ": " + std::string(reason));
  };
  if (espeak_SetVoiceByName(voice.identifier.c_str()) != EE_OK) return failed("cannot be loaded");
  const espeak_VOICE* loaded = espeak_GetCurrentVoice();
  if (loaded == nullptr || loaded->identifier == nullptr || loaded->identifier != voice.identifier) {
    return failed("espeak-ng loaded another voice instead");
  }
  espeak_SetParameter(espeakRATE, rate_wpm, 0);

  Recording take{&text, {rate_hz_, {}, {}}};
  recording = &take;
  const espeak_ERROR error = espeak_Synth(text.utf8.c_str(), text.utf8.size() + 1, 0, POS_CHARACTER, 0,
                                          espeakCHARS_UTF8, nullptr, nullptr);
  espeak_Synchronize();
  recording = nullptr;
  if (error != EE_OK) return failed("espeak-ng failed to speak");
  if (take.speech.marks.empty() || end_of_sound(take.speech.samples, rate_hz_) == 0) {
    return bad_field("text", "nothing in it can be spoken in the voice " + voice.label);
  }
  return std::move(take.speech);
}

}  // namespace reelspool::words
