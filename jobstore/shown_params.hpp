#pragma once

#include <string_view>

#include "jobstore/json.hpp"

namespace reelspool {

/// A job's params as they may be shown to an operator, in a log, or on a page (J13): the value of every member
/// whose name says that it is a secret (apiKey, api_key, password, accessToken, Authorization ...) is replaced by
/// "********", user and password in a URL and the query of a signed one too, at any depth; text over 500 bytes,
/// such as a data URL, is cut. Anything but the text of a JSON object gives {}.
Json shown_params(std::string_view params);

}  // namespace reelspool
