#pragma once

#include <array>
#include <string>
#include <string_view>

namespace reelspool {

/// Where a video's sound comes from (REQUIREMENTS S1): one row a mode, and the pipeline asks nothing but the
/// row.
struct AudioMode {
  enum class Narration { none, wanted, needed };  ///< wanted: made unless ENABLE_TTS is false
  enum class ClipSound { dropped, kept, ducked };

  std::string_view name;   ///< as `brief.audio_mode`
  std::string_view alias;  ///< read as well; empty: none
  Narration narration;
  ClipSound clip_sound;
  bool music_without_asking;  ///< music also where the brief says nothing about it
  std::string_view lacking;   ///< empty: offered; else what it needs that is not there
};

/// To add a mode: add a row, and give the pipeline what the row's values do not say yet.
inline constexpr std::array<AudioMode, 4> audio_modes = {{
    {"voiceover", "tts", AudioMode::Narration::needed, AudioMode::ClipSound::dropped, true, ""},
    {"music_only", "music", AudioMode::Narration::none, AudioMode::ClipSound::dropped, true, ""},
    {"raw", "", AudioMode::Narration::none, AudioMode::ClipSound::kept, false,
     "it needs a video provider whose clips speak, and none is there yet"},
    {"hybrid", "", AudioMode::Narration::wanted, AudioMode::ClipSound::ducked, true,
     "it needs a video provider whose clips have sound, and none is there yet"},
}};

/// The mode of a name or alias; null for an unknown one.
const AudioMode* find_audio_mode(std::string_view name);

/// "voiceover, music_only, raw or hybrid"
std::string known_audio_modes();

/// Whether the mode has narration, given ENABLE_TTS.
bool is_narrated(const AudioMode& mode, bool tts_enabled);

}  // namespace reelspool
