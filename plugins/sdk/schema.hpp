#pragma once

/// Whether JSON is what a schema asks for: the part of JSON Schema that structured output uses (type, enum, const,
/// properties, required, additionalProperties, items, minItems, maxItems, minimum, maximum, anyOf). Other words are passed
/// over. A model that promises to follow a schema is believed only after this.

#include <algorithm>
#include <string>
#include <string_view>

#include "plugins/sdk/provider.hpp"

namespace reelspool::sdk {

inline bool is_of_type(const Json& json, std::string_view type) {
  if (type == "object") return json.is_object();
  if (type == "array") return json.is_array();
  if (type == "string") return json.is_string();
  if (type == "boolean") return json.is_boolean();
  if (type == "null") return json.is_null();
  if (type == "number") return json.is_number();
  if (type == "integer") return json.is_number_integer();
  return true;
}

/// Empty when it follows the schema; else where it does not and why: "scenes/0/role: is none of [...]".
inline std::string schema_violation(const Json& json, const Json& schema, const std::string& where = "") {
  if (!schema.is_object()) return "";
  const auto complaint = [&](const std::string& what) {
    return (where.empty() ? "the answer" : where) + ": " + what;
  };
  const auto rule = [&](const char* name) { return schema.value(name, Json()); };

  const Json types = rule("type").is_string() ? Json::array({rule("type")}) : rule("type");
  if (types.is_array() && std::none_of(types.begin(), types.end(), [&](const Json& type) {
        return type.is_string() && is_of_type(json, type.get_ref<const std::string&>());
      }))
    return complaint("is no " + to_text(rule("type")));
  const Json choices = schema.contains("const") ? Json::array({rule("const")}) : rule("enum");
  if (choices.is_array() && std::find(choices.begin(), choices.end(), json) == choices.end())
    return complaint("is none of " + to_text(choices).substr(0, 200));
  if (const Json any = rule("anyOf"); any.is_array()) {
    std::string last;
    for (const Json& one : any)
      if (last = schema_violation(json, one, where); last.empty()) break;
    if (!last.empty()) return last;
  }
  if (json.is_number()) {
    if (const Json least = rule("minimum"); least.is_number() && json.get<double>() < least.get<double>())
      return complaint("is less than " + to_text(least));
    if (const Json most = rule("maximum"); most.is_number() && json.get<double>() > most.get<double>())
      return complaint("is more than " + to_text(most));
  }
  if (json.is_array()) {
    if (const Json least = rule("minItems");
        least.is_number() && static_cast<double>(json.size()) < least.get<double>())
      return complaint("has fewer than " + to_text(least) + " items");
    if (const Json most = rule("maxItems");
        most.is_number() && static_cast<double>(json.size()) > most.get<double>())
      return complaint("has more than " + to_text(most) + " items");
    for (std::size_t i = 0; i < json.size(); ++i)
      if (std::string bad = schema_violation(json[i], rule("items"), where + "/" + std::to_string(i));
          !bad.empty())
        return bad;
  }
  if (!json.is_object()) return "";
  for (const Json& name : rule("required").is_array() ? rule("required") : Json::array())
    if (name.is_string() && !json.contains(name.get<std::string>()))
      return complaint("lacks " + to_text(name));
  const Json members = rule("properties");
  for (const auto& [name, value] : json.items()) {
    if (members.is_object() && members.contains(name)) {
      if (std::string bad = schema_violation(value, members[name], where + "/" + name); !bad.empty())
        return bad;
    } else if (rule("additionalProperties") == false) {
      return complaint("has \"" + name + "\", which the schema does not");
    }
  }
  return "";
}

}  // namespace reelspool::sdk
