#pragma once

#include <boost/asio/awaitable.hpp>
#include <string>
#include <vector>

#include "worker/pipeline/pipeline.hpp"
#include "worker/pipeline/records.hpp"
#include "worker/timeline/timeline.hpp"

namespace reelspool {

/// A video whose pieces are encoded.
struct Assembly {
  Canvas canvas;
  std::int64_t frames = 0;
  std::vector<std::string> pieces;  ///< files of the job's folder, in order
  std::vector<Sound> sounds;
  std::vector<CaptionTrack> captions;  ///< also given as files beside the video
  std::vector<Asset> assets;           ///< what was made or brought so far, for assets.json
};

/// Mixes the sound, joins the pieces, makes the thumbnail and the caption files, uploads where `is_stored`, lists the files. Value:
/// the fields of the finished job: videoUrl, thumbnailUrl, captionsUrl ...
boost::asio::awaitable<Result<Json>> publish(Attempt& attempt, Assembly assembly, bool is_stored);

/// The keys of the steps that publish() takes, for a job's progress.
std::vector<std::string> publishing_steps(bool has_captions, bool is_stored);

}  // namespace reelspool
