#include "plugins/local/synth/effects.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <memory>
#include <string>
#include <utility>

#include "plugins/local/chance.hpp"
#include "plugins/local/synth/harmony.hpp"
#include "plugins/local/synth/room.hpp"
#include "plugins/local/synth/signal.hpp"

namespace reelspool::synth {
namespace {

struct Stereo {
  float left = 0, right = 0;
};

/// What is heard at each sample; `share` is how much of the whole has passed, `at_s` how many seconds.
class Sound {
 public:
  virtual ~Sound() = default;
  virtual Stereo next(double share, double at_s) = 0;
};

Stereo placed(float value, double pan) {
  return {value * static_cast<float>(std::cos((pan + 1) * std::numbers::pi / 4)),
          value * static_cast<float>(std::sin((pan + 1) * std::numbers::pi / 4))};
}

/// Air that passes from one side to the other: brightest and loudest a little after the middle.
class Whoosh : public Sound {
 public:
  explicit Whoosh(local::Chance& chance)
      : noise_(static_cast<std::uint32_t>(chance.next())), side_(chance.sign()) {}
  Stereo next(double share, double) override {
    const double near = std::exp(-std::pow((share - 0.55) / 0.20, 2));
    if (count_++ % 16 == 0) {
      body_.set(260 + 2600 * near, 1.1);
      air_.set(1500 + 6000 * near, 0.8);
    }
    const float in = noise_.next();
    const auto loud = static_cast<float>(near * std::sin(std::numbers::pi * share));
    return placed(loud * (body_.band(in) + 0.35F * air_.band(in)), side_ * 1.4 * (share - 0.5));
  }

 private:
  Noise noise_;
  Filter body_, air_;
  double side_;
  long count_ = 0;
};

class Riser : public Sound {
 public:
  explicit Riser(local::Chance& chance) : noise_(static_cast<std::uint32_t>(chance.next())) {}
  Stereo next(double share, double) override {
    if (count_++ % 16 == 0) {
      air_.set(300 + 7000 * share * share, 1.3);
      tone_.set(300 + 5000 * share, 0.8);
    }
    const double hz = 110 * std::exp2(2 * share);
    low_.advance(hz);
    high_.advance(hz * 1.008);
    shake_.advance(4 + 14 * share);
    const auto loud = static_cast<float>(std::pow(share, 1.8) * std::min(1.0, (1 - share) * 60));
    const float air = air_.band(noise_.next()) * (0.75F + 0.25F * shake_.sine());
    const float tone = tone_.low(low_.saw() + high_.saw()) * 0.22F;
    return {loud * (air + tone), loud * (air * 0.85F + tone * 1.1F)};
  }

 private:
  Noise noise_;
  Filter air_, tone_;
  Phase low_, high_, shake_;
  long count_ = 0;
};

/// A bubble: a tone that leaps up, and its skin.
class Pop : public Sound {
 public:
  explicit Pop(local::Chance& chance)
      : top_hz_(chance.between(760, 980)), noise_(static_cast<std::uint32_t>(chance.next())) {
    skin_.set(3200, 1.2);
  }
  Stereo next(double, double at_s) override {
    tone_.advance(280 + (top_hz_ - 280) * (1 - std::exp(-at_s / 0.022)));
    const auto loud = static_cast<float>(std::min(1.0, at_s / 0.002) * std::exp(-at_s / 0.035));
    const auto snap = static_cast<float>(0.25 * std::exp(-at_s / 0.004));
    const float value = loud * tone_.sine() + snap * skin_.band(noise_.next());
    return {value, value};
  }

 private:
  double top_hz_;
  Phase tone_;
  Noise noise_;
  Filter skin_;
};

class Click : public Sound {
 public:
  explicit Click(local::Chance& chance) : noise_(static_cast<std::uint32_t>(chance.next())) {
    body_.set(chance.between(1900, 2500), 5);
  }
  Stereo next(double, double at_s) override {
    // Down, and 55 ms later, softer, up again: a key has two sounds.
    const auto press = std::exp(-at_s / 0.003),
               release = at_s > 0.055 ? 0.5 * std::exp(-(at_s - 0.055) / 0.0025) : 0;
    const float value = body_.band(noise_.next() * static_cast<float>(press + release)) * 2.5F;
    return {value, value};
  }

