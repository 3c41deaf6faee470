#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "jobstore/result.hpp"

namespace reelspool {

/// Where pictures named by a job may come from, and how large they may be.
struct PictureRules {
  std::vector<std::filesystem::path>
      folders;  ///< absolute, normal; a relative path is looked for in each, in order
  std::size_t most_bytes = 20u << 20;
};

/// A picture that a job brings: a file in one of the allowed folders, or its bytes.
struct PictureSource {
  struct Place {
    std::filesystem::path folder;  ///< one of the allowed ones
    std::filesystem::path
        relative;  ///< below it; never "..", but links are yet to be ruled out by who opens it
  };
  std::string field;          ///< "params.storyboard.scenes[0].images[0]", for whoever finds it unreadable
  std::vector<Place> places;  ///< to be tried in order; empty: see bytes
  std::string bytes;          ///< decoded from a data: URL
};

/// Reads a path, a file: URL or a data: URL (png, jpeg or webp in base64). Opens nothing.
/// Errors: invalid_request with `field`: outside the allowed folders (which it lists), an http(s) URL (not
/// supported
///         yet: save the picture into an allowed folder), another type, bad base64, too large.
Result<PictureSource> read_picture_source(std::string_view text, std::string field,
                                          const PictureRules& rules);

/// "png", "jpg" or "webp" by the first bytes of a file; empty for anything else.
std::string_view picture_type(std::string_view first_bytes);

}  // namespace reelspool
