#include "worker/providers/manifest.hpp"

#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <utility>

#include "plugins/sdk/provider.h"
#include "worker/providers/reach.hpp"

namespace reelspool {
namespace {

Error broken(std::string_view field, std::string_view reason) {
  return make_error(ErrorClass::plugin_crashed,
                    "manifest: " + std::string(field) + " " + std::string(reason));
}

bool is_name(std::string_view text) {
  const auto good = [](unsigned char c) { return std::isalnum(c) != 0 || c == '-' || c == '_'; };
  return !text.empty() && text.size() <= 64 && std::isalnum(static_cast<unsigned char>(text[0])) != 0 &&
         std::all_of(text.begin(), text.end(), good);
}

/// A list of words, absent being empty.
Result<std::vector<std::string>> read_words(const Json& from, const char* field) {
  std::vector<std::string> words;
  if (!from.contains(field)) return words;
  if (!from[field].is_array()) return broken(field, "must be a list of words");
  for (const Json& word : from[field]) {
    if (!word.is_string() || word.get_ref<const std::string&>().empty())
      return broken(field, "must be a list of words");
    words.push_back(word.get<std::string>());
  }
  return words;
}

Result<Manifest::Offer> read_offer(const std::string& kind, const Json& json) {
  const std::string field = "kinds." + kind;
  if (!json.is_object()) return broken(field, "must be an object");
  Manifest::Offer offer;
  for (auto [name, into] : {std::pair{"languages", &offer.languages}, std::pair{"models", &offer.models}}) {
    auto words = read_words(json, name);
    if (!words) return std::move(words.error()).while_doing(field);
    *into = std::move(*words);
  }
  offer.limits = json.value("limits", Json::object());
  offer.cost = json.value("cost", Json::object());
  if (!offer.limits.is_object()) return broken(field + ".limits", "must be an object");
  for (const auto& [name, limit] : offer.limits.items()) {
    const std::string at = field + ".limits." + name;
    if (!limit.is_object()) return broken(at, "must be an object of min, max, max_chars or one_of");
    for (const auto& [rule, value] : limit.items()) {
      const bool known = rule == "one_of"
                             ? value.is_array()
                             : (rule == "min" || rule == "max" || rule == "max_chars") && value.is_number();
      if (!known)
        return broken(at + "." + rule, "is no limit: use min, max, max_chars (numbers) or one_of (a list)");
    }
  }
  if (json.contains("order")) {
    if (!json["order"].is_number_integer()) return broken(field + ".order", "must be a whole number");
    offer.order = json["order"].get<int>();
  }
  return offer;
}

std::string_view language_of(std::string_view tag) {
  return tag.substr(0, tag.find_first_of("-_"));
}

/// Characters as people count them, near enough for a limit: UTF-8 bytes that begin one.
std::size_t count_characters(std::string_view text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; }));
}

Result<> within(const std::string& field, const Json& value, const Json& limit, const std::string& plugin) {
  if (value.is_number()) {
    const double number = value.get<double>();
    if (limit.contains("max") && number > limit["max"].get<double>())
      return bad_field(field, to_text(value) + " is more than " + to_text(limit["max"]) + ", the most that " +
                                  plugin + " takes");
    if (limit.contains("min") && number < limit["min"].get<double>())
      return bad_field(field, to_text(value) + " is less than " + to_text(limit["min"]) +
                                  ", the least that " + plugin + " takes");
  }
  if (value.is_string() && limit.contains("max_chars")) {
    const std::size_t count = count_characters(value.get_ref<const std::string&>());
    if (static_cast<double>(count) > limit["max_chars"].get<double>())
      return bad_field(field, std::to_string(count) + " characters are more than " +
                                  to_text(limit["max_chars"]) + ", the most that " + plugin +
                                  " takes: shorten it");
  }
  if (limit.contains("one_of")) {
    const Json& choices = limit["one_of"];
    if (std::find(choices.begin(), choices.end(), value) == choices.end())
      return bad_field(field, to_text(value) + " is not offered by " + plugin + ", which takes one of " +
                                  to_text(choices));
  }
  return ok;
}

}  // namespace

bool same_language(std::string_view offered, std::string_view wanted) {
  const std::string_view a = language_of(offered), b = language_of(wanted);
  return a.size() == b.size() &&
         std::equal(a.begin(), a.end(), b.begin(),
                    [](unsigned char x, unsigned char y) { return std::tolower(x) == std::tolower(y); });
}

