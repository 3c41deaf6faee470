#include "worker/providers/reach.hpp"

#include <algorithm>
#include <cctype>
#include <utility>

namespace reelspool {
namespace {

constexpr std::string_view setting_opening = "${setting:";

/// NAME of "${setting:NAME}"; empty for anything else.
std::string_view setting_of(std::string_view entry) {
  if (!entry.starts_with(setting_opening) || !entry.ends_with('}')) return {};
  return entry.substr(setting_opening.size(), entry.size() - setting_opening.size() - 1);
}

std::vector<std::string> split(std::string_view list) {
  std::vector<std::string> words;
  std::string word;
  for (const char c : std::string(list) + ",") {
    if (c != ',' && c != ' ')
      word += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    else if (!word.empty())
      words.push_back(std::exchange(word, {}));
  }
  return words;
}

}  // namespace

std::string check_host_entry(std::string_view entry, const std::vector<std::string>& settings) {
  if (const auto name = setting_of(entry); !name.empty()) {
    const bool listed = std::find(settings.begin(), settings.end(), name) != settings.end();
    return listed ? "" : "has \"" + std::string(entry) + "\", which is not among settings";
  }
  std::string_view host = entry.starts_with("*.") ? entry.substr(2) : entry;
  const auto good = [](unsigned char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.';
  };
  const bool plain = !host.empty() && std::all_of(host.begin(), host.end(), good) && host.front() != '.' &&
                     host.back() != '.' && host.find('.') != std::string_view::npos &&
                     std::isalpha(static_cast<unsigned char>(host.back())) != 0;
  return plain ? ""
               : "has \"" + std::string(entry.substr(0, 100)) +
                     "\", which is no host name in lower case, no \"*.\" before one, and no ${setting:NAME}";
}

Result<Reach> Reach::of(const std::vector<std::string>& hosts,
                        const std::function<std::string(const std::string&)>& setting,
                        std::string_view private_hosts) {
  Reach reach;
  reach.private_ = split(private_hosts);
  for (const std::string& entry : hosts) {
    const std::string name(setting_of(entry));
    if (name.empty()) {
      reach.hosts_.push_back(entry);
      continue;
    }
    const std::string value = setting(name);
    if (value.empty()) continue;
    auto url = Url::parse(value);
    if (!url) return make_error(ErrorClass::unavailable, name + ": " + url.error().message);
    reach.origins_.push_back(std::move(*url));
  }
  return reach;
}

Result<bool> Reach::check(const Url& url) const {
  const auto is_listed = [&](const std::string& entry) {
    if (!entry.starts_with("*.")) return url.host == entry;
    return url.host.size() > entry.size() - 1 && url.host.ends_with(std::string_view(entry).substr(1));
  };
  const bool named = std::any_of(hosts_.begin(), hosts_.end(), is_listed);
  const bool listed = (named && url.scheme == "https" && url.port == 443) ||
                      std::any_of(origins_.begin(), origins_.end(),
                                  [&](const Url& origin) { return origin.same_origin(url); });
  const std::string host = url.host.find(':') == std::string::npos ? url.host : "[" + url.host + "]";
  const std::string place = host + ":" + std::to_string(url.port);
  if (!listed) {
    std::string list;
    for (const auto& entry : hosts_) list += (list.empty() ? "" : ", ") + entry;
    for (const auto& origin : origins_)
      list += (list.empty() ? "" : ", ") + origin.scheme + "://" + origin.host + ":" +
              std::to_string(origin.port);
    return make_error(ErrorClass::plugin_crashed,
                      url.scheme + "://" + place + " is not among the hosts of its manifest (" +
                          (list.empty() ? "none" : list) + (named ? "; by https on port 443" : "") + ")");
  }
  return std::any_of(private_.begin(), private_.end(), [&](const std::string& allowed) {
    return allowed == url.host || allowed == host || allowed == place;
  });
}

}  // namespace reelspool
