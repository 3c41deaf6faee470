#include "worker/config/settings.hpp"

#include <algorithm>
#include <array>
#include <cassert>
#include <charconv>
#include <cmath>
#include <numeric>
#include <optional>

#include "worker/config/duration.hpp"
#include "worker/config/env_file.hpp"

namespace reelspool {
namespace {

using Type = Setting::Type;

const Setting* find_setting(std::string_view name) {
  for (const Setting& setting : settings_table())
    if (setting.name == name || (!setting.alias.empty() && setting.alias == name)) return &setting;
  return nullptr;
}

/// How many letters were mistyped: missing, doubled, wrong, or two that changed places.
/// Source: optimal string alignment, the restricted form of Damerau's and Levenshtein's distance.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::vector<std::size_t>> cost(a.size() + 1, std::vector<std::size_t>(b.size() + 1));
  std::iota(cost[0].begin(), cost[0].end(), 0);
  for (std::size_t i = 1; i <= a.size(); ++i) {
    cost[i][0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t wrong = a[i - 1] == b[j - 1] ? 0 : 1;
      cost[i][j] = std::min({cost[i - 1][j] + 1, cost[i][j - 1] + 1, cost[i - 1][j - 1] + wrong});
      const bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
      if (swapped) cost[i][j] = std::min(cost[i][j], cost[i - 2][j - 2] + 1);
    }
  }
  return cost[a.size()][b.size()];
}

/// The setting that `name` is probably a misspelling of: two mistakes at most in a long name, one in a shorter one,
/// whose two letters make another word ("MUSIC_DIR" is no "MUSIC_DB"). (MAX_CONCURRENT_<KIND> differ by more.)
const Setting* nearly(std::string_view name) {
  if (name.size() < 8) return nullptr;
  const std::size_t most = name.size() < 12 ? 1 : 2;
  for (const Setting& setting : settings_table())
    if (distance(name, setting.name) <= most) return &setting;
  return nullptr;
}

std::optional<double> parse_number(std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || !std::isfinite(value)) return std::nullopt;
  return value;
}

std::optional<bool> parse_boolean(std::string_view text) {
  if (text == "true" || text == "1" || text == "yes" || text == "on") return true;
  if (text == "false" || text == "0" || text == "no" || text == "off") return false;
  return std::nullopt;
}

bool is_choice(std::string_view text, std::string_view words) {
  while (!words.empty()) {
    const auto bar = words.find('|');
    if (words.substr(0, bar) == text) return true;
    words = bar == std::string_view::npos ? std::string_view() : words.substr(bar + 1);
  }
  return false;
}

std::string plain(double value) {
  std::array<char, 32> text{};
  const auto end = std::to_chars(text.data(), text.data() + text.size(), value, std::chars_format::fixed).ptr;
  return {text.data(), end};
}

/// Why `value` will not do for `setting`; empty when it will. An empty value means "not set" and always will.
std::string objection(const Setting& setting, std::string_view value) {
  if (value.empty()) return {};
  std::optional<double> number;
  switch (setting.type) {
    case Type::text:
    case Type::path:
    case Type::secret:
      return {};
    case Type::choice:
      return is_choice(value, setting.unit) ? "" : "must be one of " + std::string(setting.unit);
    case Type::boolean:
      return parse_boolean(value) ? "" : "must be true or false";
    case Type::milliseconds:
      number = parse_duration(value);
      if (!number) return "must be a duration such as 1500 (ms), 90s, 15m or 2h";
      break;
    case Type::integer:
    case Type::number:
      number = parse_number(value);
      if (!number) return "must be a number";
      if (setting.type == Type::integer && *number != std::floor(*number)) return "must be a whole number";
      break;
  }
  if ((setting.least != 0 || setting.most != 0) && (*number < setting.least || *number > setting.most))
    return "must be from " + plain(setting.least) + " to " + plain(setting.most);
  return {};
}

struct Reading {
  std::string source;
  std::vector<std::pair<std::string, std::string>> values;
};

