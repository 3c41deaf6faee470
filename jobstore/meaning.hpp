#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "jobstore/json.hpp"

namespace reelspool {

/// What two entries have in common that mean the same (Entry::body_hash): FNV-1a of the JSON with sorted keys, decoded
/// texts and numbers as doubles, without the id and without what the worker owns.
///
/// Two ways to the same number. quick_meaning() needs a microsecond instead of ten, which half of a submit once was; it
/// leaves what is rare (\u escapes, numbers beyond 64 bits, 40 levels, entries over 1 MiB, text that is no JSON) to
/// meaning_of(), which also says what is wrong.
std::uint64_t meaning_of(const Json& entry);
/// Nothing: parse it and ask meaning_of(). A value says that `entry` is a JSON object that parse_json() takes.
std::optional<std::uint64_t> quick_meaning(std::string_view entry);

}  // namespace reelspool
