#include "plugins/local/synth/harmony.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <limits>

namespace reelspool::synth {

int Key::pitch(int step) const {
  const int octave = step >= 0 ? step / 7 : -((6 - step) / 7);
  return root + 12 * octave + scale[static_cast<std::size_t>(step - 7 * octave)];
}

bool Key::contains(int midi) const {
  const int above = ((midi - root) % 12 + 12) % 12;
  return std::ranges::find(scale, above) != scale.end();
}

std::vector<int> Chord::steps() const {
  std::vector<int> steps{degree, degree + 2, degree + 4};
  if (seventh) steps.push_back(degree + 6);
  if (ninth) steps.push_back(degree + 8);
  return steps;
}

std::vector<int> voice_chord(const Key& key, const Chord& chord, const std::vector<int>& before, int centre) {
  std::vector<int> steps = chord.steps();
  if (steps.size() > 4) steps.erase(steps.begin() + 2);
  std::vector<int> best;
  double least = std::numeric_limits<double>::max();
  // Every inversion in every octave near the centre: a dozen candidates.
  for (std::size_t inversion = 0; inversion < steps.size(); ++inversion) {
    for (int octave = -3; octave <= 2; ++octave) {
      std::vector<int> voiced;
      for (std::size_t i = 0; i < steps.size(); ++i) {
        const int up = i < inversion ? 7 : 0;
        voiced.push_back(key.pitch(steps[i] % 7 + up + 7 * octave));
      }
      std::ranges::sort(voiced);
      double cost = 0, middle = 0;
      for (const int note : voiced) middle += note / static_cast<double>(voiced.size());
      cost += 0.6 * std::abs(middle - centre);
      for (std::size_t i = 1; i < voiced.size(); ++i)
        cost += voiced[i] - voiced[i - 1] < 2 ? 3 : 0;  // no clusters
      for (std::size_t i = 0; i < std::min(voiced.size(), before.size()); ++i)
        cost += std::abs(voiced[i] - before[i]);
      if (cost < least) {
        least = cost;
        best = voiced;
      }
    }
  }
  return best;
}

std::vector<int> ladder(const Key& key, const Chord& chord, int lowest, int count) {
  std::vector<int> rungs;
  std::vector<int> steps = chord.steps();
  for (int& step : steps) step %= 7;
  for (int step = -28; static_cast<int>(rungs.size()) < count; ++step) {
    const int in_octave = ((step % 7) + 7) % 7;
    if (std::ranges::find(steps, in_octave) != steps.end() && key.pitch(step) >= lowest)
      rungs.push_back(key.pitch(step));
  }
  return rungs;
}

double frequency_hz(double midi) {
  return 440 * std::exp2((midi - 69) / 12);
}

}  // namespace reelspool::synth
