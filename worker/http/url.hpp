#pragma once

#include <string>
#include <string_view>

#include "jobstore/result.hpp"

namespace reelspool {

/// An absolute http or https URL, taken apart by libcurl's own parser, so that what is checked is what is reached.
/// A value.
struct Url {
  std::string text;    ///< as it is asked for, without a fragment
  std::string scheme;  ///< "https" or "http"
  std::string host;    ///< in lower case; an IPv6 address without brackets
  int port = 443;      ///< also where the text has none

  /// Errors: invalid_request  not absolute, another scheme, with a user name or a fragment, or not well formed
  static Result<Url> parse(std::string_view text);

  /// Where a `Location` leads from here; a fragment is dropped. Errors: as parse().
  Result<Url> follow(std::string_view location) const;

  /// The same scheme, host and port.
  bool same_origin(const Url& other) const {
    return scheme == other.scheme && host == other.host && port == other.port;
  }
};

}  // namespace reelspool
