#include "worker/story/language.hpp"

#include <algorithm>
#include <array>
#include <cctype>

namespace reelspool {
namespace {

bool is_alpha(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](unsigned char c) { return std::isalpha(c) && c < 0x80; });
}
bool is_alnum(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](unsigned char c) { return std::isalnum(c) && c < 0x80; });
}
std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return result;
}
std::string upper(std::string_view text) {
  std::string result(text);
  for (char& c : result) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return result;
}

}  // namespace

std::optional<std::string> language_tag(std::string_view text) {
  std::string tag;
  for (bool first = true; first || !text.empty(); first = false) {
    const auto end = std::min(text.find_first_of("-_"), text.size());
    const std::string_view part = text.substr(0, end);
    if (part.empty() || part.size() > 8 || !is_alnum(part)) return std::nullopt;
    if (first) {
      if (part.size() < 2 || part.size() > 3 || !is_alpha(part)) return std::nullopt;
      tag = lower(part);
    } else if (part.size() == 4 && is_alpha(part)) {  // a script: Hant
      tag += "-" + upper(part.substr(0, 1)) + lower(part.substr(1));
    } else if (part.size() == 2 && is_alpha(part)) {  // a region: MX
      tag += "-" + upper(part);
    } else {  // a region by number (419), a variant, an extension
      tag += "-" + lower(part);
    }
    if (end < text.size() && end + 1 == text.size()) return std::nullopt;  // "es-"
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return tag;
}

std::string_view base_language(std::string_view tag) {
  return tag.substr(0, tag.find('-'));
}

std::optional<std::string> voice_gender(std::string_view text) {
  constexpr std::array<std::string_view, 7> male = {"male",   "man",       "m",    "masculine",
                                                    "hombre", "masculino", "homem"};
  constexpr std::array<std::string_view, 7> female = {"female", "woman",    "f",     "feminine",
                                                      "mujer",  "femenino", "mulher"};
  const std::string word = lower(text);
  if (std::find(male.begin(), male.end(), word) != male.end()) return "male";
  if (std::find(female.begin(), female.end(), word) != female.end()) return "female";
  return std::nullopt;
}

}  // namespace reelspool
