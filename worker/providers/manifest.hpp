#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "jobstore/json.hpp"
#include "jobstore/result.hpp"

namespace reelspool {

/// What a plugin says of itself, and asks for (plugins/sdk/MESSAGES.md): a request, not a right. A value.
struct Manifest {
  /// What it can make of one kind.
  struct Offer {
    std::vector<std::string> languages;  ///< BCP 47; empty: the kind has none, or any will do
    std::vector<std::string> models;
    /// By field of the request: {"min","max"} for numbers, {"max_chars"} for text, {"one_of":[...]}.
    Json limits;
    Json cost;
    int order = 50;  ///< place in the default chain, lowest first
  };

  std::string name;  ///< "local": letters, digits, dashes; also its file's name
  std::string version;
  std::map<std::string, Offer> kinds;
  std::vector<std::string> takes_over;  ///< versions of itself whose state it understands
  std::vector<std::string> settings;    ///< names it is told the values of
  std::vector<std::string>
      secrets;  ///< names it may use as ${secret:NAME}; it is unavailable while one is missing
  std::vector<std::string> hosts;    ///< where its requests and secrets may go
  std::vector<std::string> scripts;  ///< of ffmpeg-scripts, which it may run

  /// What a grant is given for: {"kinds", "settings", "secrets", "hosts", "scripts"}, lists of words.
  Json asks() const;
};

/// Whether all that is asked for was granted; less is no reason to ask the operator again.
bool is_granted(const Json& asks, const Json& granted);

/// Reads a manifest. Errors: plugin_crashed, naming the field that is wrong: a plugin that cannot say what it
/// is is broken.
Result<Manifest> read_manifest(std::string_view text);

/// Whether the plugin could take the request, judged by its manifest.
/// Errors: unavailable      it does not make this kind
///         invalid_request  a limit is met; `field` is the request's field, the message says the limit. For a
///                          language the code is "language", for a caller that can merge several providers' offers
Result<> fits(const Manifest& manifest, std::string_view kind, const Json& request);

/// Whether a voice or text for `offered` serves `wanted`: the same language, whatever the region ("es" and
/// "es-MX").
bool same_language(std::string_view offered, std::string_view wanted);

/// SHA-256, in lower-case hexadecimal.
std::string sha256_hex(std::string_view bytes);

}  // namespace reelspool
