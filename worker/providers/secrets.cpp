#include "worker/providers/secrets.hpp"

#include <algorithm>
#include <cctype>

#include "worker/providers/manifest.hpp"
#include "worker/story/base64.hpp"

namespace reelspool {
namespace {

constexpr std::size_t least_bytes = 6;
constexpr std::string_view opening = "${secret:";

std::string hex_of(std::string_view bytes, const char* digits, std::string_view before) {
  std::string text;
  for (const unsigned char c : bytes) {
    text += before;
    text += digits[c >> 4];
    text += digits[c & 15];
  }
  return text;
}

std::string url_encoded(std::string_view bytes, const char* digits) {
  std::string text;
  for (const char c : bytes) {
    const bool plain = std::isalnum(static_cast<unsigned char>(c)) != 0 ||
                       std::string_view("-._~").find(c) != std::string_view::npos;
    text += plain ? std::string(1, c) : hex_of({&c, 1}, digits, "%");
  }
  return text;
}

/// The characters of base64 that the value alone decides, when `before` bytes of something else come first.
std::string base64_core(std::string_view value, std::size_t before) {
  const std::string text = encode_base64(std::string(before, '\0') + std::string(value));
  const std::size_t first = (before * 8 + 5) / 6;
  const std::size_t end = (before + value.size()) * 8 / 6;
  return text.substr(first, end - first);
}

std::vector<std::string> forms_of(const std::string& value) {
  std::vector<std::string> forms = {value,
                                    {value.rbegin(), value.rend()},
                                    hex_of(value, "0123456789abcdef", ""),
                                    hex_of(value, "0123456789ABCDEF", ""),
                                    url_encoded(value, "0123456789abcdef"),
                                    url_encoded(value, "0123456789ABCDEF")};
  for (std::size_t before = 0; before < 3; ++before) {
    std::string standard = base64_core(value, before);
    std::string in_urls = standard;
    std::replace(in_urls.begin(), in_urls.end(), '+', '-');
    std::replace(in_urls.begin(), in_urls.end(), '/', '_');
    forms.push_back(std::move(standard));
    forms.push_back(std::move(in_urls));
  }
  return forms;
}

}  // namespace

Secrets::Secrets(std::map<std::string, std::string> values) : values_(std::move(values)) {
  std::string all;
  for (const auto& [name, value] : values_) all += name + '\0' + value + '\0';
  digest_ = sha256_hex(all);
  for (const auto& [name, value] : values_) {
    if (value.size() < least_bytes) continue;
    for (std::string& form : forms_of(value))
      forms_.emplace_back(std::move(form), std::string(opening) + name + "}");
  }
  std::sort(forms_.begin(), forms_.end(),
            [](const auto& a, const auto& b) { return a.first.size() > b.first.size(); });
}

Result<std::string> Secrets::fill(std::string_view text) const {
  std::string filled;
  for (;;) {
    const auto at = text.find("${");
    filled += text.substr(0, at);
    if (at == std::string_view::npos) return filled;
    text.remove_prefix(at);
    const auto end = text.find('}');
    if (!text.starts_with(opening) || end == std::string_view::npos)
      return make_error(ErrorClass::plugin_crashed, "it put a \"${\" where only ${secret:NAME} may stand");
    const std::string name(text.substr(opening.size(), end - opening.size()));
    const auto found = values_.find(name);
    if (found == values_.end())
      return make_error(ErrorClass::plugin_crashed, "it asked for the secret \"" + name.substr(0, 100) +
                                                        "\", which its manifest does not list");
    if (found->second.find_first_of("\r\n") != std::string::npos)
      return make_error(ErrorClass::unavailable, name + " has a line break in it: write it as one line");
    filled += found->second;
    text.remove_prefix(end + 1);
  }
}

std::string Secrets::scrub(std::string text) const {
  for (const auto& [form, placeholder] : forms_)
    for (std::size_t at = text.find(form); at != std::string::npos;
         at = text.find(form, at + placeholder.size()))
      text.replace(at, form.size(), placeholder);
  return text;
}

void Secrets::scrub(Json& json) const {
  if (forms_.empty()) return;
  if (json.is_string()) {
    json = scrub(json.get<std::string>());
  } else if (json.is_array()) {
    for (Json& each : json) scrub(each);
  } else if (json.is_object()) {
    Json clean = Json::object();
    for (auto& [name, value] : json.items()) {
      scrub(value);
      clean[scrub(name)] = std::move(value);
    }
    json = std::move(clean);
  }
}

}  // namespace reelspool
