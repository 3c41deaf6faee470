#include "worker/timeline/cutting.hpp"

namespace reelspool {

std::vector<std::int64_t> starts_of(const std::vector<Shot>& shots,
                                    const std::vector<Transition>& transitions) {
  std::vector<std::int64_t> starts;
  std::int64_t at = 0;
  for (std::size_t i = 0; i < shots.size(); ++i) {
    if (i > 0) at -= transitions[i - 1].frames;
    starts.push_back(at);
    at += shots[i].frames;
  }
  return starts;
}

std::vector<PiecePlan> cut_into_pieces(const std::vector<Shot>& shots,
                                       const std::vector<Transition>& transitions) {
  const std::vector<std::int64_t> starts = starts_of(shots, transitions);
  std::vector<PiecePlan> pieces;
  for (std::size_t i = 0; i < shots.size(); ++i) {
    const int in = i > 0 ? transitions[i - 1].frames : 0;
    const int out = i < transitions.size() ? transitions[i].frames : 0;
    const int own = shots[i].frames - in - out;
    if (own > 0) pieces.push_back({i, false, in, starts[i] + in, own});
    if (out > 0) pieces.push_back({i, true, in + own, starts[i] + in + own, out});
  }
  return pieces;
}

std::int64_t frames_of(const Timeline& timeline) {
  return timeline.shots.empty()
             ? 0
             : starts_of(timeline.shots, timeline.transitions).back() + timeline.shots.back().frames;
}

}  // namespace reelspool
