#pragma once

#include <chrono>
#include <optional>

#include "worker/http/http.hpp"

namespace reelspool {

/// No server is heard that asks for more.
inline constexpr std::chrono::hours longest_rest{24};

/// How long a server that answers 429 or 503 asks to be left alone, at most longest_rest; the first of these that it says:
///   retry-after-ms       milliseconds (OpenAI, Cartesia)
///   Retry-After          seconds, or a date (RFC 9110, 10.2.3)
///   x-ratelimit-reset    of a 429: seconds, or the UNIX time (ElevenLabs, Pexels, Pixabay)
///   x-ratelimit-reset-requests, -tokens   of a 429: "12ms", "1s", "6m0s" (OpenAI); the one of which none remain
/// Nothing where it does not ask, or in no words that are understood. `now` is the wall clock.
std::optional<std::chrono::milliseconds> back_pressure(const HttpResponse& response,
                                                       std::chrono::system_clock::time_point now);

}  // namespace reelspool
