#pragma once

#include <boost/asio/awaitable.hpp>
#include <filesystem>
#include <string>

#include "jobstore/result.hpp"
#include "worker/steps/pool.hpp"
#include "worker/steps/work.hpp"
#include "worker/story/media_source.hpp"

namespace reelspool {

class Scripts;

enum class MediumKind { picture, clip, sound };

/// A medium of the job's own, found and looked at, not yet copied.
struct FoundMedium {
  MediaSource source;
  MediumKind kind = MediumKind::picture;
  std::filesystem::path file;  ///< its real path; empty for a picture that came as bytes
  std::string suffix;          ///< "png", "mp4": of a picture by its content, else by its name
};

/// Opens a medium's file inside its allowed folder, so that neither a link nor ".." leads out of it (openat2 with
/// RESOLVE_BENEATH), and looks at its size and, of a picture, at its first bytes. Blocks: for the pool.
/// Errors: invalid_request with the medium's field: not there, outside, no plain file, empty, too large, no png, jpeg or webp
Result<FoundMedium> find_medium(MediaSource source, MediumKind kind, const MediaRules& rules);

/// The step that takes a medium into the job: copied, looked at (a picture is decoded, a clip's packets are counted, its sound is
/// decoded), kept as `stem` with its suffix. So a retry does not need the upload to be still there, and nobody can change it in
/// between. Value: {"file": "clip_0_image.png", "picture_s", "sound_s"}: how long its picture and its sound are, 0 where it has none.
/// Errors: invalid_request with the medium's field when it cannot be read, or has no picture or no sound, whichever is wanted.
Work take_medium(Scripts& scripts, Pool& pool, FoundMedium medium, std::string stem);

}  // namespace reelspool
