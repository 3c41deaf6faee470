#pragma once

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "jobstore/json.hpp"
#include "jobstore/result.hpp"

namespace reelspool {

/// The secrets that one plugin was granted: filled in where its placeholders stand, and taken out of whatever comes
/// back. A value; never shown, kept or logged.
class Secrets {
 public:
  Secrets() : Secrets(std::map<std::string, std::string>()) {}
  /// By name. Values of less than 6 bytes are filled in but not looked for: they would be found everywhere.
  explicit Secrets(std::map<std::string, std::string> values);

  /// The text with every ${secret:NAME} filled in. Errors: plugin_crashed  it names a secret that the manifest does
  /// not list, or has a "${" that is no placeholder; unavailable  the value has a line break
  Result<std::string> fill(std::string_view text) const;
  static bool are_named_in(std::string_view text) { return text.find("${secret:") != std::string_view::npos; }

  /// The text with every value replaced by its placeholder: as it is, reversed, and in base64 (anywhere within a longer
  /// text), hexadecimal or URL encoding.
  std::string scrub(std::string text) const;
  /// All texts and names in it.
  void scrub(Json& json) const;

  /// Tells sets of values apart without telling the values: what a limit of a key is counted by.
  const std::string& digest() const { return digest_; }

 private:
  std::map<std::string, std::string> values_;
  std::vector<std::pair<std::string, std::string>>
      forms_;  // what is looked for -> placeholder; longest first
  std::string digest_;
};

}  // namespace reelspool