std::vector<std::pair<std::string, std::string>> pairs(const std::map<std::string, std::string>& values) {
  return {values.begin(), values.end()};
}

}  // namespace

std::optional<double> parse_duration(std::string_view text) {
  constexpr std::array<std::pair<std::string_view, double>, 4> units = {
      {{"ms", 1}, {"s", 1000}, {"m", 60'000}, {"h", 3'600'000}}};
  for (const auto& [suffix, factor] : units) {
    if (!text.ends_with(suffix)) continue;
    const auto number = parse_number(text.substr(0, text.size() - suffix.size()));
    return number ? std::optional(*number * factor) : std::nullopt;
  }
  return parse_number(text);
}

Result<Settings> Settings::load(const Sources& sources) {
  std::vector<Reading> readings;  // strongest first
  readings.push_back({"flag", pairs(sources.flags)});
  readings.push_back({"environment", pairs(sources.environment)});
  for (const char* name : {".env.local", ".env"}) {
    auto values = read_env_file(sources.directory / name);
    if (!values) return std::move(values.error()).while_doing("reading the settings");
    readings.push_back({name, *std::move(values)});
  }

  Settings settings;
  std::string objections;
  const auto object = [&](std::string_view name, std::string_view source, const std::string& reason) {
    objections +=
        (objections.empty() ? "" : "\n") + std::string(name) + " (" + std::string(source) + "): " + reason;
  };
  for (const Reading& reading : readings) {
    std::map<std::string, std::string, std::less<>> of_this_source;  // in a file the last assignment counts
    for (const auto& [name, value] : reading.values) of_this_source[name] = value;
    for (const auto& [name, value] : of_this_source) {
      const Setting* setting = find_setting(name);
      if (setting == nullptr) {
        if (const Setting* meant = nearly(name)) {
          object(name, reading.source, "no such setting; did you mean " + std::string(meant->name) + "?");
        } else if (reading.source == "flag") {
          object(name, reading.source, "no such setting; `reelspool config` lists them");
        }
        settings.raw_.try_emplace(name, value);
        continue;
      }
      if (const std::string reason = objection(*setting, value); !reason.empty())
        object(name, reading.source, "\"" + value + "\" " + reason);
      if (!value.empty())
        settings.values_.try_emplace(std::string(setting->name), Value{value, reading.source});
    }
  }
  if (!objections.empty()) return make_error(ErrorClass::invalid_request, objections);
  for (const Setting& setting : settings_table())
    settings.values_.try_emplace(std::string(setting.name), Value{std::string(setting.standard), "default"});
  return settings;
}

std::string Settings::text(std::string_view name) const {
  const auto found = values_.find(name);
  assert(found != values_.end() && "not in the settings table");
  return found == values_.end() ? std::string() : found->second.text;
}

std::filesystem::path Settings::path(std::string_view name) const {
  const std::string value = text(name);
  return value.empty() ? std::filesystem::path() : std::filesystem::absolute(value).lexically_normal();
}

std::int64_t Settings::integer(std::string_view name) const {
  return static_cast<std::int64_t>(number(name));
}

double Settings::number(std::string_view name) const {
  return parse_number(text(name)).value_or(0);
}

bool Settings::boolean(std::string_view name) const {
  return parse_boolean(text(name)).value_or(false);
}

std::chrono::milliseconds Settings::duration(std::string_view name) const {
  return std::chrono::milliseconds(static_cast<std::int64_t>(parse_duration(text(name)).value_or(0)));
}

std::vector<Settings::Effective> Settings::effective() const {
  std::vector<Effective> all;
  for (const Setting& setting : settings_table()) {
    const Value& value = values_.find(setting.name)->second;
    const bool hidden = setting.type == Type::secret && !value.text.empty();
    all.push_back({&setting, hidden ? "********" : value.text, value.source});
  }
  return all;
}

std::string Settings::raw(std::string_view name) const {
  const auto found = raw_.find(name);
  return found == raw_.end() ? std::string() : found->second;
}

}  // namespace reelspool