 private:
  Noise noise_;
  Filter body_;
};

/// A bar of metal. Source of the partials: the modes of a free bar, 1 : 2.76 : 5.40 (Fletcher and Rossing).
class Bar {
 public:
  Bar(double hz, double start_s, double loud) : hz_(hz), start_s_(start_s), loud_(loud) {}
  float next(double at_s) {
    if (at_s < start_s_) return 0;
    const double age = at_s - start_s_;
    constexpr std::array<double, 3> ratios{1, 2.756, 5.404}, levels{1, 0.32, 0.12}, rings{0.55, 0.25, 0.1};
    double value = 0;
    for (std::size_t i = 0; i < 3; ++i) {
      partials_[i].advance(hz_ * ratios[i]);
      value += levels[i] * std::exp(-age / rings[i]) * partials_[i].sine();
    }
    return static_cast<float>(loud_ * value * std::min(1.0, age / 0.001));
  }

 private:
  double hz_, start_s_, loud_;
  std::array<Phase, 3> partials_;
};

class Bars : public Sound {
 public:
  explicit Bars(std::vector<Bar> bars) : bars_(std::move(bars)) {}
  Stereo next(double, double at_s) override {
    Stereo sum;
    double side = -0.2;
    for (Bar& bar : bars_) {
      const Stereo one = placed(bar.next(at_s), side);
      sum.left += one.left;
      sum.right += one.right;
      side += 0.2;
    }
    return sum;
  }

 private:
  std::vector<Bar> bars_;
};

class Boom : public Sound {
 public:
  explicit Boom(local::Chance& chance) : noise_(static_cast<std::uint32_t>(chance.next())) {
    rubble_.set(420, 0.7);
  }
  Stereo next(double, double at_s) override {
    tone_.advance(34 + 62 * std::exp(-at_s / 0.12));
    const float tone = std::tanh(2.2F * tone_.sine()) *
                       static_cast<float>(std::min(1.0, at_s / 0.004) * std::exp(-at_s / 0.5));
    const float rubble = rubble_.low(noise_.next()) * static_cast<float>(0.7 * std::exp(-at_s / 0.18));
    return {tone + rubble, tone + 0.9F * rubble};
  }

