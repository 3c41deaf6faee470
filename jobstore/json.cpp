#include "jobstore/json.hpp"

#include <algorithm>
#include <string>

namespace reelspool {
namespace {

/// nlohmann-json takes a NUL for the end of the text, and does not look at what follows.
Error nul_byte(std::string_view text, std::size_t at) {
  const std::string_view before = text.substr(0, at);
  const auto line = std::count(before.begin(), before.end(), '\n') + 1;
  const std::size_t column = at - (before.rfind('\n') + 1) + 1;
  return make_error(ErrorClass::invalid_request, "not valid JSON: parse error at line " +
                                                     std::to_string(line) + ", column " +
                                                     std::to_string(column) + ": a NUL byte");
}

}  // namespace

Result<Json> parse_json(std::string_view text) {
  if (const std::size_t nul = text.find('\0'); nul != std::string_view::npos) return nul_byte(text, nul);
  bool too_deep = false;
  const auto watch_depth = [&](int depth, Json::parse_event_t, Json&) {
    too_deep = too_deep || depth > max_json_depth;
    return !too_deep;
  };
  try {
    Json json = Json::parse(text, watch_depth);
    if (too_deep)
      return make_error(ErrorClass::invalid_request,
                        "nested deeper than " + std::to_string(max_json_depth) + " levels");
    return json;
  } catch (const Json::out_of_range&) {
    return make_error(ErrorClass::invalid_request,
                      "holds a number beyond 1.8e308, which no program can read; write it as a text");
  } catch (const Json::exception& problem) {
    // "[json.exception.parse_error.101] parse error at line 3, column 14: ..." - the tag is of no use to a
    // person.
    std::string what = problem.what();
    if (const auto end_of_tag = what.find("] "); end_of_tag != std::string::npos)
      what.erase(0, end_of_tag + 2);
    return make_error(ErrorClass::invalid_request, "not valid JSON: " + what);
  }
}

std::string to_text(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace reelspool
