#pragma once

#include <optional>
#include <string>

#include "plugins/sdk/catalogue.hpp"

/// ElevenLabs: speech with the times of its words, music, sound effects. Every answer is the sound itself; there is no task to
/// poll, no cancel, and no idempotency key.
/// Source: the vendor's OpenAPI document of 2026-08-22 and its documentation; see README.md.
namespace reelspool::elevenlabs {

sdk::Catalogue catalogue(const sdk::Input& input);

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
sdk::SubmitPollFetch& sounds();

}  // namespace reelspool::elevenlabs
