#pragma once

#include <boost/asio/awaitable.hpp>
#include <map>
#include <optional>
#include <string>

#include "jobstore/json.hpp"
#include "worker/pipeline/pipeline.hpp"
#include "worker/story/storyboard_request.hpp"

namespace reelspool {

/// What a storyboard or a script may ask for, by the settings: scenes, and the folders of pictures (the job's own,
/// DATA_DIR/uploads, IMAGE_FOLDERS).
RequestRules request_rules(const Attempt& attempt);

/// The watermark that a video of this attempt gets: its picture; nothing for paid plans and for WATERMARK_IMAGE=none.
std::optional<std::filesystem::path> watermark_of(const Settings& settings);

/// What was learnt before anything was spent.
struct Prepared {
  std::map<int, std::string>
      pictures;            ///< by scene number: the job's own picture, a file of the job's folder
  std::string undrawable;  ///< emoji that no font has an outline of: left out of captions and cards
};

/// All that can go wrong without anything being spent, does here (E3): providers that cannot (a language without a
/// voice), letters that no font has, pictures that are not there or do not decode, a watermark that is missing.
/// Takes the job's own pictures into its folder. Adds to `request.video.warnings`.
/// Errors: invalid_request with the field at fault; unavailable
boost::asio::awaitable<Result<Prepared>> check_before_spending(Attempt& attempt, StoryboardRequest& request);

}  // namespace reelspool
