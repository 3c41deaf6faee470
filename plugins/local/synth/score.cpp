#include "plugins/local/synth/score.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "plugins/local/synth/moods.hpp"

namespace reelspool::synth {
namespace {

constexpr int slots = 16;  // sixteenths in a bar

template <class T>
const T& pick(const std::vector<T>& from, Chance& chance) {
  return from[chance.below(from.size())];
}

/// How much happens in each bar, 0-1: a part joins where the energy passes its own threshold.
std::vector<double> energies(int bars) {
  std::vector<double> energy(static_cast<std::size_t>(bars), 0.7);
  if (bars < 4) return energy;
  const int opening = bars >= 8 ? 2 : 1, closing = bars >= 12 ? 2 : 1;
  for (int bar = 0; bar < bars; ++bar) {
    double& level = energy[static_cast<std::size_t>(bar)];
    const int within = bar - opening;
    if (bar < opening) {
      level = 0.25 + 0.12 * bar;
    } else if (bar >= bars - closing) {
      level = 0.4;
    } else {
      // In turns of four bars: steady, full, full, and once in a while a rest.
      constexpr std::array<double, 8> turns{0.6, 0.8, 0.95, 0.7, 0.9, 0.4, 0.75, 1.0};
      level = turns[static_cast<std::size_t>(within / 4) % turns.size()];
    }
  }
  return energy;
}

class Composer {
 public:
  Composer(const Mood& mood, std::uint64_t seed, double seconds)
      : mood_(mood), chance_(seed ^ local::seed_of(mood.name)) {
    score_.seconds = seconds;
    score_.mode = mood.mode;
    score_.brightness = mood.brightness;
    score_.room = mood.room;
    constexpr std::array<int, 6> roots{60, 62, 63, 65, 67, 69};
    score_.key = {roots[chance_.below(roots.size())], mood.scale};
    set_tempo();
    choose();
  }

  Score compose() {
    const std::vector<double> energy = energies(bars_);
    for (int bar = 0; bar < bars_; ++bar)
      write_bar(bar, energy[static_cast<std::size_t>(bar)],
                bar + 1 < bars_ ? energy[static_cast<std::size_t>(bar) + 1] : 0);
    write_ending();
    std::ranges::stable_sort(score_.notes, {}, &Note::start_s);
    return std::move(score_);
  }

 private:
  /// Whole bars fill the time up to the last chord, which rings out to the end.
  void set_tempo() {
    const double wanted = chance_.between(mood_.slowest_bpm, mood_.fastest_bpm);
    const double ring = std::min(3.2, score_.seconds * 0.3);
    const double bar = 240 / wanted;
    bars_ = std::max(1, static_cast<int>(std::lround((score_.seconds - ring) / bar)));
    bar_s_ = (score_.seconds - ring) / bars_;
    slot_s_ = bar_s_ / slots;
    score_.tempo_bpm = 240 / bar_s_;
  }

  void choose() {
    const std::array<int, 4>& degrees = pick(mood_.progressions, chance_);
    for (int bar = 0; bar < bars_; ++bar) {
      const auto place = static_cast<std::size_t>(bar % 4);
      // A ninth on the first and the last of a round, a seventh anywhere but on V: colour without losing the way.
      const int degree = degrees[place];
      score_.chords.push_back(
          {degree, mood_.sevenths && degree != 4, mood_.ninths && (place == 0 || degree == 3)});
    }
    score_.chords.push_back({0, false, mood_.ninths});
    figure_ = pick(mood_.figures, chance_);
    answer_ = pick(mood_.figures, chance_);
    bass_ = pick(mood_.bass, chance_);
    if (!mood_.keys.empty()) keys_ = pick(mood_.keys, chance_);
    if (!mood_.kick.empty()) kick_ = pick(mood_.kick, chance_);
    if (!mood_.clap.empty()) clap_ = pick(mood_.clap, chance_);
    if (!mood_.shaker.empty()) shaker_ = pick(mood_.shaker, chance_);
    if (!mood_.tom.empty()) tom_ = pick(mood_.tom, chance_);
    // The tune: a few places in two bars, and whether it climbs or falls between them. It returns in every round.
    constexpr std::array<std::string_view, 4> rhythms{
        "1.....1...1.........1.....1.....", "1...1...1...........1...1.......",
        "....1...1.....1.....1.......1...", "1.......1...1...1.............1."};
    tune_ = rhythms[chance_.below(rhythms.size())];
    for (int& step : tune_steps_) step = static_cast<int>(chance_.below(4)) - 1;
  }

