#pragma once

#include <concepts>
#include <optional>
#include <string>
#include <string_view>

#include "jobstore/members.hpp"
#include "jobstore/time.hpp"

namespace reelspool {

/// Writes a JSON object on one line, member after member, in the order of the calls.
///
///   ObjectText().add("id", "ad-7").add("rev", 3).add_json("fields", "{}").text()   {"id":"ad-7","rev":3, ...
class ObjectText {
 public:
  ObjectText& add(std::string_view key, std::string_view value) {
    add_key(key);
    append_quoted(text_, value);
    return *this;
  }
  ObjectText& add(std::string_view key, const char* value) { return add(key, std::string_view(value)); }
  ObjectText& add(std::string_view key, bool value) { return add_json(key, value ? "true" : "false"); }
  ObjectText& add(std::string_view key, std::integral auto value) {
    return add_json(key, std::to_string(value));
  }
  ObjectText& add(std::string_view key, Time value) { return add(key, std::string_view(format_time(value))); }
  /// Absent: null.
  ObjectText& add(std::string_view key, std::optional<Time> value) {
    return value ? add(key, *value) : add_json(key, "null");
  }
  /// `value` is JSON text and goes in as it is.
  ObjectText& add_json(std::string_view key, std::string_view value) {
    add_key(key);
    text_ += value;
    return *this;
  }
  std::string text() const { return text_.empty() ? "{}" : text_ + '}'; }

 private:
  void add_key(std::string_view key) {
    if (text_.empty()) text_.reserve(256);  // most objects, in one piece
    text_ += text_.empty() ? '{' : ',';
    append_quoted(text_, key);
    text_ += ':';
  }
  std::string text_;
};

}  // namespace reelspool
