#include "plugins/local/synth/instruments.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "plugins/local/synth/harmony.hpp"

namespace reelspool::synth {
namespace {

/// Equal power: a sound keeps its loudness wherever it stands.
struct Pan {
  explicit Pan(double at)
      : left(static_cast<float>(std::cos((at + 1) * std::numbers::pi / 4))),
        right(static_cast<float>(std::sin((at + 1) * std::numbers::pi / 4))) {}
  float left, right;
};

/// A voice of one channel that is placed by its pan; `sample()` is called for each sample while the voice lasts.
template <class Self>
class Mono : public Voice {
 public:
  Mono(const Note& note, double lasts_s)
      : pan_(note.pan), left_(static_cast<long>(lasts_s * rate_hz)), loud_(static_cast<float>(note.loud)) {}

  bool render(Block& out, std::size_t from) override {
    constexpr long fade = rate_hz / 200;  // the end never clicks
    for (std::size_t i = from; i < block_samples; ++i, --left_) {
      if (left_ <= 0) return false;
      const float value = static_cast<Self*>(this)->sample() * loud_ *
                          (left_ < fade ? static_cast<float>(left_) / fade : 1.0F);
      out.left[i] = value * pan_.left;
      out.right[i] = value * pan_.right;
    }
    return true;
  }

 private:
  Pan pan_;
  long left_;
  float loud_;
};

/// Rises, stays while the note is held, falls.
class Swell {
 public:
  Swell(double rise_s, double held_s, double fall_s)
      : rise_(rise_s * rate_hz), held_(std::max(held_s, rise_s) * rate_hz), fall_(fall_s * rate_hz) {}
  float next() {
    const auto at = static_cast<double>(now_++);
    const double level = at < rise_ ? at / rise_ : at < held_ ? 1 : std::max(0.0, 1 - (at - held_) / fall_);
    return static_cast<float>(level * level * (3 - 2 * level));
  }
  double seconds() const { return (held_ + fall_) / rate_hz; }

 private:
  double rise_, held_, fall_;
  long now_ = 0;
};

/// Saws a few cents apart, in two channels, behind a filter that breathes.
class Ensemble : public Voice {
 public:
  struct Sound {
    double rise_s, fall_s, detune_cents, cutoff_hz, vibrato_cents, sine;
  };
  Ensemble(const Note& note, const Sound& sound, std::uint32_t seed)
      : sound_(sound),
        hz_(frequency_hz(note.midi)),
        pan_(note.pan * 0.6),
        swell_(sound.rise_s, note.length_s, sound.fall_s),
        left_(static_cast<long>(swell_.seconds() * rate_hz)),
        loud_(static_cast<float>(note.loud)) {
    Noise noise(seed);
    const auto chance = [&noise] { return (noise.next() + 1) / 2.0; };
    for (Phase& phase : phases_) phase = Phase(chance());
    breath_ = Phase(chance());
    vibrato_ = Phase(chance());
  }

  bool render(Block& out, std::size_t from) override {
    breath_.advance(0.13 * block_samples);
    vibrato_.advance(5.1 * block_samples);
    const double cutoff = sound_.cutoff_hz * (1 + 0.25 * breath_.sine()) * (0.7 + 0.6 * hz_ / 440);
    for (Filter& filter : filters_) filter.set(cutoff, 0.75);
    const double bend = std::exp2(sound_.vibrato_cents * vibrato_.sine() / 1200);
    std::array<double, 4> hz{};
    constexpr std::array<double, 4> apart{-1, 0.55, -0.45, 1};
    for (std::size_t k = 0; k < 4; ++k) hz[k] = hz_ * bend * std::exp2(apart[k] * sound_.detune_cents / 1200);
    for (std::size_t i = from; i < block_samples; ++i, --left_) {
      if (left_ <= 0) return false;
      for (std::size_t k = 0; k < 4; ++k) phases_[k].advance(hz[k]);
      body_.advance(hz_);
      const float level = swell_.next() * loud_, body = static_cast<float>(sound_.sine) * body_.sine();
      out.left[i] =
          level * pan_.left * (filters_[0].low(0.5F * (phases_[0].saw() + phases_[1].saw())) + body);
      out.right[i] =
          level * pan_.right * (filters_[1].low(0.5F * (phases_[2].saw() + phases_[3].saw())) + body);
    }
    return true;
  }

