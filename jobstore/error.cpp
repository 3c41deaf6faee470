#include "jobstore/error.hpp"

#include <array>
#include <cerrno>
#include <system_error>
#include <utility>

namespace reelspool {
namespace {

constexpr std::array<std::pair<ErrorClass, std::string_view>, 15> words = {{
    {ErrorClass::transient, "transient"},
    {ErrorClass::rate_limited, "rate_limited"},
    {ErrorClass::timeout, "timeout"},
    {ErrorClass::content_policy, "content_policy"},
    {ErrorClass::invalid_request, "invalid_request"},
    {ErrorClass::auth, "auth"},
    {ErrorClass::insufficient_tokens, "insufficient_tokens"},
    {ErrorClass::provider_failed, "provider_failed"},
    {ErrorClass::plugin_crashed, "plugin_crashed"},
    {ErrorClass::media, "media"},
    {ErrorClass::storage, "storage"},
    {ErrorClass::cancelled, "cancelled"},
    {ErrorClass::unavailable, "unavailable"},
    {ErrorClass::quota, "quota"},
    {ErrorClass::interrupted, "interrupted"},
}};

bool is_disk_trouble(int errno_value) {
  return errno_value == ENOSPC || errno_value == EDQUOT || errno_value == EROFS || errno_value == EIO;
}

}  // namespace

std::string_view to_string(ErrorClass cls) {
  for (const auto& [value, word] : words)
    if (value == cls) return word;
  return "transient";
}

std::optional<ErrorClass> error_class_from(std::string_view word) {
  for (const auto& [value, name] : words)
    if (name == word) return value;
  return std::nullopt;
}

Error Error::while_doing(std::string_view activity) && {
  message = std::string(activity) + ": " + message;
  return std::move(*this);
}

Error make_error(ErrorClass cls, std::string message) {
  Error error;
  error.cls = cls;
  error.message = std::move(message);
  return error;
}

Error bad_field(std::string field, std::string_view reason) {
  Error error = make_error(ErrorClass::invalid_request, field + ": " + std::string(reason));
  error.field = std::move(field);
  return error;
}

Error system_error(std::string_view activity, int errno_value) {
  const ErrorClass cls = is_disk_trouble(errno_value) ? ErrorClass::storage : ErrorClass::transient;
  return make_error(cls, std::string(activity) + ": " + std::generic_category().message(errno_value));
}

}  // namespace reelspool
