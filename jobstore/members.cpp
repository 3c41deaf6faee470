#include "jobstore/members.hpp"

#include <algorithm>
#include <charconv>
#include <cstdio>

namespace reelspool {
namespace {

constexpr std::size_t npos = std::string_view::npos;

bool is_space(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

std::size_t skip_space(std::string_view text, std::size_t at) {
  while (at < text.size() && is_space(text[at])) ++at;
  return at;
}

/// `at` is on the opening quote; returns the offset past the closing one.
std::size_t skip_string(std::string_view text, std::size_t at) {
  for (++at; at < text.size(); ++at) {
    if (text[at] == '\\')
      ++at;
    else if (text[at] == '"')
      return at + 1;
  }
  return npos;
}

/// Skips one value by counting brackets outside strings; no recursion, so depth costs nothing.
std::size_t skip_value(std::string_view text, std::size_t at) {
  if (at >= text.size()) return npos;
  if (text[at] == '"') return skip_string(text, at);
  if (text[at] != '{' && text[at] != '[') {
    const std::size_t begin = at;
    while (at < text.size() && !is_space(text[at]) && text[at] != ',' && text[at] != '}' && text[at] != ']')
      ++at;
    return at == begin ? npos : at;
  }
  std::size_t depth = 0;
  while (at < text.size()) {
    const char c = text[at];
    if (c == '"') {
      at = skip_string(text, at);
      if (at == npos) return npos;
      continue;
    }
    if (c == '{' || c == '[') ++depth;
    ++at;
    if ((c == '}' || c == ']') && --depth == 0) return at;
  }
  return npos;
}

void append_utf8(std::string& out, std::uint32_t code) {
  if (code < 0x80) {
    out += static_cast<char>(code);
  } else if (code < 0x800) {
    out += static_cast<char>(0xC0 | (code >> 6));
    out += static_cast<char>(0x80 | (code & 0x3F));
  } else if (code < 0x10000) {
    out += static_cast<char>(0xE0 | (code >> 12));
    out += static_cast<char>(0x80 | ((code >> 6) & 0x3F));
    out += static_cast<char>(0x80 | (code & 0x3F));
  } else {
    out += static_cast<char>(0xF0 | (code >> 18));
    out += static_cast<char>(0x80 | ((code >> 12) & 0x3F));
    out += static_cast<char>(0x80 | ((code >> 6) & 0x3F));
    out += static_cast<char>(0x80 | (code & 0x3F));
  }
}

/// Four hex digits at `at`.
std::optional<std::uint32_t> hex4(std::string_view text, std::size_t at) {
  if (at + 4 > text.size()) return std::nullopt;
  std::uint32_t value = 0;
  const char* const begin = text.data() + at;
  const auto [end, problem] = std::from_chars(begin, begin + 4, value, 16);
  if (problem != std::errc() || end != begin + 4) return std::nullopt;
  return value;
}

/// Decodes what stands between a string's quotes.
std::optional<std::string> unescape(std::string_view text) {
  if (text.find('\\') == npos) return std::string(text);
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\') {
      out += text[i];
      continue;
    }
    if (++i == text.size()) return std::nullopt;
    switch (text[i]) {
      case 'b':
        out += '\b';
        break;
      case 'f':
        out += '\f';
        break;
      case 'n':
        out += '\n';
        break;
      case 'r':
        out += '\r';
        break;
      case 't':
        out += '\t';
        break;
      case 'u': {
        auto code = hex4(text, i + 1);
        if (!code) return std::nullopt;
        i += 4;
        if (*code >= 0xD800 && *code < 0xDC00 && text.substr(i + 1, 2) == "\\u") {
          const auto low = hex4(text, i + 3);
          if (low && *low >= 0xDC00 && *low < 0xE000) {
            code = 0x10000 + ((*code - 0xD800) << 10) + (*low - 0xDC00);
            i += 6;
          }
        }
        append_utf8(out, *code);
        break;
      }
      default:
        out += text[i];  // quote, backslash, slash
    }
  }
  return out;
}

}  // namespace

