#include "worker/timeline/render_tracks.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "worker/story/narration.hpp"
#include "worker/story/words.hpp"

namespace reelspool {
namespace {

constexpr std::size_t most_entries = 2000;  // of one track: what is more was made by a mistake

/// Calls `read` with each entry of a track that is an object.
template <class Read>
void for_each_entry(const Fields& tracks, Fields::Names names, Read read) {
  const Fields::Found list = tracks.array(names);
  if (!list) return;
  if (list.value->size() > most_entries) {
    tracks.problems().add(list.path, "has more than " + std::to_string(most_entries) + " entries");
    return;
  }
  for (std::size_t i = 0; i < list.value->size(); ++i) {
    const std::string path = list.path + "[" + std::to_string(i) + "]";
    const Json& entry = (*list.value)[i];
    if (entry.is_object())
      read(Fields(entry, path, tracks.problems()), path);
    else
      tracks.problems().add(path, "must be an object, not " + std::string(type_name(entry)));
  }
}

SoundRequest read_sound(const Fields& fields, const std::string& path, Sound::Sort sort,
                        const MediaRules& rules) {
  SoundRequest request;
  request.field = path;
  Sound& sound = request.sound;
  sound.sort = sort;
  const double start_s = fields.seconds({"start"}, 0, longest_video_s).value_or(0);
  sound.at = std::llround(start_s * samples_per_second);
  sound.from_s = fields.seconds({"trim"}, 0, longest_video_s).value_or(0);
  sound.for_s = fields.seconds({"duration"}, 0.01, longest_video_s);
  sound.speed = fields.number({"speed"}, 0.25, 4).value_or(1);
  sound.gain_db = fields.number({"gain_db"}, -60, 20).value_or(0);
  sound.fade_in_s = fields.seconds({"fade_in"}, 0, 60);
  sound.fade_out_s = fields.seconds({"fade_out"}, 0, 60);
  if (auto source = read_source(fields, rules, false)) request.source = *std::move(source);
  return request;
}

/// When something is seen: `start`, and `end` or `duration`.
struct Seen {
  double start_s = 0, end_s = 0;
};
std::optional<Seen> read_seen(const Fields& fields, const std::string& path) {
  const double start_s = fields.seconds({"start"}, 0, longest_video_s).value_or(0);
  const auto end_s = fields.seconds({"end"}, 0, longest_video_s);
  const auto length_s = fields.seconds({"duration"}, 0.01, longest_video_s);
  if (!end_s && !length_s) {
    fields.problems().add(path, "has no end; give `end` or `duration`");
    return std::nullopt;
  }
  const double until_s = end_s.value_or(start_s + length_s.value_or(0));
  if (until_s <= start_s) {
    fields.problems().add(fields.find({"end"}).path, "is not after its start");
    return std::nullopt;
  }
  return Seen{start_s, until_s};
}

/// The text of an entry; its line breaks are kept when `lines`.
std::string read_words(const Fields& fields, bool lines, RenderRequest& request) {
  const auto text = fields.text({"text"}, most_text_characters);
  if (!text) {
    if (!fields.find({"text"})) fields.problems().add(fields.path_of("text"), "is missing");
    return {};
  }
  std::string clean;
  for (std::size_t begin = 0; begin <= text->size();) {
    const std::size_t end = lines ? std::min(text->find('\n', begin), text->size()) : text->size();
    clean += (begin > 0 ? "\n" : "") + fold_spaces(text->substr(begin, end - begin));
    begin = end + 1;
  }
  request.drawn.push_back({fields.find({"text"}).path, clean});
  return clean;
}

/// A text that stands for a while: one cue, a word for each line.
Cue standing(const std::string& text, Seen seen) {
  Cue cue{{}, seen.start_s, seen.end_s};
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    cue.lines.push_back({{text.substr(begin, end - begin), seen.start_s, seen.end_s, false}});
    begin = end + 1;
  }
  return cue;
}

/// The words of a caption: at the times that `words` gives, or each with its share of the whole.
std::vector<TimedWord> timed_words(const Fields& fields, const std::string& text, Seen seen) {
  std::vector<TimedWord> words;
  const Fields::Found list = fields.array({"words"});
  for (std::size_t i = 0; list && i < list.value->size(); ++i) {
    const Fields word((*list.value)[i], list.path + "[" + std::to_string(i) + "]", fields.problems());
    words.push_back({fold_spaces(word.text({"text", "word"}, 200).value_or("")),
                     word.seconds({"start"}, 0, longest_video_s).value_or(seen.start_s) - seen.start_s,
                     word.seconds({"end"}, 0, longest_video_s).value_or(seen.end_s) - seen.start_s});
  }
  const double seconds = seen.end_s - seen.start_s;
  words = list ? sound_times(std::move(words), seconds) : spread_words(text, seconds);
  for (TimedWord& word : words) {
    word.start_s += seen.start_s;
    word.end_s += seen.start_s;
  }
  return words;
}

CaptionTrack read_captions(const Fields& timeline, const Fields& tracks, RenderRequest& request) {
  CaptionStyle usual;  // REQUIREMENTS T8, render
  usual.font_size = 28;
  usual.background = Colour{};
  usual.mode = CaptionStyle::Mode::plain;
  CaptionTrack track{read_caption_style(timeline.object({"caption_style"}), usual), {}};
  for_each_entry(tracks, {"captions"}, [&](const Fields& fields, const std::string& path) {
    const auto seen = read_seen(fields, path);
    const std::string text = read_words(fields, false, request);
    if (!seen || text.empty()) return;
    const auto words = timed_words(fields, text, *seen);
    auto cues = track.style.mode == CaptionStyle::Mode::pop
                    ? make_word_cues(words)
                    : make_cues(words, caption_room(track.style, request.canvas.frame));
    for (Cue& cue : cues) {
      cue.end_s = std::min(cue.end_s, seen->end_s);
      if (cue.end_s > cue.start_s) track.cues.push_back(std::move(cue));
    }
  });
  return track;
}

}  // namespace

