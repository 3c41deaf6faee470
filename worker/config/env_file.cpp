#include "worker/config/env_file.hpp"

#include <cerrno>
#include <fstream>
#include <optional>
#include <string_view>

namespace reelspool {
namespace {

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t\r");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r") - first + 1);
}

bool is_name(std::string_view name) {
  constexpr std::string_view letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_";
  return !name.empty() && letters.find(name.front()) != std::string_view::npos &&
         name.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_0123456789") ==
             std::string_view::npos;
}

/// What stands between the quote at text[0] and its partner; nothing when there is none.
std::optional<std::string> unquoted(std::string_view text) {
  const char quote = text.front();
  std::string value;
  for (std::size_t i = 1; i < text.size(); ++i) {
    if (text[i] == quote) {
      const std::string_view rest = trimmed(text.substr(i + 1));
      if (!rest.empty() && rest.front() != '#') return std::nullopt;
      return value;
    }
    const bool escape = quote == '"' && text[i] == '\\' && i + 1 < text.size();
    if (!escape) {
      value += text[i];
      continue;
    }
    ++i;
    value += text[i] == 'n' ? '\n' : text[i];
  }
  return std::nullopt;
}

std::string_view without_comment(std::string_view value) {
  for (std::size_t i = 1; i < value.size(); ++i)
    if (value[i] == '#' && (value[i - 1] == ' ' || value[i - 1] == '\t')) return trimmed(value.substr(0, i));
  return value;
}

Error bad_line(const std::filesystem::path& file, int line, std::string_view reason) {
  return make_error(ErrorClass::invalid_request,
                    file.string() + ": line " + std::to_string(line) + ": " + std::string(reason));
}

}  // namespace

Result<std::vector<std::pair<std::string, std::string>>> read_env_file(const std::filesystem::path& file) {
  std::vector<std::pair<std::string, std::string>> assignments;
  std::error_code none;
  if (!std::filesystem::exists(file, none)) return assignments;
  std::ifstream stream(file);
  if (!stream)
    return make_error(ErrorClass::storage,
                      file.string() + ": cannot be read; check its owner and mode, or remove it");

  std::string line;
  for (int number = 1; std::getline(stream, line); ++number) {
    std::string_view text = trimmed(line);
    if (text.empty() || text.front() == '#') continue;
    if (text.starts_with("export ")) text = trimmed(text.substr(7));
    const auto equals = text.find('=');
    if (equals == std::string_view::npos) return bad_line(file, number, "expected NAME=value");
    const std::string_view name = trimmed(text.substr(0, equals));
    if (!is_name(name)) return bad_line(file, number, "\"" + std::string(name) + "\" is not a name");
    const std::string_view value = trimmed(text.substr(equals + 1));
    if (value.empty() || value.front() == '#') {
      assignments.emplace_back(name, "");
    } else if (value.front() == '"' || value.front() == '\'') {
      auto inner = unquoted(value);
      if (!inner)
        return bad_line(file, number, "the value of " + std::string(name) + " has no closing quote");
      assignments.emplace_back(name, *std::move(inner));
    } else {
      assignments.emplace_back(name, without_comment(value));
    }
  }
  return assignments;
}

}  // namespace reelspool
