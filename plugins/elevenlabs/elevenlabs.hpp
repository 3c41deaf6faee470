#pragma once

#include <optional>
#include <string>

#include "plugins/sdk/catalogue.hpp"

/// ElevenLabs: speech with the times of its words, by one voice or several, another voice for a recording, music, sound effects.
/// Every answer is the sound itself; there is no task to poll, no cancel, and no idempotency key.
/// Source: the vendor's OpenAPI document of 2026-08-22 and its documentation; see README.md.
namespace reelspool::elevenlabs {

sdk::Catalogue catalogue(const sdk::Input& input);

/// The part of the catalogue that serves a request: its kind, or "dialogue" for speech with several `turns`.
std::string section(const sdk::Input& input);

/// The voice of a request, or of one turn of it. Failures, in `refusal`: none is chosen, or it is no id of one.
std::optional<std::string> chosen_voice(const sdk::Input& input, sdk::Action& refusal);

/// Without a slash at its end.
std::string base_url(const sdk::Input& input);

/// A request that costs: key, format and patience are added to `more`.
sdk::Action post(const sdk::Input& input, const std::string& path, sdk::Json more);

/// The model that the notes name by its place in the chain ({"model": 1}), or the one `after` places on.
std::optional<sdk::Choice> chosen(const sdk::Input& input, const sdk::Json& notes, std::size_t after,
                                  std::string& why);
std::optional<sdk::Json> next_model(const sdk::Input& input, const sdk::Json& notes);
sdk::Action nobody(const std::string& why);

bool is_model_gone(const sdk::HttpAnswer& answer);
bool is_voice_gone(const sdk::HttpAnswer& answer);
sdk::Action failure(const sdk::HttpAnswer& answer);

sdk::SubmitPollFetch& speech();
sdk::SubmitPollFetch& dialogue();
sdk::SubmitPollFetch& other_voice();
sdk::SubmitPollFetch& sounds();
sdk::SubmitPollFetch& models();

}  // namespace reelspool::elevenlabs
