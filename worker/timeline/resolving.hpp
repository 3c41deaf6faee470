#pragma once

#include <optional>
#include <vector>

#include "jobstore/result.hpp"
#include "worker/timeline/render_request.hpp"

namespace reelspool {

/// A medium of the job, once it was looked at.
struct Medium {
  std::string file;      ///< of the job's folder
  double picture_s = 0;  ///< how long its picture is; 0: it has none
  double sound_s = 0;    ///< how long its sound is; 0: it has none
};

/// The timeline of a request whose media are known: `of_shots` has one for each shot (a colour's is empty), `of_sounds` one for
/// each sound. Lengths become whole frames; a clip's own sound takes part where it has one and is wanted, and is faded with the
/// shot's transitions.
/// Errors: invalid_request with the field: a clip that is over before it begins (`trim`), a transition longer than a shot has room
/// for, a sound that begins after the video's end or its own, a video that is too long
Result<Timeline> resolve(const RenderRequest& request, const std::vector<Medium>& of_shots,
                         const std::vector<Medium>& of_sounds);

}  // namespace reelspool
