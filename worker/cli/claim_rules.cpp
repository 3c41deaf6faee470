#include "worker/cli/claim_rules.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "worker/config/duration.hpp"

namespace reelspool {
namespace {

using std::chrono::milliseconds;

/// The types of job that make one thing of one kind, and the names under which other programs submit them
/// (REQUIREMENTS T4, T10).
struct SingleKind {
  std::string_view kind;
  std::array<std::string_view, 3> names;
};
constexpr std::array<SingleKind, 9> single_kinds = {{
    {"speech", {"speech", "tts", "tts_elevenlabs"}},
    {"image", {"image", "gen_image_falai", ""}},
    {"video", {"video", "gen_video_falai", ""}},
    {"video", {"clip", "generate-video", "video-generation"}},
    {"lip_sync", {"lip_sync", "lip_sync_lypsso", ""}},
    {"music", {"music", "gen_music_elevenlabs", ""}},
    {"sound_effect", {"sound_effect", "gen_sound_effects_elevenlabs", ""}},
    {"speech_to_speech", {"speech_to_speech", "", ""}},
    {"render", {"render", "render_shotstack", ""}},
}};

struct KindLimit {
  std::string_view kind;
  std::string_view setting;
};
constexpr std::array<KindLimit, 5> kind_limits = {{{"speech", "MAX_CONCURRENT_SPEECH"},
                                                   {"image", "MAX_CONCURRENT_IMAGE"},
                                                   {"video", "MAX_CONCURRENT_VIDEO"},
                                                   {"music", "MAX_CONCURRENT_MUSIC"},
                                                   {"sound_effect", "MAX_CONCURRENT_SOUND_EFFECT"}}};

/// All names of the types that `word` (a kind, a type, or another name of one) stands for.
std::vector<std::string> types_of(std::string_view word) {
  std::vector<std::string> types;
  for (const SingleKind& single : single_kinds) {
    const bool is_named = std::find(single.names.begin(), single.names.end(), word) != single.names.end();
    if (word != single.kind && !is_named) continue;
    for (const std::string_view name : single.names)
      if (!name.empty()) types.emplace_back(name);
  }
  if (types.empty()) types.emplace_back(word);
  return types;
}

std::vector<std::string> parts_of(const std::string& list) {
  std::vector<std::string> parts;
  for (std::size_t at = 0; at <= list.size();) {
    const std::size_t comma = std::min(list.find(',', at), list.size());
    std::string part = list.substr(at, comma - at);
    std::erase_if(part, [](char c) { return c == ' ' || c == '\t'; });
    if (!part.empty()) parts.push_back(std::move(part));
    at = comma + 1;
  }
  return parts;
}

/// "clip=10/60s"
std::optional<ClaimLimit> start_limit(const std::string& part) {
  const std::size_t equals = part.find('='), slash = part.find('/');
  if (equals == std::string::npos || slash == std::string::npos || equals == 0 || slash < equals)
    return std::nullopt;
  ClaimLimit limit;
  limit.types = types_of(std::string_view(part).substr(0, equals));
  const char* const last = part.data() + slash;
  const auto [end, problem] = std::from_chars(part.data() + equals + 1, last, limit.starts);
  const auto per = parse_duration(std::string_view(part).substr(slash + 1));
  constexpr int most_starts = 100'000;
  constexpr double longest_ms = 90.0 * 24 * 3600 * 1000;  // as long as the store remembers anything
  if (problem != std::errc() || end != last || limit.starts < 1 || limit.starts > most_starts || !per ||
      *per < 1 || *per > longest_ms)
    return std::nullopt;
  limit.per = milliseconds(static_cast<std::int64_t>(*per));
  return limit;
}

}  // namespace

Result<ClaimRules> claim_rules(const Settings& settings) {
  ClaimRules rules;
  if (const std::string limits = settings.text("START_LIMITS"); limits != "none")
    for (const std::string& part : parts_of(limits)) {
      const auto limit = start_limit(part);
      if (!limit)
        return bad_field("START_LIMITS",
                         "'" + part + "' is no limit; write \"clip=10/60s, speech=5/1s\", or none");
      rules.limits.push_back(*limit);
    }
  for (const KindLimit& limit : kind_limits)
    rules.limits.push_back(
        {.types = types_of(limit.kind), .at_once = static_cast<int>(settings.integer(limit.setting))});
  for (const std::string& word : parts_of(settings.text("ENABLE_WORKERS")))
    for (std::string& type : types_of(word)) rules.only_types.push_back(std::move(type));
  return rules;
}

}  // namespace reelspool
