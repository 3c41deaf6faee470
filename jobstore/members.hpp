#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace reelspool {

/// One member of a JSON object, as ranges of the object's own text: what lets an entry go back byte for byte.
struct Member {
  std::string key;         ///< decoded
  std::string_view value;  ///< its JSON text, without the white space around it
};

/// The members of an object, in order. The text must be valid JSON (parse_json() said so, or we wrote it);
/// of text that is not, nothing is returned, or nonsense, but nothing outside `object` is ever read.
/// The views point into `object`.
std::optional<std::vector<Member>> members_of(std::string_view object);

/// Where the first JSON value of `text` ends (offset past its last byte); npos when there is none.
std::size_t end_of_value(std::string_view text);

/// A JSON string's text decoded; nothing when `value` is no string.
std::optional<std::string> string_in(std::string_view value);
/// A JSON number that is a whole number within range; nothing otherwise.
std::optional<std::int64_t> integer_in(std::string_view value);
std::optional<double> number_in(std::string_view value);

/// The text as a JSON string with its quotes. Bytes that are no UTF-8 go out as they came.
std::string json_quoted(std::string_view text);
void append_quoted(std::string& out, std::string_view text);

/// `base` with the members of `patch` put over it: in their place where the key is there, else at the end.
/// null is a value like any other (this is no RFC 7386 merge patch).
std::string merged(std::string_view base, std::string_view patch);

}  // namespace reelspool