std::string sha256_hex(std::string_view bytes) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int size = 0;
  EVP_Digest(bytes.data(), bytes.size(), digest.data(), &size, EVP_sha256(), nullptr);
  std::string hex;
  for (unsigned int i = 0; i < size; ++i) {
    hex += "0123456789abcdef"[digest[i] >> 4];
    hex += "0123456789abcdef"[digest[i] & 15];
  }
  return hex;
}

Result<Manifest> read_manifest(std::string_view text) {
  auto json = parse_json(text);
  if (!json) return make_error(ErrorClass::plugin_crashed, "manifest: " + json.error().message);
  if (!json->is_object()) return broken("the whole", "must be an object");
  Manifest manifest;
  try {
    manifest.name = json->value("name", "");
    manifest.version = json->value("version", "");
    if (!is_name(manifest.name)) return broken("name", "must be a word of letters, digits, - and _");
    if (manifest.version.empty()) return broken("version", "is missing");
    if (json->value("abi", 0u) != REELSPOOL_ABI)
      return broken("abi", "must be " + std::to_string(REELSPOOL_ABI));
    if (json->value("sandbox", "pure") != "pure")
      return broken("sandbox", "must be \"pure\"; there is no other yet");
    if (!json->contains("kinds") || !(*json)["kinds"].is_object() || (*json)["kinds"].empty())
      return broken("kinds", "must be an object with at least one kind");
  } catch (const Json::exception& wrong) {
    return broken("name, version, abi or sandbox", std::string("has the wrong type: ") + wrong.what());
  }
  for (const auto& [kind, offered] : (*json)["kinds"].items()) {
    if (!is_name(kind)) return broken("kinds", "has a kind that is no word");
    auto offer = read_offer(kind, offered);
    if (!offer) return offer.error();
    manifest.kinds.emplace(kind, std::move(*offer));
  }
  for (auto [name, into] :
       {std::pair{"settings", &manifest.settings}, std::pair{"secrets", &manifest.secrets},
        std::pair{"hosts", &manifest.hosts}, std::pair{"scripts", &manifest.scripts},
        std::pair{"takes_over", &manifest.takes_over}}) {
    auto words = read_words(*json, name);
    if (!words) return words.error();
    *into = std::move(*words);
  }
  for (const std::string& host : manifest.hosts)
    if (const std::string wrong = check_host_entry(host, manifest.settings); !wrong.empty())
      return broken("hosts", wrong);
  for (const std::string& secret : manifest.secrets)
    if (std::find(manifest.settings.begin(), manifest.settings.end(), secret) != manifest.settings.end())
      return broken("settings", "has \"" + secret + "\", which is a secret: a plugin is not told its value");
  return manifest;
}

Json Manifest::asks() const {
  Json names = Json::array();
  for (const auto& [kind, offer] : kinds) names.push_back(kind);
  return {
      {"kinds", names}, {"settings", settings}, {"secrets", secrets}, {"hosts", hosts}, {"scripts", scripts}};
}

bool is_granted(const Json& asks, const Json& granted) {
  for (const auto& [what, words] : asks.items()) {
    const Json given = granted.value(what, Json::array());
    for (const Json& word : words)
      if (std::find(given.begin(), given.end(), word) == given.end()) return false;
  }
  return true;
}

Result<> fits(const Manifest& manifest, std::string_view kind, const Json& request) {
  const auto found = manifest.kinds.find(std::string(kind));
  if (found == manifest.kinds.end())
    return make_error(ErrorClass::unavailable,
                      "plugin \"" + manifest.name + "\" does not make " + std::string(kind));
  const Manifest::Offer& offer = found->second;
  if (!offer.languages.empty() && request.contains("language") && request["language"].is_string()) {
    const auto& wanted = request["language"].get_ref<const std::string&>();
    const bool spoken =
        std::any_of(offer.languages.begin(), offer.languages.end(),
                    [&](const std::string& offered) { return same_language(offered, wanted); });
    if (!spoken) {
      Error error = bad_field("language", "\"" + wanted + "\" is not offered by " + manifest.name);
      error.code = "language";
      return error;
    }
  }
  for (const auto& [field, limit] : offer.limits.items()) {
    if (!request.contains(field)) continue;
    Result<> held = within(field, request[field], limit, manifest.name);
    if (!held) return held;
  }
  return ok;
}

}  // namespace reelspool