  void add(Part part, double start_s, double length_s, int midi, double loud, double pan = 0) {
    // Hands are not clocks: a few milliseconds, never before the beginning.
    const double late =
        part == Part::pad || part == Part::kick || part == Part::bass ? 0 : chance_.between(0, 0.009);
    const double touch = chance_.between(0.88, 1.0);
    score_.notes.push_back({part, start_s + late, length_s, midi, loud * touch, pan});
  }

  void write_bar(int bar, double energy, double next_energy) {
    const Chord& chord = score_.chords[static_cast<std::size_t>(bar)];
    const double at = bar * bar_s_;
    voicing_ = voice_chord(score_.key, chord, voicing_, 62);
    const double swell = 0.55 + 0.35 * energy;
    for (std::size_t i = 0; i < voicing_.size(); ++i) {
      const double side = voicing_.size() > 1
                              ? -0.6 + 1.2 * static_cast<double>(i) / static_cast<double>(voicing_.size() - 1)
                              : 0;
      add(mood_.chords, at, bar_s_ * 1.02, voicing_[i], swell, side);
    }
    const bool answering = bar % 4 == 3;
    if (energy > 0.2) write_figure(at, chord, answering ? answer_ : figure_, energy);
    if (energy > 0.35) write_bass(at, chord);
    if (energy > 0.55) write_keys(at);
    if (energy > 0.5) write_drums(at, energy, answering);
    if (mood_.bell && energy > 0.72) write_tune(bar, at, chord);
    // Before a fuller part the air rises.
    if (next_energy > energy + 0.12) add(Part::swell, at + bar_s_ / 2, bar_s_ / 2, 60, 0.5);
  }

  void write_figure(double at, const Chord& chord, Pattern pattern, double energy) {
    const bool low = mood_.figure == Part::strings;
    const std::vector<int> rungs = ladder(score_.key, chord, low ? 50 : 57, 10);
    double side = -1;
    for (int slot = 0; slot < slots; ++slot) {
      const char rung = pattern[static_cast<std::size_t>(slot)];
      if (rung == '.') continue;
      const double accent = slot % 4 == 0 ? 1 : slot % 2 == 0 ? 0.78 : 0.62;
      const double length = low ? slot_s_ * 1.1 : slot_s_ * 4;
      add(mood_.figure, at + slot * slot_s_, length, rungs[static_cast<std::size_t>(rung - '0')],
          accent * (0.5 + 0.4 * energy), side * 0.35);
      side = -side;
      // In the fullest bars a second voice, an octave up, on the beats.
      if (energy > 0.85 && slot % 4 == 0) {
        add(mood_.figure, at + slot * slot_s_, length, rungs[static_cast<std::size_t>(rung - '0')] + 12,
            accent * 0.35, side * 0.5);
      }
    }
  }

  void write_bass(double at, const Chord& chord) {
    int root = score_.key.pitch(chord.degree);
    while (root > 47) root -= 12;
    while (root < 34) root += 12;
    play(bass_, [&](int slot, double loud, int rest) {
      add(Part::bass, at + slot * slot_s_, rest * slot_s_ * 0.92, root, loud);
    });
  }

  void write_keys(double at) {
    play(keys_, [&](int slot, double loud, int rest) {
      double strum = 0;
      for (const int note : voicing_) {
        add(Part::keys, at + slot * slot_s_ + strum, std::min(rest, 6) * slot_s_, note, loud * 0.7, 0.15);
        strum += 0.008;
      }
    });
  }

