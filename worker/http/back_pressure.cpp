#include "worker/http/back_pressure.hpp"

#include <curl/curl.h>

#include <algorithm>
#include <charconv>
#include <string>
#include <string_view>

namespace reelspool {
namespace {

using std::chrono::milliseconds;
using Wall = std::chrono::system_clock::time_point;

constexpr double first_unix_time = 1e9;  // as seconds to wait it would be thirty years

/// A number of something that lasts `unit` seconds each; nothing for anything else.
std::optional<milliseconds> from_number(std::string_view text, double unit) {
  double number = 0;  // some servers say fractions
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || !(number >= 0)) return std::nullopt;
  const auto most = static_cast<double>(milliseconds(longest_rest).count());
  return milliseconds(static_cast<std::int64_t>(std::min(number * unit * 1000, most)));
}

std::optional<milliseconds> until(Wall moment, Wall now) {
  return std::clamp(std::chrono::duration_cast<milliseconds>(moment - now), milliseconds(0),
                    milliseconds(longest_rest));
}

std::optional<milliseconds> from_seconds_or_date(std::string_view text, Wall now) {
  if (text.empty()) return std::nullopt;
  if (const auto seconds = from_number(text, 1)) return seconds;
  const std::time_t date = curl_getdate(std::string(text).c_str(), nullptr);
  return date < 0 ? std::nullopt : until(std::chrono::system_clock::from_time_t(date), now);
}

std::optional<milliseconds> from_seconds_or_unix_time(std::string_view text, Wall now) {
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool is_moment = error == std::errc() && number >= first_unix_time && number < 1e11;
  if (!is_moment || end != text.data() + text.size()) return from_number(text, 1);
  return until(std::chrono::system_clock::from_time_t(static_cast<std::time_t>(number)), now);
}

/// "1h2m3.5s", "120ms"; nothing for anything else.
std::optional<milliseconds> from_parts(std::string_view text) {
  double seconds = 0;
  if (text.empty()) return std::nullopt;
  while (!text.empty()) {
    double number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc() || !(number >= 0)) return std::nullopt;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    const auto unit = text.substr(0, text.find_first_of("0123456789."));
    if (unit == "ms")
      seconds += number / 1000;
    else if (unit == "s")
      seconds += number;
    else if (unit == "m")
      seconds += number * 60;
    else if (unit == "h")
      seconds += number * 3600;
    else
      return std::nullopt;
    text.remove_prefix(unit.size());
  }
  const auto most = static_cast<double>(milliseconds(longest_rest).count());
  return milliseconds(static_cast<std::int64_t>(std::min(seconds * 1000, most)));
}

}  // namespace

std::optional<milliseconds> back_pressure(const HttpResponse& response, Wall now) {
  if (response.status != 429 && response.status != 503) return std::nullopt;
  if (const auto rest = from_number(response.header("retry-after-ms"), 0.001)) return rest;
  if (const auto rest = from_seconds_or_date(response.header("retry-after"), now)) return rest;
  if (response.status != 429) return std::nullopt;
  if (const auto rest = from_seconds_or_unix_time(response.header("x-ratelimit-reset"), now)) return rest;
  std::optional<milliseconds> longest;
  for (const std::string what : {"requests", "tokens"})
    if (response.header("x-ratelimit-remaining-" + what) == "0")
      if (const auto rest = from_parts(response.header("x-ratelimit-reset-" + what)))
        longest = std::max(rest, longest);
  return longest;
}

}  // namespace reelspool