 private:
  Noise noise_;
  Filter rubble_;
  Phase tone_;
};

std::unique_ptr<Sound> ding(local::Chance& chance) {
  constexpr std::array<int, 3> notes{84, 86, 88};
  return std::make_unique<Bars>(std::vector<Bar>{Bar(frequency_hz(notes[chance.below(3)]), 0, 1)});
}

std::unique_ptr<Sound> chime(local::Chance& chance) {
  const int root = 76 + static_cast<int>(chance.below(3));
  return std::make_unique<Bars>(std::vector<Bar>{Bar(frequency_hz(root), 0, 0.8),
                                                 Bar(frequency_hz(root + 4), 0.09, 0.8),
                                                 Bar(frequency_hz(root + 7), 0.18, 1)});
}

template <class T>
std::unique_ptr<Sound> plain(local::Chance& chance) {
  return std::make_unique<T>(chance);
}

struct Effect {
  std::string_view name;
  double seconds;
  double room;  // how much of it comes back from the walls
  std::unique_ptr<Sound> (*make)(local::Chance&);
};

constexpr std::array<Effect, 7> all{{{"whoosh", 0.9, 0.15, plain<Whoosh>},
                                     {"pop", 0.35, 0.12, plain<Pop>},
                                     {"ding", 1.8, 0.30, ding},
                                     {"click", 0.25, 0.05, plain<Click>},
                                     {"riser", 2.6, 0.25, plain<Riser>},
                                     {"boom", 2.0, 0.35, plain<Boom>},
                                     {"chime", 2.0, 0.35, chime}}};

const Effect* find_effect(std::string_view name) {
  const auto found = std::ranges::find(all, name, &Effect::name);
  return found == all.end() ? nullptr : &*found;
}

}  // namespace

std::vector<std::string_view> effects() {
  std::vector<std::string_view> names;
  for (const Effect& effect : all) names.push_back(effect.name);
  return names;
}

std::string_view effect_for(std::string_view description) {
  struct Sign {
    std::string_view word, effect;
  };
  static constexpr std::array<Sign, 44> signs{{
      {"whoosh", "whoosh"},    {"swoosh", "whoosh"},      {"swish", "whoosh"},      {"swipe", "whoosh"},
      {"wind", "whoosh"},      {"transition", "whoosh"},  {"transici", "whoosh"},   {"viento", "whoosh"},
      {"pop", "pop"},          {"bubble", "pop"},         {"burbuja", "pop"},       {"plop", "pop"},
      {"ding", "ding"},        {"bell", "ding"},          {"notification", "ding"}, {"notific", "ding"},
      {"alert", "ding"},       {"campan", "ding"},        {"timbre", "ding"},       {"click", "click"},
      {"clic", "click"},       {"tick", "click"},         {"tap", "click"},         {"button", "click"},
      {"bot\u00f3n", "click"}, {"key", "click"},          {"tecla", "click"},       {"camera", "click"},
      {"shutter", "click"},    {"riser", "riser"},        {"rise", "riser"},        {"build", "riser"},
      {"tension", "riser"},    {"tensi\u00f3n", "riser"}, {"suspens", "riser"},     {"boom", "boom"},
      {"impact", "boom"},      {"hit", "boom"},           {"explo", "boom"},        {"golpe", "boom"},
      {"thud", "boom"},        {"chime", "chime"},        {"success", "chime"},     {"xito", "chime"},
  }};
  std::string lower(description);
  for (char& c : lower) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  std::string_view effect = "whoosh";
  std::size_t first = std::string::npos;
  for (const Sign& sign : signs) {
    const std::size_t at = lower.find(sign.word);
    // A word's beginning: "top" asks for no pop, but "éxito" is found by what follows its first letter.
    const bool begins =
        at == 0 || (at != std::string::npos && !(lower[at - 1] >= 'a' && lower[at - 1] <= 'z'));
    if (begins && at < first) {
      first = at;
      effect = sign.effect;
    }
  }
  return effect;
}

double natural_seconds(std::string_view effect) {
  const Effect* found = find_effect(effect);
  return found == nullptr ? 0 : found->seconds;
}

std::vector<float> make_effect(std::string_view name, double seconds, std::uint64_t seed) {
  const Effect* effect = find_effect(name);
  std::vector<float> stereo;
  if (effect == nullptr) return stereo;
  local::Chance chance(seed ^ local::seed_of(name));
  const std::unique_ptr<Sound> sound = effect->make(chance);
  Room room(1.0);
  const long samples = std::lround(std::clamp(seconds, 0.05, 30.0) * rate_hz);
  stereo.reserve(static_cast<std::size_t>(samples) * 2);
  const long fade = std::min(samples / 4, static_cast<long>(rate_hz / 50));
  float peak = 1e-6F;
  for (long done = 0; done < samples; done += static_cast<long>(block_samples)) {
    Block dry, wet;
    for (std::size_t i = 0; i < block_samples; ++i) {
      const auto at = static_cast<double>(done + static_cast<long>(i));
      const Stereo now = at < static_cast<double>(samples)
                             ? sound->next(at / static_cast<double>(samples), at / rate_hz)
                             : Stereo{};
      dry.left[i] = wet.left[i] = now.left;
      dry.right[i] = wet.right[i] = now.right;
    }
    room.process(wet);
    for (std::size_t i = 0; i < block_samples && done + static_cast<long>(i) < samples; ++i) {
      const long left_over = samples - done - static_cast<long>(i);
      const float end = left_over < fade ? static_cast<float>(left_over) / static_cast<float>(fade) : 1.0F;
      const auto share = static_cast<float>(effect->room);
      stereo.push_back(end * (dry.left[i] + share * wet.left[i]));
      stereo.push_back(end * (dry.right[i] + share * wet.right[i]));
      peak = std::max({peak, std::abs(stereo[stereo.size() - 2]), std::abs(stereo.back())});
    }
  }
  constexpr float loudest = 0.708F;  // -3 dBFS
  for (float& sample : stereo) sample *= loudest / peak;
  return stereo;
}

}  // namespace reelspool::synth
