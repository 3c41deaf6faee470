#pragma once

#include <chrono>
#include <optional>
#include <string_view>

#include "worker/http/http.hpp"

namespace reelspool {

/// No server is heard that asks for more.
inline constexpr std::chrono::hours longest_retry_after{24};

/// How long a server asks to be left alone: the `Retry-After` of a 429 or 503, in seconds or as a date (RFC 9110,
/// 10.2.3), at most longest_retry_after. Nothing where it does not ask, or in no words that are understood.
/// `now` is the wall clock, for a date.
std::optional<std::chrono::milliseconds> retry_after(const HttpResponse& response,
                                                     std::chrono::system_clock::time_point now);

}  // namespace reelspool