std::optional<MediaSource> read_source(const Fields& fields, const MediaRules& rules, bool is_picture) {
  const auto path = fields.text({"src"}, is_picture ? rules.most_picture_bytes * 2 : 4096);
  if (!path) {
    if (!fields.find({"src"})) fields.problems().add(fields.path_of("src"), "is missing; give a path");
    return std::nullopt;
  }
  const std::string field = fields.find({"src"}).path;
  auto source =
      is_picture ? read_picture_source(*path, field, rules) : read_media_source(*path, field, rules);
  if (source) return *std::move(source);
  fields.problems().add(std::move(source.error()));
  return std::nullopt;
}

void read_sounds(const Fields& tracks, const MediaRules& rules, RenderRequest& request) {
  struct Track {
    const char* name;
    Sound::Sort sort;
  };
  for (const Track& track : {Track{"voice", Sound::Sort::voice}, Track{"effects", Sound::Sort::effect},
                             Track{"music", Sound::Sort::music}})
    for_each_entry(tracks, {track.name}, [&](const Fields& fields, const std::string& path) {
      request.sounds.push_back(read_sound(fields, path, track.sort, rules));
    });
}

void read_texts(const Fields& timeline, const Fields& tracks, RenderRequest& request) {
  for_each_entry(tracks, {"text"}, [&](const Fields& fields, const std::string& path) {
    CaptionStyle usual;
    usual.font_size = 48;
    usual.position = CaptionStyle::Position::middle;
    usual.mode = CaptionStyle::Mode::plain;
    const auto seen = read_seen(fields, path);
    const std::string text = read_words(fields, true, request);
    if (!seen || text.empty()) return;
    request.captions.push_back(
        {read_caption_style(fields.object({"style"}), usual), {standing(text, *seen)}});
  });
  CaptionTrack captions = read_captions(timeline, tracks, request);
  if (!captions.cues.empty()) request.captions.push_back(std::move(captions));
}

}  // namespace reelspool
