#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "jobstore/json.hpp"
#include "worker/pipeline/pipeline.hpp"
#include "worker/story/storyboard_request.hpp"
#include "worker/timeline/timeline.hpp"

namespace reelspool {

/// The step that writes plan.json (REQUIREMENTS T2): {"clips": [{"clip_index" from 0, "script", "image_prompt",
/// "voice_style_instruction", "duration_ms"}]}; durations are guesses until the narration is measured. Value: {"plan": "plan.json"}.
Work write_plan(Attempt& attempt, const StoryboardRequest& request);

/// The files that write_captions() makes.
inline constexpr std::array<const char*, 3> caption_files = {"captions.srt", "captions.vtt", "captions.ass"};

/// The step that writes the captions beside the video, as SubRip, WebVTT and ASS. Value: {"captions": "captions.vtt"}.
Work write_captions(Attempt& attempt, const std::vector<CaptionTrack>& tracks, const Canvas& canvas,
                    std::int64_t frames);

/// A file that a job made, for assets.json.
struct Asset {
  std::string
      type;  ///< "speech", "image", "clip", "piece", "music", "sound", "captions", "video", "thumbnail"
  std::string file;      ///< relative to the job's folder
  int scene = 0;         ///< from 1; 0: of the whole video
  double seconds = 0;    ///< 0: it has no length
  std::string url = {};  ///< where it was uploaded to; empty: it is in the job's folder only
};

/// The step that writes assets.json (T9): {"assets": [{"type", "path", "bucket", "url", "bytes", "sha256", "duration", "scene"}]}.
/// `bucket` is null: the files are in the job's folder. Value: {"assets": "assets.json"}.
Work list_assets(Attempt& attempt, std::vector<Asset> assets);

/// Where a front end finds a file of the job: FILES_BASE_URL/<job>/<file>, or a file: URL without that setting.
std::string url_of(const Attempt& attempt, const std::string& file);

}  // namespace reelspool
