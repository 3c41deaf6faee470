#pragma once

#include <optional>

#include "worker/story/fields.hpp"
#include "worker/timeline/render_request.hpp"

// The tracks of a timeline beside the picture, and what all of them read alike. What is wrong goes to the fields' Problems.

namespace reelspool {

/// `src`: a path, or of a picture also a data: URL. Nothing where it is wrong or missing.
std::optional<MediaSource> read_source(const Fields& fields, const MediaRules& rules, bool is_picture);

/// voice, effects, music.
void read_sounds(const Fields& tracks, const MediaRules& rules, RenderRequest& request);

/// text and captions, with the timeline's `caption_style`.
void read_texts(const Fields& timeline, const Fields& tracks, RenderRequest& request);

}  // namespace reelspool