 private:
  Sound sound_;
  double hz_;
  Pan pan_;
  Swell swell_;
  long left_;
  float loud_;
  std::array<Phase, 4> phases_;
  Phase body_, breath_, vibrato_;
  std::array<Filter, 2> filters_;
};

/// A plucked string: a burst of noise goes round a delay line and loses its highs. Source: Karplus and Strong, 1983, with
/// the tuning of Jaffe and Smith.
class Pluck : public Mono<Pluck> {
 public:
  Pluck(const Note& note, double brightness, std::uint32_t seed)
      : Mono(note, std::max(note.length_s, 0.35) + 0.9) {
    const double hz = frequency_hz(note.midi);
    const double period = rate_hz / hz - 0.5;  // half a sample is in the averaging below
    const auto length = static_cast<std::size_t>(period - 0.1);
    line_.resize(std::max<std::size_t>(length, 2));
    const double fraction = period - static_cast<double>(length);
    tuning_ = static_cast<float>((1 - fraction) / (1 + fraction));
    const double rings_s = std::clamp(2.6 - (note.midi - 45) * 0.035, 0.7, 2.6);
    loss_ = static_cast<float>(std::pow(0.001, 1 / (rings_s * hz)));
    // A soft finger: the burst without its highest part, and without what the place of plucking cancels.
    Noise noise(seed);
    Filter soft;
    soft.set(1600 + 7000 * brightness * note.loud, 0.6);
    for (float& sample : line_) sample = soft.low(noise.next());
    const std::size_t place = std::max<std::size_t>(line_.size() / 5, 1);
    std::vector<float> burst = line_;
    float mean = 0, peak = 1e-6F;
    for (std::size_t i = 0; i < line_.size(); ++i) {
      line_[i] = burst[i] - burst[(i + line_.size() - place) % line_.size()];
      mean += line_[i] / static_cast<float>(line_.size());
    }
    for (float& sample : line_) peak = std::max(peak, std::abs(sample -= mean));
    for (float& sample : line_) sample *= 0.8F / peak;
  }

  float sample() {
    const float out = line_[at_];
    const float averaged = 0.5F * (out + before_) * loss_;
    before_ = out;
    const float tuned = tuning_ * averaged + tuned_in_ - tuning_ * tuned_out_;
    tuned_in_ = averaged;
    tuned_out_ = tuned;
    line_[at_] = tuned;
    at_ = at_ + 1 == line_.size() ? 0 : at_ + 1;
    return out;
  }

 private:
  std::vector<float> line_;
  std::size_t at_ = 0;
  float tuning_ = 0, loss_ = 1, before_ = 0, tuned_in_ = 0, tuned_out_ = 0;
};

/// Two or three sines, one shaking the next: an electric piano, or a small bell. Source: Chowning, 1973.
class Struck : public Mono<Struck> {
 public:
  struct Sound {
    double ratio, depth, depth_s, tine, rings_s;
  };
  Struck(const Note& note, const Sound& sound)
      : Mono(note, std::max(note.length_s, 0.3) + sound.rings_s * 0.7),
        sound_(sound),
        hz_(frequency_hz(note.midi)),
        depth_(static_cast<float>(sound.depth * note.loud)),
        loudness_(sound.rings_s * std::clamp(1.5 - (note.midi - 60) * 0.02, 0.6, 1.6)),
        brightness_(sound.depth_s),
        tine_(0.12) {}

  float sample() {
    modulator_.advance(hz_ * sound_.ratio);
    strike_.advance(hz_ * 7);
    carrier_.advance(hz_);
    const float shake = depth_ * brightness_.next() * modulator_.sine();
    const float tine = static_cast<float>(sound_.tine) * tine_.next() * strike_.sine();
    if (rise_ < 1) rise_ += 1.0F / (0.003F * rate_hz);
    return rise_ * loudness_.next() * (carrier_.sine(shake) + tine);
  }

 private:
  Sound sound_;
  double hz_;
  float depth_, rise_ = 0;
  Decay loudness_, brightness_, tine_;
  Phase carrier_, modulator_, strike_;
};

class Bass : public Mono<Bass> {
 public:
  explicit Bass(const Note& note)
      : Mono(note, note.length_s + 0.12),
        hz_(frequency_hz(note.midi)),
        swell_(0.012, note.length_s, 0.12),
        fall_(3.5) {}
  float sample() {
    tone_.advance(hz_);
    octave_.advance(hz_ * 2);
    // A little of the octave, driven softly: heard on a telephone, where the root is not.
    return std::tanh(1.6F * (tone_.sine() + 0.35F * octave_.sine())) * swell_.next() *
           (0.35F + 0.65F * fall_.next());
  }

 private:
  double hz_;
  Swell swell_;
  Decay fall_;
  Phase tone_, octave_;
};

/// A drum: a tone that falls in pitch, and the stick.
class Drum : public Mono<Drum> {
 public:
  Drum(const Note& note, double low_hz, double high_hz, double drop_s, double rings_s, double stick,
       std::uint32_t seed)
      : Mono(note, rings_s),
        low_(low_hz),
        high_(high_hz),
        drop_(drop_s),
        rings_(rings_s * 1.6),
        click_(0.03),
        stick_(static_cast<float>(stick)),
        noise_(seed) {
    filter_.set(1800, 0.7);
  }
  float sample() {
    tone_.advance(low_ + (high_ - low_) * drop_.next());
    if (rise_ < 1) rise_ += 1.0F / (0.0015F * rate_hz);
    return rise_ * (tone_.sine() * rings_.next() + stick_ * click_.next() * filter_.low(noise_.next()));
  }

