#pragma once

#include <string>

#include "plugins/sdk/provider.hpp"

/// The provider `local`: pictures, clips, speech, music and sounds with no key and no network, made by scripts of
/// ffmpeg-scripts. Requests and outputs are those of plugins/sdk/KINDS.md. Each function is pure: it answers a start with the
/// script to run, and the script's end with the outputs, and needs no state in between.
namespace reelspool::local {

sdk::Json manifest();

/// The answer to any input: by its kind one of those below; `unavailable` for a kind that it does not make.
sdk::Answer answer(const sdk::Input& input);

sdk::Answer make_image(const sdk::Input& input);  ///< a designed card: see card/card.hpp
sdk::Answer make_video(
    const sdk::Input& input);  ///< the still that came with the request, and a slow move over it
sdk::Answer make_speech(const sdk::Input& input);  ///< by espeak-ng, else flite; words with their times
sdk::Answer make_music(const sdk::Input& input);
sdk::Answer make_effect(const sdk::Input& input);

/// What a script's failure means for the request: exit status 2 is a request that it refuses, anything else is not.
sdk::Answer script_failed(const sdk::Event& event);

}  // namespace reelspool::local
