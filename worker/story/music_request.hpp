#pragma once

#include <optional>
#include <string>

#include "worker/story/modes.hpp"

namespace reelspool {

class Fields;

/// Background music: what a music provider is asked for, all but its length.
struct MusicRequest {
  std::string mood;  ///< "upbeat", "calm" ...; empty: the provider's choice
  std::string genre;
  std::string instructions;
};

/// Reads `music`: true or false, a mood ("calm"; "none" for no music), or {mood, genre, instructions}. Where
/// it is absent the audio mode decides. `fields` are the brief and what stands beside it.
std::optional<MusicRequest> read_music_request(const Fields& fields, const AudioMode& mode);

}  // namespace reelspool
