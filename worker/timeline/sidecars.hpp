#pragma once

#include <string>
#include <vector>

#include "worker/story/ass.hpp"

namespace reelspool {

/// Captions as files of their own, for players and sites that show them: a cue each, in the order of time, two that overlap one
/// after the other. Text is plain: what would be markup is escaped (WebVTT) or taken out (SubRip, whose `<` begins a tag).
/// Sources: WebVTT, W3C Candidate Recommendation of 2019; SubRip has no specification, players agree on this much.
std::string write_srt(const std::vector<CaptionTrack>& tracks);
std::string write_vtt(const std::vector<CaptionTrack>& tracks);

}  // namespace reelspool
