#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace reelspool {

/// A BCP 47 tag in its usual spelling ("ES_mx" -> "es-MX", "zh-hant" -> "zh-Hant"). Nothing for what is no
/// tag; whether anybody speaks the language is asked of the providers.
std::optional<std::string> language_tag(std::string_view text);
/// "es" of "es-MX".
std::string_view base_language(std::string_view tag);

/// "male" or "female" from what front ends send: male, man, hombre, masculino, m ...; nothing for anything
/// else.
std::optional<std::string> voice_gender(std::string_view text);

}  // namespace reelspool
