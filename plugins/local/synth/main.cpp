// reelspool-synth: composes and plays a bed of music, or makes a sound effect. See ../README.md.
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cmath>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <string>

#include "plugins/local/synth/band.hpp"
#include "plugins/local/synth/effects.hpp"
#include "plugins/local/synth/score.hpp"
#include "plugins/local/synth/wav_file.hpp"

namespace reelspool::synth {
namespace {

constexpr int disk_full = 28;

struct Options {
  std::filesystem::path out;
  std::string mood = "corporate";
  double seconds = 0;
  std::uint64_t seed = 0;
  bool progress = false;
  std::string effect;
  std::filesystem::path text_file;
};

int failed(const WavFile& file, const Options& options) {
  std::fprintf(stderr, "reelspool-synth: writing %s: %s\n", options.out.c_str(), file.error().c_str());
  return file.disk_full() ? disk_full : 1;
}

std::uint32_t frames_in(double seconds) {
  return static_cast<std::uint32_t>(std::lround(seconds * rate_hz));
}

/// As ffmpeg's -progress does it, so that whoever reads descriptor 3 knows one language.
void report(long samples) {
  const long long out_time_us = static_cast<long long>(samples) * 1000000 / rate_hz;
  dprintf(3, "out_time_us=%lld\nprogress=continue\n", out_time_us);
}

int make_music(const Options& options) {
  const std::optional<Score> score = compose(options.mood, options.seed, options.seconds);
  if (!score) {
    std::fprintf(stderr, "reelspool-synth: there is no mood \"%s\"\n", options.mood.c_str());
    return 2;
  }
  WavFile file(options.out, frames_in(options.seconds));
  long made = 0;
  const bool played = play(*score, [&](std::span<const float> stereo) {
    constexpr long often = 10L * rate_hz;
    const long before = made;
    made += static_cast<long>(stereo.size() / 2);
    if (options.progress && before / often != made / often) report(made);
    return file.write(stereo);
  });
  if (!played || !file.close()) return failed(file, options);
  constexpr const char* names[] = {"C", "C#", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B"};
  const nlohmann::ordered_json said{{"seconds", options.seconds},
                                    {"mood", options.mood},
                                    {"key", names[score->key.root % 12]},
                                    {"mode", score->mode},
                                    {"tempoBpm", std::round(score->tempo_bpm * 100) / 100},
                                    {"bars", score->chords.size() - 1},
                                    {"notes", score->notes.size()}};
  std::printf("%s\n", said.dump().c_str());
  return 0;
}

int make_sound(Options options) {
  if (!options.text_file.empty()) {
    std::ifstream file(options.text_file, std::ios::binary);
    std::string text(std::istreambuf_iterator<char>(file), {});
    if (!file) {
      std::fprintf(stderr, "reelspool-synth: cannot read %s\n", options.text_file.c_str());
      return 2;
    }
    options.effect = effect_for(text);
  }
  const double seconds = options.seconds > 0 ? options.seconds : natural_seconds(options.effect);
  const std::vector<float> sound = make_effect(options.effect, seconds, options.seed);
  if (sound.empty()) {
    std::fprintf(stderr, "reelspool-synth: there is no effect \"%s\"\n", options.effect.c_str());
    return 2;
  }
  const std::size_t frames = sound.size() / 2;
  WavFile file(options.out, static_cast<std::uint32_t>(frames));
  if (!file.write(sound) || !file.close()) return failed(file, options);
  const nlohmann::ordered_json said{{"seconds", static_cast<double>(frames) / rate_hz},
                                    {"effect", options.effect}};
  std::printf("%s\n", said.dump().c_str());
  return 0;
}

template <class Names>
std::string listed(const Names& names) {
  std::string text;
  for (const auto& name : names) text += (text.empty() ? "" : ", ") + std::string(name);
  return text;
}

int run(int argc, char** argv) {
  CLI::App app(
      "Makes music and sounds: WAV, 48 kHz, stereo, 16 bits. Prints what it made as JSON.\n"
      "Exit status: 0 done, 2 bad option, 28 disk full, 1 anything else.",
      "reelspool-synth");
  app.require_subcommand(1);
  Options options;
  CLI::App* music = app.add_subcommand("music", "a bed of exactly the length that is asked for");
  music->add_option("--out", options.out, "written")->required();
  music->add_option("--seconds", options.seconds)->required()->check(CLI::Range(1.0, 3600.0));
  music->add_option("--mood", options.mood, listed(moods()))->capture_default_str();
  music->add_option("--seed", options.seed)->capture_default_str();
  music->add_flag("--progress", options.progress, "out_time_us=N on descriptor 3");
  CLI::App* effect = app.add_subcommand("effect", "a sound");
  effect->add_option("--out", options.out, "written")->required();
  CLI::Option* name = effect->add_option("--name", options.effect, listed(effects()));
  effect
      ->add_option("--text-file", options.text_file, "what it is to sound like, in words; instead of --name")
      ->excludes(name);
  effect->add_option("--seconds", options.seconds, "its natural length when it is not given")
      ->check(CLI::Range(0.05, 30.0));
  effect->add_option("--seed", options.seed)->capture_default_str();
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  return music->parsed() ? make_music(options) : make_sound(options);
}

}  // namespace
}  // namespace reelspool::synth

int main(int argc, char** argv) {
  try {
    return reelspool::synth::run(argc, argv);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "reelspool-synth: %s\n", error.what());
    return 1;
  }
}