std::optional<std::vector<Member>> members_of(std::string_view object) {
  std::vector<Member> members;
  std::size_t at = skip_space(object, 0);
  if (at >= object.size() || object[at] != '{') return std::nullopt;
  at = skip_space(object, at + 1);
  while (at < object.size() && object[at] != '}') {
    if (object[at] != '"') return std::nullopt;
    const std::size_t key_end = skip_string(object, at);
    if (key_end == npos) return std::nullopt;
    auto key = unescape(object.substr(at + 1, key_end - at - 2));
    at = skip_space(object, key_end);
    if (!key || at >= object.size() || object[at] != ':') return std::nullopt;
    at = skip_space(object, at + 1);
    const std::size_t value_end = skip_value(object, at);
    if (value_end == npos) return std::nullopt;
    members.push_back({std::move(*key), object.substr(at, value_end - at)});
    at = skip_space(object, value_end);
    if (at < object.size() && object[at] == ',') at = skip_space(object, at + 1);
  }
  if (at >= object.size()) return std::nullopt;
  return members;
}

std::size_t end_of_value(std::string_view text) {
  return skip_value(text, skip_space(text, 0));
}

std::optional<std::string> string_in(std::string_view value) {
  if (value.size() < 2 || value.front() != '"' || value.back() != '"') return std::nullopt;
  return unescape(value.substr(1, value.size() - 2));
}

std::optional<std::int64_t> integer_in(std::string_view value) {
  std::int64_t number = 0;
  const char* const end = value.data() + value.size();
  const auto [stop, problem] = std::from_chars(value.data(), end, number);
  if (problem == std::errc() && stop == end) return number;
  // 3.0 and 1e2 are whole numbers too, and some languages write them so.
  const auto real = number_in(value);
  if (!real || *real < -9007199254740992.0 || *real > 9007199254740992.0) return std::nullopt;
  number = static_cast<std::int64_t>(*real);
  if (static_cast<double>(number) != *real) return std::nullopt;
  return number;
}

std::optional<double> number_in(std::string_view value) {
  // from_chars() reads "nan" and "infinity" too, which JSON does not have.
  if (value.find_first_not_of("+-.0123456789eE") != std::string_view::npos) return std::nullopt;
  double number = 0;
  const char* const end = value.data() + value.size();
  const auto [stop, problem] = std::from_chars(value.data(), end, number);
  if (problem != std::errc() || stop != end) return std::nullopt;
  return number;
}

void append_quoted(std::string& out, std::string_view text) {
  out += '"';
  std::size_t copied = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (static_cast<unsigned char>(c) >= 0x20 && c != '"' && c != '\\') continue;
    out.append(text, copied, i - copied);
    copied = i + 1;
    switch (c) {
      case '"':
        out += "\\\"";
        break;
      case '\\':
        out += "\\\\";
        break;
      case '\n':
        out += "\\n";
        break;
      case '\r':
        out += "\\r";
        break;
      case '\t':
        out += "\\t";
        break;
      default: {
        char escape[8];
        std::snprintf(escape, sizeof escape, "\\u%04x", static_cast<unsigned>(c));
        out += escape;
      }
    }
  }
  out.append(text, copied);
  out += '"';
}

std::string json_quoted(std::string_view text) {
  std::string out;
  out.reserve(text.size() + 2);
  append_quoted(out, text);
  return out;
}

std::string merged(std::string_view base, std::string_view patch) {
  auto members = members_of(base).value_or(std::vector<Member>{});
  for (Member& change : members_of(patch).value_or(std::vector<Member>{})) {
    const auto same = std::find_if(members.begin(), members.end(),
                                   [&](const Member& member) { return member.key == change.key; });
    if (same == members.end())
      members.push_back(std::move(change));
    else
      same->value = change.value;
  }
  std::string out = "{";
  for (const Member& member : members) {
    if (out.size() > 1) out += ',';
    append_quoted(out, member.key);
    out += ':';
    out += member.value;
  }
  return out += '}';
}

}  // namespace reelspool
