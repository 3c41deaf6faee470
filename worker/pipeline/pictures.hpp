#pragma once

#include <boost/asio/awaitable.hpp>
#include <filesystem>
#include <string>

#include "jobstore/result.hpp"
#include "worker/steps/pool.hpp"
#include "worker/steps/work.hpp"
#include "worker/story/picture_source.hpp"

namespace reelspool {

class Scripts;

/// A picture of the job's own, found and looked at, not yet copied.
struct FoundPicture {
  PictureSource source;
  std::filesystem::path file;  ///< its real path; empty for one that came as bytes
  std::string type;            ///< "png", "jpg", "webp"
};

/// Opens a picture's file inside its allowed folder, so that neither a link nor ".." leads out of it (openat2 with
/// RESOLVE_BENEATH), and looks at size and first bytes. Blocks: for the pool.
/// Errors: invalid_request with the picture's field: not there, outside, no plain file, too large, no png, jpeg or webp
Result<FoundPicture> find_picture(PictureSource source, std::size_t most_bytes);

/// The step that takes a picture into the job: copied, decoded once to be sure, kept as `stem` with its suffix. So a
/// retry does not need the upload to be still there, and nobody can change it in between.
/// Value: {"image": "clip_0_image.png"}. Errors: invalid_request with the picture's field when it does not decode.
Work take_picture(Scripts& scripts, Pool& pool, FoundPicture picture, std::string stem);

}  // namespace reelspool
