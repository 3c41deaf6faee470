#include "worker/http/retry_after.hpp"

#include <curl/curl.h>

#include <algorithm>
#include <charconv>
#include <string>

namespace reelspool {

using std::chrono::milliseconds;

std::optional<milliseconds> retry_after(const HttpResponse& response,
                                        std::chrono::system_clock::time_point now) {
  constexpr milliseconds longest = longest_retry_after;
  if (response.status != 429 && response.status != 503) return std::nullopt;
  const std::string_view text = response.header("retry-after");
  if (text.empty()) return std::nullopt;
  double seconds = 0;  // some servers say fractions
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (error == std::errc() && end == text.data() + text.size()) {
    if (!(seconds >= 0)) return std::nullopt;
    return milliseconds(static_cast<std::int64_t>(std::min(seconds * 1000, 1.0 * longest.count())));
  }
  const std::time_t date = curl_getdate(std::string(text).c_str(), nullptr);
  if (date < 0) return std::nullopt;
  const auto wait =
      std::chrono::duration_cast<milliseconds>(std::chrono::system_clock::from_time_t(date) - now);
  return std::clamp(wait, milliseconds(0), longest);
}

}  // namespace reelspool
