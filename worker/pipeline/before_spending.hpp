#pragma once

#include <boost/asio/awaitable.hpp>
#include <map>
#include <optional>
#include <string>

#include "jobstore/json.hpp"
#include "worker/pipeline/pipeline.hpp"
#include "worker/story/storyboard_request.hpp"
#include "worker/timeline/render_request.hpp"

namespace reelspool {

/// What a storyboard or a script may ask for, by the settings: scenes, and the folders of pictures (the job's own,
/// DATA_DIR/uploads, MEDIA_FOLDERS).
RequestRules request_rules(const Attempt& attempt);

/// The watermark that a video of this attempt gets: its picture; nothing for paid plans and for WATERMARK_IMAGE=none.
std::optional<std::filesystem::path> watermark_of(const Settings& settings);

/// Errors: unavailable  WATERMARK_IMAGE names no file
boost::asio::awaitable<Result<>> check_watermark(Attempt& attempt);

/// The step that looks whether a font has the letters of what is drawn, so that every later run of the job, on whatever machine,
/// goes by the same fonts. Value: {"undrawable": emoji that are left out}. Errors: invalid_request with the text's field.
Work font_check(Pool& pool, std::vector<DrawnText> texts);

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
