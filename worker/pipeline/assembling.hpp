#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "worker/pipeline/pipeline.hpp"
#include "worker/steps/work.hpp"
#include "worker/timeline/cutting.hpp"
#include "worker/timeline/timeline.hpp"

// The steps that make a video of media that are there, for every type of job: pieces, the sound, the join. Values and files: as
// said with each; names are of the job's folder.

namespace reelspool {

/// A shot as a piece shows it: from its frame `skip` on.
struct ShotPart {
  Shot shot;
  int skip = 0;
};

/// All that one encode needs to make a piece.
struct PieceRequest {
  std::string name;             ///< "clip_0.mp4"
  std::vector<ShotPart> parts;  ///< one, or the two that `transition` blends
  std::string transition;
  int frames = 0;  ///< exactly so many
  Canvas canvas;
  std::string captions;  ///< text of an ASS file; empty: none
  std::optional<std::filesystem::path> watermark;
  int fade_in = 0, fade_out = 0;  ///< frames from and to black
};
/// Value: {"piece": "clip_0.mp4", "frames": N}. Errors: media when it has another number of frames.
Work encode_piece(Attempt& attempt, const PieceRequest& piece);

/// The picture of a whole clip as a piece, without encoding it, where it is what its encode would be (the script `copy`). Value:
/// {"piece": "clip_0.mp4", "frames": N, "headers": "..."}, pieces of the same headers can be joined; or {"frames": 0, "reason"}.
Work copy_piece(Attempt& attempt, const Shot& shot, const Canvas& canvas, const std::string& name);

/// Value: {"audio": "mix.wav", "samples", "integrated_lufs", "true_peak_dbtp", "normalization"}.
Work mix_sound(Attempt& attempt, std::int64_t samples, const std::vector<Sound>& sounds);

/// Value: {"video": "final.mp4", "probe": {...}}.
Work finish_video(Attempt& attempt, const std::vector<std::string>& pieces, const std::string& sound,
                  std::int64_t frames, const Canvas& canvas);

/// Value: {"image": "thumbnail.jpg"}, from the best of the first frames.
Work thumbnail(Attempt& attempt, const std::string& video);

}  // namespace reelspool
