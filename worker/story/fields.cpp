#include "worker/story/fields.hpp"

#include <algorithm>
#include <array>
#include <cassert>
#include <charconv>
#include <cmath>
#include <cstdio>

#include "worker/story/unicode.hpp"

namespace reelspool {
namespace {

constexpr std::size_t most_listed = 20;

const Json& empty_object() {
  static const Json object = Json::object();
  return object;
}

/// "spokenText" of "spoken_text".
std::string camel(std::string_view snake) {
  std::string name;
  for (std::size_t i = 0; i < snake.size(); ++i) {
    const bool up = snake[i] == '_' && i + 1 < snake.size() && snake[i + 1] >= 'a' && snake[i + 1] <= 'z';
    name += up ? static_cast<char>(snake[++i] - 'a' + 'A') : snake[i];
  }
  return name;
}

std::string plain(double value) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%g", value);
  return text.data();
}

std::string should_be(std::string_view wanted, const Json& value) {
  return "must be " + std::string(wanted) + ", not " + std::string(type_name(value));
}

std::optional<double> parse_seconds(std::string_view text) {
  if (text.ends_with('s')) text.remove_suffix(1);
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || !std::isfinite(value)) return std::nullopt;
  return value;
}

}  // namespace

std::string_view type_name(const Json& value) {
  switch (value.type()) {
    case Json::value_t::null:
      return "null";
    case Json::value_t::object:
      return "an object";
    case Json::value_t::array:
      return "a list";
    case Json::value_t::string:
      return "a string";
    case Json::value_t::boolean:
      return "true or false";
    default:
      return "a number";
  }
}

std::string excerpt(std::string_view text, std::size_t most) {
  if (text.size() <= most) return std::string(text);
  while (most > 0 && (static_cast<unsigned char>(text[most]) & 0xC0) == 0x80) --most;
  return std::string(text.substr(0, most)) + "...";
}

Error Problems::summary() const {
  assert(!errors_.empty());
  Error error = errors_.front();
  if (errors_.size() == 1) return error;
  const std::size_t others = errors_.size() - 1;
  error.message +=
      " (and " + std::to_string(others) + " more: " + errors_[1].field + (others > 1 ? ", ...)" : ")");
  for (std::size_t i = 0; i < std::min(errors_.size(), most_listed); ++i)
    error.details += errors_[i].message + "\n";
  if (errors_.size() > most_listed)
    error.details += "and " + std::to_string(errors_.size() - most_listed) + " more\n";
  return error;
}

Fields::Fields(const Json& object, std::string path, Problems& problems) : problems_(&problems) {
  if (!object.is_object() && !object.is_null()) problems.add(path, should_be("an object", object));
  places_.push_back({object.is_object() ? &object : &empty_object(), std::move(path)});
}

Fields Fields::then(const Fields& next) const {
  Fields both = *this;
  both.places_.insert(both.places_.end(), next.places_.begin(), next.places_.end());
  return both;
}

Fields::Found Fields::find(Names names) const {
  for (const Place& place : places_) {
    for (const std::string_view name : names) {
      for (const std::string& spelling : {std::string(name), camel(name)}) {
        const auto found = place.object->find(spelling);
        if (found != place.object->end() && !found->is_null()) return {&*found, place.path + "." + spelling};
      }
    }
  }
  return {};
}

std::optional<std::string> Fields::text(Names names, std::size_t most) const {
  const Found found = find(names);
  if (!found) return std::nullopt;
  if (!found.value->is_string()) {
    problems_->add(found.path, should_be("a string", *found.value));
    return std::nullopt;
  }
  const auto& text = found.value->get_ref<const std::string&>();
  if (const std::size_t length = count_characters(text); length > most) {
    problems_->add(found.path,
                   std::to_string(length) + " characters; at most " + std::to_string(most) + " are taken");
    return std::nullopt;
  }
  return text;
}

std::optional<bool> Fields::boolean(Names names) const {
  const Found found = find(names);
  if (!found) return std::nullopt;
  if (found.value->is_boolean()) return found.value->get<bool>();
  problems_->add(found.path, should_be("true or false", *found.value));
  return std::nullopt;
}

std::optional<double> Fields::number(Names names, double least, double most) const {
  const Found found = find(names);
  if (!found) return std::nullopt;
  if (!found.value->is_number()) {
    problems_->add(found.path, should_be("a number", *found.value));
    return std::nullopt;
  }
  const auto value = found.value->get<double>();
  if (value >= least && value <= most) return value;
  problems_->add(found.path, plain(value) + " is not from " + plain(least) + " to " + plain(most));
  return std::nullopt;
}

std::optional<std::int64_t> Fields::integer(Names names, std::int64_t least, std::int64_t most) const {
  const auto value = number(names, static_cast<double>(least), static_cast<double>(most));
  if (!value) return std::nullopt;
  if (*value == std::floor(*value)) return static_cast<std::int64_t>(*value);
  problems_->add(find(names).path, plain(*value) + " is no whole number");
  return std::nullopt;
}

std::optional<double> Fields::seconds(Names names, double least, double most) const {
  const Found found = find(names);
  if (!found) return std::nullopt;
  std::optional<double> value;
  if (found.value->is_number()) value = found.value->get<double>();
  if (found.value->is_string()) value = parse_seconds(found.value->get_ref<const std::string&>());
  if (!value) {
    problems_->add(found.path, "must be a number of seconds, as 8 or \"8s\"");
  } else if (!(*value >= least && *value <= most)) {
    problems_->add(found.path,
                   plain(*value) + " s is not from " + plain(least) + " to " + plain(most) + " s");
    value.reset();
  }
  return value;
}

Fields Fields::object(Names names) const {
  const Found found = find(names);
  if (!found) return Fields(empty_object(), path_of(*names.begin()), *problems_);
  return Fields(*found.value, found.path, *problems_);
}

Fields::Found Fields::array(Names names) const {
  Found found = find(names);
  if (!found || found.value->is_array()) return found;
  problems_->add(found.path, should_be("a list", *found.value));
  return {};
}

}  // namespace reelspool
