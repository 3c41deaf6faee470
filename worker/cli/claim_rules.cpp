#include "worker/cli/claim_rules.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "worker/config/limit_list.hpp"

namespace reelspool {
namespace {

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

/// "clip=10/60s"
std::optional<ClaimLimit> start_limit(const std::string& word) {
  const auto limit = read_limit(word);
  if (!limit || !limit->per) return std::nullopt;
  return ClaimLimit{.types = types_of(limit->name), .starts = limit->count, .per = *limit->per};
}

}  // namespace

Result<ClaimRules> claim_rules(const Settings& settings) {
  ClaimRules rules;
  if (const std::string limits = settings.text("START_LIMITS"); limits != "none")
    for (const std::string& part : words_of(limits)) {
      const auto limit = start_limit(part);
      if (!limit)
        return bad_field("START_LIMITS",
                         "'" + part + "' is no limit; write \"clip=10/60s, speech=5/1s\", or none");
      rules.limits.push_back(*limit);
    }
  for (const KindLimit& limit : kind_limits)
    rules.limits.push_back(
        {.types = types_of(limit.kind), .at_once = static_cast<int>(settings.integer(limit.setting))});
  for (const std::string& word : words_of(settings.text("ENABLE_WORKERS")))
    for (std::string& type : types_of(word)) rules.only_types.push_back(std::move(type));
  return rules;
}

}  // namespace reelspool
