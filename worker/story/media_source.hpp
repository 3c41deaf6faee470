#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "jobstore/result.hpp"

namespace reelspool {

/// Where pictures, clips and sounds named by a job may come from, and how large they may be.
struct MediaRules {
  std::vector<std::filesystem::path>
      folders;  ///< absolute, normal; a relative path is looked for in each, in order
  std::size_t most_picture_bytes = 20u << 20;
  std::size_t most_clip_bytes = std::size_t{16} << 30;  ///< of a clip or a sound
};

/// A medium that a job brings: a file in one of the allowed folders, or a picture's bytes.
struct MediaSource {
  struct Place {
    std::filesystem::path folder;  ///< one of the allowed ones
    std::filesystem::path
        relative;  ///< below it; never "..", but links are yet to be ruled out by who opens it
  };
  std::string field;          ///< "params.storyboard.scenes[0].images[0]", for whoever finds it unreadable
  std::vector<Place> places;  ///< to be tried in order; empty: see bytes
  std::string bytes;          ///< decoded from a data: URL
};

/// Reads a path or a file: URL. Opens nothing.
/// Errors: invalid_request with `field`: outside the allowed folders (which it lists), an http(s) URL (not supported yet: save the
///         file into an allowed folder), no path
Result<MediaSource> read_media_source(std::string_view text, std::string field, const MediaRules& rules);

/// The same of a picture, which may also be a data: URL (png, jpeg or webp in base64).
/// Errors: as above, and another type, bad base64, too large
Result<MediaSource> read_picture_source(std::string_view text, std::string field, const MediaRules& rules);

/// "png", "jpg" or "webp" by the first bytes of a file; empty for anything else.
std::string_view picture_type(std::string_view first_bytes);

}  // namespace reelspool
