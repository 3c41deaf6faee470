#pragma once

#include <cstddef>
#include <vector>

#include "worker/timeline/timeline.hpp"

namespace reelspool {

/// What is encoded at once: a shot without its transitions, or one transition. Together the pieces of a video have each of its
/// frames once, so that no frame is encoded twice.
struct PiecePlan {
  std::size_t shot = 0;        ///< of the shot, or of the first of the two that a transition joins
  bool is_transition = false;  ///< into the shot after it
  int skip = 0;                ///< the first of the shot's frames that is in it
  std::int64_t first = 0;      ///< where it begins in the video
  int frames = 0;
};

/// The pieces in their order. A shot that consists of its transitions only has none of its own.
std::vector<PiecePlan> cut_into_pieces(const std::vector<Shot>& shots,
                                       const std::vector<Transition>& transitions);

/// The frame of the video with which each shot begins, the transition into it included.
std::vector<std::int64_t> starts_of(const std::vector<Shot>& shots,
                                    const std::vector<Transition>& transitions);

/// Of the whole video.
std::int64_t frames_of(const Timeline& timeline);

}  // namespace reelspool