 private:
  double low_, high_;
  Decay drop_, rings_, click_;
  float stick_, rise_ = 0;
  Noise noise_;
  Filter filter_;
  Phase tone_;
};

/// Filtered noise: a shaker (short, high) or hands (several strokes within 30 ms, lower).
class Brush : public Mono<Brush> {
 public:
  Brush(const Note& note, double cutoff_hz, double resonance, double rings_s, int strokes, std::uint32_t seed)
      : Mono(note, rings_s + 0.04), rings_s_(rings_s), strokes_(strokes), rings_(rings_s), noise_(seed) {
    filter_.set(cutoff_hz, resonance);
    top_.set(9000, 0.6);
  }
  float sample() {
    constexpr int apart = rate_hz / 90;
    if (strokes_ > 1 && ++count_ == apart) {
      --strokes_;
      count_ = 0;
      rings_ = Decay(rings_s_);
    }
    if (rise_ < 1) rise_ += 1.0F / (0.002F * rate_hz);
    return rise_ * rings_.next() * top_.low(filter_.band(noise_.next()) * 1.4F);
  }

 private:
  double rings_s_;
  int strokes_, count_ = 0;
  Decay rings_;
  Noise noise_;
  Filter filter_, top_;
  float rise_ = 0;
};

/// Air that rises into the next bar.
class Rise : public Mono<Rise> {
 public:
  Rise(const Note& note, std::uint32_t seed)
      : Mono(note, note.length_s), all_(note.length_s * rate_hz), noise_(seed) {}
  float sample() {
    const double share = static_cast<double>(now_++) / all_;
    if (now_ % 32 == 1) filter_.set(500 + 5500 * share * share, 0.8);
    return static_cast<float>(share * share * share) * filter_.band(noise_.next());
  }

 private:
  double all_;
  long now_ = 0;
  Noise noise_;
  Filter filter_;
};

}  // namespace

std::unique_ptr<Voice> start_voice(const Note& note, double brightness, std::uint32_t seed) {
  switch (note.part) {
    case Part::pad:
      return std::make_unique<Ensemble>(note, Ensemble::Sound{0.5, 0.9, 7, 420 + 1500 * brightness, 0, 0.25},
                                        seed);
    case Part::strings: {
      // Held for a bar they swell; short, they are bowed.
      const bool held = note.length_s > 0.6;
      return std::make_unique<Ensemble>(note,
                                        Ensemble::Sound{held ? 0.3 : 0.03, held ? 0.8 : 0.16, 9,
                                                        held ? 1500.0 : 2100.0, held ? 5.0 : 0, 0.1},
                                        seed);
    }
    case Part::keys:
      return std::make_unique<Struck>(note, Struck::Sound{1, 1.1, 1.4, 0.12, 2.6});
    case Part::bell:
      return std::make_unique<Struck>(note, Struck::Sound{3.5, 0.7, 0.5, 0.03, 2.2});
    case Part::pluck:
      return std::make_unique<Pluck>(note, brightness, seed);
    case Part::bass:
      return std::make_unique<Bass>(note);
    case Part::kick:
      return std::make_unique<Drum>(note, 47, 150, 0.09, 0.34, 0.25, seed);
    case Part::tom:
      return std::make_unique<Drum>(note, frequency_hz(note.midi), frequency_hz(note.midi) * 1.7, 0.2, 0.75,
                                    0.5, seed);
    case Part::clap:
      return std::make_unique<Brush>(note, 1500, 1.1, 0.17, 3, seed);
    case Part::shaker:
      return std::make_unique<Brush>(note, 7000, 0.9, 0.07, 1, seed);
    case Part::swell:
      return std::make_unique<Rise>(note, seed);
  }
  return nullptr;
}

Place place_of(Part part) {
  switch (part) {
    case Part::pad:
      return {0.115F, 0, 0.30F, true};
    case Part::strings:
      return {0.15F, 0, 0.35F, true};
    case Part::keys:
      return {0.10F, 0.10F, 0.25F, true};
    case Part::pluck:
      return {0.26F, 0.22F, 0.20F, false};
    case Part::bell:
      return {0.065F, 0.35F, 0.45F, false};
    case Part::bass:
      return {0.19F, 0, 0.02F, true};
    case Part::kick:
      return {0.36F, 0, 0.04F, false};
    case Part::tom:
      return {0.34F, 0, 0.25F, false};
    case Part::clap:
      return {0.26F, 0, 0.22F, false};
    case Part::shaker:
      return {0.19F, 0, 0.10F, false};
    case Part::swell:
      return {0.10F, 0, 0.3F, false};
  }
  return {};
}

}  // namespace reelspool::synth
