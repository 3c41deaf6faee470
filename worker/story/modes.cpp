#include "worker/story/modes.hpp"

namespace reelspool {

const AudioMode* find_audio_mode(std::string_view name) {
  for (const AudioMode& mode : audio_modes)
    if (!name.empty() && (name == mode.name || name == mode.alias)) return &mode;
  return nullptr;
}

std::string known_audio_modes() {
  std::string names;
  for (std::size_t i = 0; i < audio_modes.size(); ++i)
    names += (i == 0 ? "" : i + 1 < audio_modes.size() ? ", " : " or ") + std::string(audio_modes[i].name);
  return names;
}

bool is_narrated(const AudioMode& mode, bool tts_enabled) {
  if (mode.narration == AudioMode::Narration::wanted) return tts_enabled;
  return mode.narration == AudioMode::Narration::needed;
}

}  // namespace reelspool
