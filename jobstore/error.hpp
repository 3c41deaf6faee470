#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace reelspool {

/// What a caller can do about an error; nothing else about it is acted on. One function (steps/verdict.hpp)
/// maps a class to: try again, next strategy, next provider, or fail. The names are the words written into
/// `errorInfo.class`.
enum class ErrorClass {
  transient,            ///< may go away by itself: try again
  rate_limited,         ///< try again, not before `retry_after`
  timeout,              ///< took longer than its limit
  content_policy,       ///< refused for what it shows or says: never tried again unchanged
  invalid_request,      ///< the request itself is wrong: never tried again unchanged
  auth,                 ///< the key is missing, wrong or not allowed to
  insufficient_tokens,  ///< the user's balance is too small
  provider_failed,      ///< the provider tried and could not
  plugin_crashed,       ///< the plugin died, hung, or answered rubbish
  media,                ///< a file is not what it claims to be, or ffmpeg failed on it
  storage,              ///< our disk or the object store: full, read-only, unreachable
  cancelled,            ///< somebody asked for the end
  unavailable,          ///< not configured, retired, or not offered: next provider at once
  quota,                ///< the provider's own credit is spent: next provider at once
  interrupted,          ///< ended by a shutdown or a signal that is not ours: done anew, costs no attempt
};

std::string_view to_string(ErrorClass cls);
std::optional<ErrorClass> error_class_from(std::string_view word);

/// Why something did not happen. The class is for the program; `message` is one line for a person, naming the
/// object, the reason and, where something will happen, what happens next.
struct Error {
  ErrorClass cls = ErrorClass::transient;
  std::string message;
  std::string
      code;  ///< a stable upper- or lower-case word for programs ("INSUFFICIENT_TOKENS"); empty: the class
  std::string field;  ///< path of the input at fault, "params.storyboard.scenes[2].spoken_text"; may be empty
  std::string details;   ///< for the operator: tail of stderr, an answer's body; at most a few KiB
  std::string step;      ///< key of the step it happened in; empty outside a step
  std::string provider;  ///< "local" or "fal:flux-srpo"; empty where no provider was asked
  int scene = 0;         ///< from 1; 0 when it is no scene's
  std::optional<std::chrono::milliseconds> retry_after;  ///< the earliest that trying again makes sense
  std::vector<std::string> support_codes;  ///< what a provider's support asks for; at most a few words each

  /// "opening the job store: <message>". Context is added going up, once per level.
  Error while_doing(std::string_view activity) &&;
};

Error make_error(ErrorClass cls, std::string message);
/// An invalid_request that names the input at fault; the message is "<field>: <reason>".
Error bad_field(std::string field, std::string_view reason);
/// From errno, with ENOSPC, EDQUOT, EROFS, EIO as `storage` and the rest as `transient`: "<activity>:
/// <strerror>".
Error system_error(std::string_view activity, int errno_value);

}  // namespace reelspool
