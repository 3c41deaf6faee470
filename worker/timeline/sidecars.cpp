#include "worker/timeline/sidecars.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

namespace reelspool {
namespace {

/// "00:00:03,250": the comma is SubRip's, WebVTT has a point.
std::string time_text(double seconds, char point) {
  const auto ms = static_cast<long long>(std::llround(std::max(seconds, 0.0) * 1000));
  std::array<char, 40> text{};
  std::snprintf(text.data(), text.size(), "%02lld:%02lld:%02lld%c%03lld", ms / 3'600'000, ms / 60'000 % 60,
                ms / 1000 % 60, point, ms % 1000);
  return text.data();
}

/// The lines of a cue. None of them is empty: an empty line would end it.
std::string plain_text(const Cue& cue, bool escapes) {
  std::string text;
  for (const auto& line : cue.lines) {
    std::string one;
    for (const CaptionWord& word : line) {
      if (!one.empty() && !word.glued) one += ' ';
      for (const char c : word.text) {
        if (static_cast<unsigned char>(c) < ' ') continue;
        if (escapes && c == '&')
          one += "&amp;";
        else if (escapes && c == '<')
          one += "&lt;";
        else if (escapes && c == '>')
          one += "&gt;";
        else if (c != '<' && c != '>')
          one += c;
      }
    }
    if (one.find_first_not_of(' ') != std::string::npos) text += (text.empty() ? "" : "\n") + one;
  }
  return text;
}

std::vector<Cue> in_order(const std::vector<CaptionTrack>& tracks) {
  std::vector<Cue> cues;
  for (const CaptionTrack& track : tracks) cues.insert(cues.end(), track.cues.begin(), track.cues.end());
  std::stable_sort(cues.begin(), cues.end(),
                   [](const Cue& a, const Cue& b) { return a.start_s < b.start_s; });
  return cues;
}

std::string write(const std::vector<CaptionTrack>& tracks, char point, bool is_vtt) {
  std::string text = is_vtt ? "WEBVTT\n\n" : "";
  int number = 0;
  for (const Cue& cue : in_order(tracks)) {
    const std::string words = plain_text(cue, is_vtt);
    if (words.empty()) continue;
    text += std::to_string(++number) + "\n" + time_text(cue.start_s, point) + " --> " +
            time_text(cue.end_s, point) + "\n" + words + "\n\n";
  }
  return text;
}

}  // namespace

std::string write_srt(const std::vector<CaptionTrack>& tracks) {
  return write(tracks, ',', false);
}

std::string write_vtt(const std::vector<CaptionTrack>& tracks) {
  return write(tracks, '.', true);
}

}  // namespace reelspool
