#include "jobstore/shown_params.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <string>

namespace reelspool {
namespace {

constexpr std::string_view mask = "********";
constexpr std::size_t longest_text = 500;

/// As parts of a name in small letters without _ and -. "token" only at the end: max_tokens is a number.
constexpr std::array<std::string_view, 10> secret_parts = {
    "apikey",        "secret",     "password",  "passwd", "credential",
    "authorization", "privatekey", "accesskey", "cookie", "signature"};
/// In the query of a URL that is signed, or carries a key.
constexpr std::array<std::string_view, 6> signed_query = {
    "signature=", "sig=", "token=", "key=", "secret=", "credential="};

std::string plain_letters(std::string_view text) {
  std::string letters;
  for (const char c : text)
    if (c != '_' && c != '-') letters += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return letters;
}

template <std::size_t count>
bool has_any(const std::string& text, const std::array<std::string_view, count>& parts) {
  return std::any_of(parts.begin(), parts.end(),
                     [&](std::string_view part) { return text.find(part) != std::string::npos; });
}

bool is_secret(std::string_view name) {
  const std::string letters = plain_letters(name);
  return has_any(letters, secret_parts) || letters.ends_with("token");
}

std::string shown_text(std::string text) {
  if (const std::size_t scheme = text.find("://"); scheme != std::string::npos) {
    const std::size_t path = std::min(text.find('/', scheme + 3), text.size());
    if (const std::size_t at = text.rfind('@', path); at != std::string::npos && at > scheme)
      text.replace(scheme + 3, at - scheme - 3, mask);
    if (const std::size_t query = text.find('?');
        query != std::string::npos && has_any(plain_letters(text.substr(query)), signed_query))
      text.replace(query + 1, std::string::npos, mask);
  }
  if (text.size() > longest_text) {
    const std::size_t size = text.size();
    text.resize(longest_text);
    text += "... (" + std::to_string(size) + " bytes)";
  }
  return text;
}

void mask_secrets(Json& value) {
  if (value.is_string()) {
    value = shown_text(value.get<std::string>());
  } else if (value.is_object()) {
    for (auto& [name, member] : value.items()) {
      if (is_secret(name) && !member.is_null())
        member = mask;
      else
        mask_secrets(member);
    }
  } else if (value.is_array()) {
    for (Json& element : value) mask_secrets(element);
  }
}

}  // namespace

Json shown_params(std::string_view params) {
  Result<Json> read = parse_json(params);
  if (!read || !read->is_object()) return Json::object();
  mask_secrets(*read);
  return std::move(*read);
}

}  // namespace reelspool
