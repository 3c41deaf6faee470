// SPDX-License-Identifier: GPL-3.0-or-later
// reelspool-words: speaks a text with libespeak-ng and says when each of its words is heard. See README.md.
#include <CLI/CLI.hpp>
#include <cmath>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>

#include "plugins/local/words/alignment.hpp"
#include "plugins/local/words/files.hpp"
#include "plugins/local/words/speaker.hpp"
#include "plugins/local/words/text.hpp"
#include "plugins/local/words/voice.hpp"

namespace reelspool::words {
namespace {

constexpr std::size_t longest_text_bytes = 65536;  // about an hour of speech, 160 MB of samples
constexpr int bad_input = 2;
constexpr int disk_full = 28;

struct Options {
  VoiceWish wish{"en-US", "", ""};
  int rate_wpm = 165;
  std::filesystem::path text_file;
  std::filesystem::path wav;
  std::filesystem::path words;
};

double seconds_of(std::size_t sample, int rate_hz) {
  const double seconds = static_cast<double>(sample) / rate_hz;
  return std::round(seconds * 10000) / 10000;  // 0.1 ms, so that the JSON stays short
}

std::string to_json(const std::vector<TimedWord>& words, const Speech& speech, const Voice& voice) {
  nlohmann::ordered_json list = nlohmann::ordered_json::array();
  for (const TimedWord& word : words) {
    list.push_back({{"text", word.text},
                    {"start", seconds_of(word.begin, speech.rate_hz)},
                    {"end", seconds_of(word.end, speech.rate_hz)}});
  }
  const nlohmann::ordered_json result{{"seconds", seconds_of(speech.samples.size(), speech.rate_hz)},
                                      {"voice", voice.label},
                                      {"timing", "measured"},
                                      {"words", std::move(list)}};
  return result.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

/// The synthesiser closes with a pause of its own; the sound is kept to a tenth of a second after its last
/// word.
void cut_closing_pause(Speech& speech) {
  const std::size_t tail = static_cast<std::size_t>(speech.rate_hz / 10);
  const std::size_t end = end_of_sound(speech.samples, speech.rate_hz) + tail;
  if (end < speech.samples.size()) speech.samples.resize(end);
}

Result<> speak_to_files(const Options& options) {
  Result<std::string> text = read_text(options.text_file, longest_text_bytes);
  if (!text) return std::move(text.error());
  const Speakable speakable = make_speakable(*text);
  if (speakable.utf8.find_first_not_of(" \n") == std::string::npos) {
    return bad_field("text", options.text_file.string() + " has nothing to speak");
  }
  Result<Speaker> speaker = Speaker::open();
  if (!speaker) return std::move(speaker.error());
  Result<Voice> voice = choose_voice(options.wish, speaker->voices(), speaker->variants());
  if (!voice) return std::move(voice.error());
  Result<Speech> speech = speaker->speak(speakable, *voice, options.rate_wpm);
  if (!speech) return std::move(speech.error());
  const std::vector<TimedWord> words = align(*text, speech->marks, speech->samples, speech->rate_hz);
  cut_closing_pause(*speech);
  if (Result<> written = write_whole(options.wav, wav_bytes(speech->samples, speech->rate_hz)); !written) {
    return written;
  }
  return write_whole(options.words, to_json(words, *speech, *voice));
}

int exit_status(const Error& error) {
  if (error.cls == ErrorClass::invalid_request) return bad_input;
  return error.cls == ErrorClass::storage ? disk_full : 1;
}

int run(int argc, char** argv) {
  CLI::App app(
      "Speaks a text with espeak-ng into a WAV file (22050 Hz, mono, 16 bits) and writes when each word is "
      "heard.\n"
      "Exit status: 0 done, 2 bad option, text or language, 28 disk full, 1 anything else.",
      "reelspool-words");
  Options options;
  app.add_option("--language", options.wish.language, "BCP 47 tag, e.g. es-MX")->capture_default_str();
  app.add_option("--gender", options.wish.gender, "female or male")
      ->check(CLI::IsMember({"", "female", "male"}));
  app.add_option("--voice", options.wish.voice, "an installed voice, with or without a variant: es-419+f3");
  app.add_option("--rate", options.rate_wpm, "words a minute")
      ->check(CLI::Range(80, 450))
      ->capture_default_str();
  app.add_option("--text-file", options.text_file, "UTF-8, at most 64 KiB")->required();
  app.add_option("--wav", options.wav, "written")->required();
  app.add_option("--words", options.words,
                 "written: JSON {seconds, voice, timing, words: [{text, start, end}]}")
      ->required();
  app.add_flag_callback(
      "--check",
      [] {
        const Result<Speaker> speaker = Speaker::open();
        if (speaker) throw CLI::Success();
        std::fprintf(stderr, "reelspool-words: %s\n", speaker.error().message.c_str());
        throw CLI::RuntimeError(1);
      },
      "Speaks nothing; succeeds where espeak-ng and its voices are installed");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : bad_input;
  }
  const Result<> done = speak_to_files(options);
  if (done) return 0;
  std::fprintf(stderr, "reelspool-words: %s\n", done.error().message.c_str());
  return exit_status(done.error());
}

}  // namespace
}  // namespace reelspool::words

int main(int argc, char** argv) {
  try {
    return reelspool::words::run(argc, argv);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "reelspool-words: %s\n", error.what());
    return 1;
  }
}
