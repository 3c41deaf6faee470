#include "plugins/local/synth/band.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <list>
#include <memory>
#include <vector>

#include "plugins/local/synth/instruments.hpp"
#include "plugins/local/synth/room.hpp"

namespace reelspool::synth {
namespace {

struct Sounding {
  std::unique_ptr<Voice> voice;
  Place place;
  std::size_t from;  // the sample of its first block at which it starts
};

void add(Block& to, const Block& sound, float level) {
  for (std::size_t i = 0; i < block_samples; ++i) {
    to.left[i] += level * sound.left[i];
    to.right[i] += level * sound.right[i];
  }
}

class Band {
 public:
  explicit Band(const Score& score)
      : score_(score), echo_(45 / score.tempo_bpm), room_(1.1 + 1.9 * score.room), limiter_(0.79F) {
    for (Filter& air : air_) air.set(4500, 0.6);
  }

  void next(Block& out) {
    start_notes();
    Block plain, ducking, to_echo, to_room;
    for (auto it = sounding_.begin(); it != sounding_.end();) {
      Block sound;
      const bool goes_on = it->voice->render(sound, it->from);
      it->from = 0;
      add(it->place.ducks ? ducking : plain, sound, it->place.level);
      if (it->place.echo > 0) add(to_echo, sound, it->place.level * it->place.echo);
      add(to_room, sound, it->place.level * it->place.room);
      it = goes_on ? std::next(it) : sounding_.erase(it);
    }
    echo_.process(to_echo);
    add(to_room, to_echo, 0.3F);
    room_.process(to_room);
    out = plain;
    // What holds the chords gives way to the kick by up to 3 dB, and is back within a beat.
    add(out, ducking, 1 - 0.3F * duck_);
    duck_ *= 0.9925F;
    add(out, to_echo, 1);
    add(out, to_room, 0.6F + 0.6F * static_cast<float>(score_.room));
    for (std::size_t i = 0; i < block_samples; ++i) {
      // Some air on top, which the soft voices lack.
      out.left[i] += 0.5F * air_[0].high(out.left[i]);
      out.right[i] += 0.5F * air_[1].high(out.right[i]);
      // Gently rounded, as tape does: loud chords get denser, not harsher.
      out.left[i] = std::tanh(1.5F * out.left[i]) / 1.2F;
      out.right[i] = std::tanh(1.5F * out.right[i]) / 1.2F;
    }
    limiter_.process(out);
    now_ += static_cast<long>(block_samples);
  }

 private:
  void start_notes() {
    const long end = now_ + static_cast<long>(block_samples);
    for (; next_ < score_.notes.size(); ++next_) {
      const Note& note = score_.notes[next_];
      const auto at = static_cast<long>(note.start_s * rate_hz);
      if (at >= end) break;
      const auto seed = static_cast<std::uint32_t>(Chance(next_ + 1).next());
      sounding_.push_back({start_voice(note, score_.brightness, seed), place_of(note.part),
                           static_cast<std::size_t>(std::max(at - now_, 0L))});
      if (note.part == Part::kick) duck_ = 1;
    }
  }

  const Score& score_;
  std::list<Sounding> sounding_;
  std::size_t next_ = 0;
  long now_ = 0;
  float duck_ = 0;
  Echo echo_;
  Room room_;
  Limiter limiter_;
  std::array<Filter, 2> air_;
};

}  // namespace

bool play(const Score& score, const Listener& listener) {
  Band band(score);
  const long samples = std::lround(score.seconds * rate_hz);
  const double fade_samples = std::min(1.6, score.seconds * 0.2) * rate_hz;
  long made =
      -static_cast<long>(Limiter::delay_samples);  // the limiter's first blocks are what it looks ahead for
  std::array<float, 2 * block_samples> stereo{};
  while (made < samples) {
    Block block;
    band.next(block);
    std::size_t count = 0;
    for (std::size_t i = 0; i < block_samples && made < samples; ++i, ++made) {
      if (made < 0) continue;
      const double left = static_cast<double>(samples - made);
      const double share = std::min(1.0, left / fade_samples);
      const auto fade = static_cast<float>(share * share * (3 - 2 * share));
      stereo[count++] = block.left[i] * fade;
      stereo[count++] = block.right[i] * fade;
    }
    if (count > 0 && !listener({stereo.data(), count})) return false;
  }
  return true;
}

}  // namespace reelspool::synth
