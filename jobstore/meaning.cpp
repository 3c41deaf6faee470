#include "jobstore/meaning.hpp"

#include <simdjson.h>

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "jobstore/owned_fields.hpp"

namespace reelspool {
namespace {

using simdjson::dom::element;
using simdjson::dom::element_type;

constexpr std::size_t largest_quick_bytes = std::size_t{1}
                                            << 20;  // the parser keeps room for the largest it has seen
constexpr std::size_t quick_depth = 40;             // well below max_json_depth

std::uint64_t fnv1a(std::string_view bytes) {
  std::uint64_t hash = 14695981039346656037U;
  for (const char byte : bytes) hash = (hash ^ static_cast<unsigned char>(byte)) * 1099511628211U;
  return hash;
}

bool is_body_field(std::string_view key) {
  return !is_worker_field(key) && !is_id_name(key);
}

/// As nlohmann's dump() writes it. Of the control characters only those come that have a short form: no \u is here.
void append_text(std::string& out, std::string_view text) {
  constexpr std::array<std::pair<char, char>, 7> escapes = {
      {{'"', '"'}, {'\\', '\\'}, {'\b', 'b'}, {'\f', 'f'}, {'\n', 'n'}, {'\r', 'r'}, {'\t', 't'}}};
  out += '"';
  for (const char byte : text) {
    const auto escape =
        std::find_if(escapes.begin(), escapes.end(), [&](const auto& e) { return e.first == byte; });
    if (escape != escapes.end()) out += '\\';
    out += escape != escapes.end() ? escape->second : byte;
  }
  out += '"';
}

/// A front end writes the whole file back in its own way: JavaScript makes 1 of 1.0, 0 of -0 and 9007199254740992
/// of 9007199254740993, Python 1.0 of 1e0. So a number counts as the double that it is to them (RFC 8785 does so).
void append_number(std::string& out, double number) {
  out += nlohmann::json(number + 0.0).dump();  // -0.0 + 0.0 is 0.0
}
void make_doubles(nlohmann::json& value) {
  if (value.is_number())
    value = value.get<double>() + 0.0;
  else if (value.is_structured())
    for (nlohmann::json& inner : value) make_doubles(inner);
}

void append(std::string& out, element value);

/// Sorted, and of one name that appears twice the last, as a parser that keeps one of them has it.
void append_object(std::string& out, simdjson::dom::object object, bool is_entry) {
  std::vector<std::pair<std::string_view, element>> members;
  for (const auto [key, value] : object)
    if (!is_entry || is_body_field(key)) members.emplace_back(key, value);
  std::stable_sort(members.begin(), members.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  out += '{';
  for (std::size_t i = 0; i < members.size(); ++i) {
    if (i + 1 < members.size() && members[i + 1].first == members[i].first) continue;
    if (out.back() != '{') out += ',';
    append_text(out, members[i].first);
    out += ':';
    append(out, members[i].second);
  }
  out += '}';
}

void append_array(std::string& out, simdjson::dom::array array) {
  out += '[';
  bool is_first = true;
  for (const element value : array) {
    if (!std::exchange(is_first, false)) out += ',';
    append(out, value);
  }
  out += ']';
}

void append(std::string& out, element value) {
  switch (value.type()) {
    case element_type::OBJECT:
      return append_object(out, value.get_object().value_unsafe(), false);
    case element_type::ARRAY:
      return append_array(out, value.get_array().value_unsafe());
    case element_type::STRING:
      return append_text(out, value.get_string().value_unsafe());
    case element_type::INT64:
      return append_number(out, static_cast<double>(value.get_int64().value_unsafe()));
    case element_type::UINT64:
      return append_number(out, static_cast<double>(value.get_uint64().value_unsafe()));
    case element_type::DOUBLE:
      return append_number(out, value.get_double().value_unsafe());
    case element_type::BOOL:
      out += value.get_bool().value_unsafe() ? "true" : "false";
      return;
    case element_type::NULL_VALUE:
      out += "null";
  }
}

}  // namespace

std::uint64_t meaning_of(const Json& entry) {
  nlohmann::json meaning = nlohmann::json::object();  // sorts its keys, at every level
  for (const auto& [key, value] : entry.items())
    if (is_body_field(key)) meaning[key] = nlohmann::json(value);
  make_doubles(meaning);
  return fnv1a(meaning.dump());
}

std::optional<std::uint64_t> quick_meaning(std::string_view entry) {
  if (entry.size() > largest_quick_bytes || entry.find("\\u") != std::string_view::npos) return std::nullopt;
  thread_local simdjson::dom::parser parser;
  if (parser.max_depth() != quick_depth && parser.allocate(4096, quick_depth) != simdjson::SUCCESS)
    return std::nullopt;
  simdjson::dom::object object;
  if (parser.parse(entry.data(), entry.size()).get(object) != simdjson::SUCCESS) return std::nullopt;
  std::string text;
  text.reserve(entry.size());
  append_object(text, object, true);
  return fnv1a(text);
}

}  // namespace reelspool