  void write_drums(double at, double energy, bool answering) {
    play(kick_, [&](int slot, double loud, int) { add(Part::kick, at + slot * slot_s_, 0.4, 36, loud); });
    if (energy > 0.58) {
      play(shaker_, [&](int slot, double loud, int) {
        add(Part::shaker, at + slot * slot_s_, 0.1, 70, loud * (0.5 + 0.5 * energy), 0.35);
      });
    }
    if (energy > 0.68)
      play(clap_,
           [&](int slot, double loud, int) { add(Part::clap, at + slot * slot_s_, 0.3, 39, loud, -0.1); });
    if (energy > 0.55) {
      play(tom_, [&](int slot, double loud, int) {
        add(Part::tom, at + slot * slot_s_, 0.6, slot % 8 == 0 ? 38 : 43, loud, slot % 8 == 0 ? -0.2 : 0.25);
      });
    }
    // A small fill leads back to the beginning of the round.
    if (answering && !shaker_.empty() && energy > 0.7) {
      for (const int slot : {13, 15}) add(Part::shaker, at + slot * slot_s_, 0.1, 70, 0.35, -0.3);
    }
  }

  void write_tune(int bar, double at, const Chord& chord) {
    const std::vector<int> rungs = ladder(score_.key, chord, 72, 8);
    int place = 2;
    std::size_t turn = 0;
    for (int slot = 0; slot < 2 * slots; ++slot) {
      if (tune_[static_cast<std::size_t>(slot)] == '.') continue;
      place = std::clamp(place + tune_steps_[turn++ % tune_steps_.size()], 0, 5);
      const int own = slot - (bar % 2) * slots;
      if (own < 0 || own >= slots) continue;
      add(Part::bell, at + own * slot_s_, slot_s_ * 6, rungs[static_cast<std::size_t>(place)], 0.55,
          place % 2 == 0 ? -0.25 : 0.25);
    }
  }

  void write_ending() {
    const double at = bars_ * bar_s_, ring = score_.seconds - at;
    const Chord& rest = score_.chords.back();
    voicing_ = voice_chord(score_.key, rest, voicing_, 62);
    for (std::size_t i = 0; i < voicing_.size(); ++i) {
      const double side = -0.6 + 1.2 * static_cast<double>(i) / static_cast<double>(voicing_.size() - 1);
      add(mood_.chords, at, ring * 0.6, voicing_[i], 0.7, side);
    }
    double spread = 0;
    for (const int note : ladder(score_.key, rest, 57, 5)) {
      add(mood_.figure == Part::strings ? Part::keys : mood_.figure, at + spread, ring, note, 0.7,
          -0.3 + spread * 4);
      spread += 0.035;
    }
    int root = score_.key.pitch(0);
    while (root > 47) root -= 12;
    add(Part::bass, at, ring * 0.8, root, 0.8);
    if (!kick_.empty()) add(Part::kick, at, 0.4, 36, 0.7);
    if (mood_.bell) add(Part::bell, at + 0.2, ring, ladder(score_.key, rest, 76, 1).front(), 0.4);
  }

  /// Calls play(slot, loudness 0-1, sixteenths until the next stroke) for each stroke of a pattern.
  template <class F>
  static void play(Pattern pattern, F&& stroke) {
    for (std::size_t slot = 0; slot < pattern.size(); ++slot) {
      if (pattern[slot] == '.') continue;
      std::size_t next = slot + 1;
      while (next < pattern.size() && pattern[next] == '.') ++next;
      stroke(static_cast<int>(slot), (pattern[slot] - '0') / 9.0, static_cast<int>(next - slot));
    }
  }

  const Mood& mood_;
  Chance chance_;
  Score score_;
  int bars_ = 1;
  double bar_s_ = 2, slot_s_ = 0.125;
  std::vector<int> voicing_;
  Pattern figure_, answer_, bass_, keys_, kick_, clap_, shaker_, tom_, tune_;
  std::array<int, 5> tune_steps_{};
};

}  // namespace

std::vector<std::string_view> moods() {
  std::vector<std::string_view> names;
  for (const Mood& mood : all_moods()) names.push_back(mood.name);
  return names;
}

std::optional<Score> compose(std::string_view mood, std::uint64_t seed, double seconds) {
  const auto found = std::ranges::find(all_moods(), mood, &Mood::name);
  if (found == all_moods().end()) return {};
  return Composer(*found, seed, seconds).compose();
}

}  // namespace reelspool::synth
