#include "worker/cli/plugin_text.hpp"

#include <vector>

#include "worker/config/legible.hpp"

namespace reelspool {
namespace {

bool of_this_machine(const Plugin& plugin) {
  return !plugin.hash.empty();
}

std::string listed(const std::vector<std::string>& words) {
  std::string list;
  for (const auto& word : words) list += (list.empty() ? "" : ", ") + word;
  return list;
}

/// "  secrets    FAL_KEY"; nothing for nothing.
std::string row(const std::string& what, const std::string& value) {
  constexpr std::size_t column = 12;
  if (value.empty()) return "";
  const std::string gap(what.size() < column ? column - what.size() : 1, ' ');
  return "  " + what + gap + legible_line(value) + "\n";
}

/// "width 16 to 4096; prompt at most 20 characters; style one of flat, deep"
std::string limits_of(const Json& limits) {
  std::string text;
  for (const auto& [field, limit] : limits.items()) {
    text += (text.empty() ? "" : "; ") + field;
    if (limit.contains("min") && limit.contains("max"))
      text += " " + to_text(limit["min"]) + " to " + to_text(limit["max"]);
    else if (limit.contains("min"))
      text += " at least " + to_text(limit["min"]);
    else if (limit.contains("max"))
      text += " at most " + to_text(limit["max"]);
    if (limit.contains("max_chars")) text += " at most " + to_text(limit["max_chars"]) + " characters";
    if (limit.contains("one_of")) text += " one of " + to_text(limit["one_of"]);
  }
  return text;
}

}  // namespace

std::string kinds_of(const Manifest& manifest) {
  std::string kinds;
  for (const auto& [kind, offer] : manifest.kinds) kinds += (kinds.empty() ? "" : ", ") + kind;
  return kinds;
}

std::string standing(const Plugin& plugin) {
  if (plugin.shipped) return "shipped";
  return plugin.allowed ? "allowed" : "waits: reelspool plugin allow " + plugin.manifest.name;
}

std::string plugin_text(const Plugin& plugin) {
  const Manifest& manifest = plugin.manifest;
  std::string text = manifest.name + " " + legible_line(manifest.version);
  if (of_this_machine(plugin)) text += "  (" + standing(plugin) + ")";
  text += "\n";
  for (const auto& [kind, offer] : manifest.kinds) {
    text += row("makes", kind);
    text += row("  models", listed(offer.models));
    text += row("  languages", listed(offer.languages));
    text += row("  limits", limits_of(offer.limits));
    if (!offer.cost.empty()) text += row("  cost", to_text(offer.cost));
    text += row("  place", std::to_string(offer.order) + " in the default chain, lowest first");
  }
  text += row("hosts", listed(manifest.hosts));
  text += row("secrets", listed(manifest.secrets));
  text += row("settings", listed(manifest.settings));
  text += row("scripts", listed(manifest.scripts));
  text += row("file", plugin.found.string());
  return text;
}

Json plugin_json(const Plugin& plugin) {
  Json kinds = Json::object();
  for (const auto& [kind, offer] : plugin.manifest.kinds)
    kinds[kind] = {{"languages", offer.languages},
                   {"models", offer.models},
                   {"limits", offer.limits},
                   {"cost", offer.cost},
                   {"order", offer.order}};
  Json json = {{"name", plugin.manifest.name},
               {"version", plugin.manifest.version},
               {"kinds", kinds},
               {"settings", plugin.manifest.settings},
               {"secrets", plugin.manifest.secrets},
               {"hosts", plugin.manifest.hosts},
               {"scripts", plugin.manifest.scripts},
               {"file", plugin.found.string()}};
  if (of_this_machine(plugin)) {
    json["shipped"] = plugin.shipped;
    json["allowed"] = plugin.allowed;
  }
  return json;
}

}  // namespace reelspool
