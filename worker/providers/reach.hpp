#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "jobstore/result.hpp"
#include "worker/http/url.hpp"

namespace reelspool {

/// Where a plugin's requests may go: the `hosts` of its manifest, as plugins/sdk/MESSAGES.md has them, with the values
/// of the settings that they name. A value.
class Reach {
 public:
  Reach() = default;

  /// `hosts`: entries that check_host_entry() has passed. `setting`: the value of a setting, empty where it is not set;
  /// such an entry leads nowhere. `private_hosts`: HTTP_ALLOWED_HOSTS.
  /// Errors: unavailable  a setting's value is no http or https URL; the message names it
  static Result<Reach> of(const std::vector<std::string>& hosts,
                          const std::function<std::string(const std::string&)>& setting,
                          std::string_view private_hosts);

  /// Whether the place may be reached; true: also when its address is private.
  /// Errors: plugin_crashed  it is not listed; the message says what is
  Result<bool> check(const Url& url) const;

 private:
  std::vector<std::string> hosts_;    // "api.example.com", "*.example.com": https, port 443
  std::vector<Url> origins_;          // of settings
  std::vector<std::string> private_;  // "host" or "host:port"
};

/// What is wrong with an entry of a manifest's `hosts`; empty when it is good. `settings`: those of the manifest.
std::string check_host_entry(std::string_view entry, const std::vector<std::string>& settings);

}  // namespace reelspool
