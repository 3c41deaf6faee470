#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "plugins/local/words/text.hpp"
#include "tests/local/tools.hpp"

namespace reelspool::test {
namespace {

using Json = nlohmann::json;

struct Spoken {
  Ended ended;
  Json said;
  std::vector<float> sound;  // 48 kHz, stereo
};

Spoken speak(const std::string& text, std::vector<std::string> more) {
  const Scratch scratch;
  write_file(scratch / "text.txt", text);
  more.insert(more.end(), {"--text-file", scratch / "text.txt", "--out", scratch / "speech.wav"});
  Spoken spoken{local_script("speak", more), {}, {}};
  if (spoken.ended.status != 0) return spoken;
  spoken.said = Json::parse(spoken.ended.output);
  spoken.sound = decode_sound(scratch / "speech.wav");
  EXPECT_EQ(scratch.names(), (std::vector<std::string>{"speech.wav", "text.txt"}))
      << "nothing is left behind";
  return spoken;
}

/// Every word of the text that has a letter, in order, each after the one before and within the sound.
void expect_all_words(const Spoken& spoken, const std::string& text) {
  ASSERT_EQ(spoken.ended.status, 0) << spoken.ended.complaint;
  std::vector<std::string> expected, found;
  for (const words::Word& word : words::split_words(text)) {
    const bool letter = std::ranges::any_of(word.text, [](unsigned char c) { return std::isalnum(c) != 0; });
    if (letter) expected.push_back(word.text);
  }
  double before = 0;
  for (const Json& word : spoken.said["words"]) {
    const std::string written = word["text"];
    const bool letter = std::ranges::any_of(written, [](unsigned char c) { return std::isalnum(c) != 0; });
    if (letter) found.push_back(written);
    EXPECT_GE(word["start"].get<double>(), before) << written;
    EXPECT_LT(word["start"].get<double>(), word["end"].get<double>()) << written;
    before = word["end"];
  }
  EXPECT_EQ(found, expected);
  EXPECT_LE(before, spoken.said["seconds"].get<double>());
  EXPECT_NEAR(spoken.said["seconds"].get<double>(), static_cast<double>(spoken.sound.size()) / 2 / 48000,
              0.0002);
}

/// Where sound begins after at least 110 ms of silence, in seconds: found in the samples, 5 ms by 5 ms.
std::vector<double> onsets(const std::vector<float>& sound) {
  constexpr std::size_t window = 240;
  std::vector<double> levels, found;
  for (std::size_t at = 0; (at + window) * 2 <= sound.size(); at += window)
    levels.push_back(level_db(sound, at, at + window));
  const double heard = *std::ranges::max_element(levels) - 38;
  int quiet = 100;
  for (std::size_t i = 0; i < levels.size(); ++i) {
    if (levels[i] > heard && quiet >= 22) found.push_back(static_cast<double>(i) * 0.005);
    quiet = levels[i] > heard ? 0 : quiet + 1;
  }
  return found;
}

class Languages : public testing::TestWithParam<std::pair<const char*, const char*>> {};

TEST_P(Languages, WordsStartWhereTheyAreHeard) {
  const auto [language, gender] = GetParam();
  const std::string text =
      "First, we begin. Then, a pause; and another: now. Finally! At 12:30, \"quoted\" words, and so on.";
  const Spoken spoken = speak(text, {"--language", language, "--gender", gender});
  expect_all_words(spoken, text);
  EXPECT_EQ(spoken.said["timing"], "measured");
  const std::vector<double> heard = onsets(spoken.sound);
  EXPECT_GE(heard.size(), 6U);
  for (const double onset : heard) {
    double nearest = 1e9;
    for (const Json& word : spoken.said["words"])
      nearest = std::min(nearest, std::abs(word["start"].get<double>() - onset));
    EXPECT_LT(nearest, 0.015) << "sound begins at " << onset << " s and no word does";
  }
}
INSTANTIATE_TEST_SUITE_P(Speech, Languages,
                         testing::Values(std::pair("en-US", "male"), std::pair("en-US", "female"),
                                         std::pair("es-MX", "male"), std::pair("es-MX", "female"),
                                         std::pair("de-DE", "")));

TEST(Speech, TheLastWordEndsWithItsSoundAndTheFileSoonAfter) {
  const Spoken spoken = speak("One, two, and three.", {"--language", "en-US"});
  ASSERT_EQ(spoken.ended.status, 0) << spoken.ended.complaint;
  const double end = spoken.said["words"].back()["end"];
  EXPECT_GT(level_db(spoken.sound, static_cast<std::size_t>((end - 0.05) * 48000),
                     static_cast<std::size_t>(end * 48000)),
            -60);
  EXPECT_LT(spoken.said["seconds"].get<double>() - end, 0.2);
}

TEST(Speech, SpanishWithInvertedMarksAndAccents) {
  const std::string text =
      "¿Cómo estás, José? ¡El niño comió jalapeños a las 8:45!\n«Sí», dijo él: 1,234 veces.";
  const Spoken spoken = speak(text, {"--language", "es-MX", "--gender", "female"});
  expect_all_words(spoken, text);
  EXPECT_EQ(spoken.said["voice"], "es-419+f2");
}

TEST(Speech, TextMadeOfWhatBreaksCarelessProgramsSimplyWorks) {
  for (const char* text :
       {"\"q\" 'r' {x} \\N a\\b 100% %s %n $(id) `id` <b>bold</b> & | ; [[p]] end", "-v help --wav x",
        "line\none\r\ntwo\ttab\n\n\nend", "e.g. U.S.A. well-known www.example.com a/b 3.14 $5.99",
        "Wow 😀👩‍👩‍👧 emoji 1️⃣ stay — out … really"}) {
    SCOPED_TRACE(text);
    expect_all_words(speak(text, {"--language", "en-US"}), text);
  }
}

TEST(Speech, ALongTextKeepsItsWordsInPlace) {
  std::string text;
  for (int i = 0; i < 40; ++i)
    text += "Año " + std::to_string(2000 + i) + ": el café, la niña y 25 días más. ";
  expect_all_words(speak(text, {"--language", "es"}), text);
}

TEST(Speech, WhatCannotBeSpokenIsRefusedWithOneLine) {
  const struct {
    const char* text;
    std::vector<std::string> options;
    const char* says;
  } cases[] = {{"hi", {"--language", "xx"}, "language: espeak-ng has no voice for \"xx\""},
               {" \n ", {}, "nothing to speak"},
               {"😀 —", {}, "nothing"},
               {"hi", {"--voice", "es-419"}, "does not speak en-US"},
               {"hi", {"--voice", "en-us+nobody"}, "no variant"},
               {"hi", {"--rate", "9000"}, "--rate must be"},
               {"hola", {"--engine", "flite", "--language", "es"}, "English only"}};
  for (const auto& c : cases) {
    SCOPED_TRACE(c.says);
    const Spoken spoken = speak(c.text, c.options);
    EXPECT_EQ(spoken.ended.status, 2);
    EXPECT_NE(spoken.ended.last_line().find(c.says), std::string::npos) << spoken.ended.complaint;
    EXPECT_TRUE(spoken.ended.last_line().starts_with("speak: ")) << spoken.ended.complaint;
  }
}

TEST(Speech, WithoutEspeakFliteSpeaksAndItsTimesAreCalledEstimated) {
  const std::string text = "Hello there, world. This costs $5 \"now\" \\ and that is all.";
  const Spoken spoken = speak(text, {"--engine", "flite", "--gender", "male"});
  expect_all_words(spoken, text);
  EXPECT_EQ(spoken.said["timing"], "estimated");
  EXPECT_EQ(spoken.said["voice"], "flite/rms");
}

// The program reelspool-words is always there; where the package espeak-ng is missing, the loader ends it with 127.
TEST(Speech, AProgramThatCannotSpeakIsNoReasonToBeSilent) {
  const Scratch scratch;
  write_file(scratch / "reelspool-words", "#!/bin/sh\necho 'cannot open libespeak-ng.so.1' >&2\nexit 127\n");
  std::filesystem::permissions(scratch / "reelspool-words", std::filesystem::perms::owner_all);
  write_file(scratch / "text.txt", "Hello there.");
  setenv("REELSPOOL_LIBEXEC", scratch.path().c_str(), 1);
  const Ended ended = script("speak", {"--text-file", scratch / "text.txt", "--out", scratch / "speech.wav"});
  ASSERT_EQ(ended.status, 0) << ended.complaint;
  EXPECT_EQ(Json::parse(ended.output)["voice"], "flite/slt");
}

TEST(Speech, IsLoudEnoughAndNeverClips) {
  for (const char* engine : {"espeak", "flite"}) {
    const Spoken spoken =
        speak("This is a sentence of the usual length, spoken at the usual speed.", {"--engine", engine});
    ASSERT_EQ(spoken.ended.status, 0) << spoken.ended.complaint;
    float peak = 0;
    for (const float sample : spoken.sound) peak = std::max(peak, std::abs(sample));
    EXPECT_LT(peak, 0.81) << engine;
    EXPECT_NEAR(level_db(spoken.sound, 0, spoken.sound.size() / 2), -20, 3) << engine;
  }
}

}  // namespace
}  // namespace reelspool::test
