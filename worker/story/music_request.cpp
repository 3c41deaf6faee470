#include "worker/story/music_request.hpp"

#include "worker/story/fields.hpp"

namespace reelspool {

std::optional<MusicRequest> read_music_request(const Fields& fields, const AudioMode& mode) {
  constexpr std::size_t most_words = 100, most_instructions = 1000;
  MusicRequest music;
  music.mood = fields.text({"music_mood"}, most_words).value_or("");
  music.genre = fields.text({"music_genre"}, most_words).value_or("");

  const Fields::Found found = fields.find({"music", "background_music"});
  if (!found) return mode.music_without_asking || !music.mood.empty() ? std::optional(music) : std::nullopt;
  if (found.value->is_boolean()) return found.value->get<bool>() ? std::optional(music) : std::nullopt;
  if (found.value->is_string()) {
    music.mood = fields.text({"music", "background_music"}, most_words).value_or("");
    return music.mood == "none" ? std::nullopt : std::optional(music);
  }
  if (!found.value->is_object()) {
    fields.problems().add(found.path,
                          "must be true, false, a mood such as \"calm\", or an object with `mood`");
    return std::nullopt;
  }
  const Fields object(*found.value, found.path, fields.problems());
  if (object.boolean({"enabled"}) == false) return std::nullopt;
  music.mood = object.text({"mood"}, most_words).value_or(music.mood);
  music.genre = object.text({"genre"}, most_words).value_or(music.genre);
  music.instructions = object.text({"instructions", "prompt"}, most_instructions).value_or("");
  return music;
}

}  // namespace reelspool
