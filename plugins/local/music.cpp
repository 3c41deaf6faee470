#include <algorithm>
#include <array>
#include <string_view>

#include "plugins/local/chance.hpp"
#include "plugins/local/local.hpp"

namespace reelspool::local {
namespace {

/// The mood whose words come up in what was asked for. The moods are those of the script `music`.
std::string mood_for(const sdk::Json& request) {
  std::string wanted;
  for (const char* field : {"mood", "genre", "instructions"}) {
    const auto value = request.find(field);
    if (value != request.end() && value->is_string()) wanted += " " + value->get<std::string>();
  }
  std::transform(wanted.begin(), wanted.end(), wanted.begin(), [](unsigned char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : static_cast<char>(c);
  });
  struct Sign {
    std::string_view word, mood;
  };
  static constexpr std::array<Sign, 46> signs{{
      {"upbeat", "upbeat"},       {"happy", "upbeat"},
      {"energetic", "upbeat"},    {"fun", "upbeat"},
      {"dance", "upbeat"},        {"pop", "upbeat"},
      {"party", "upbeat"},        {"playful", "upbeat"},
      {"alegre", "upbeat"},       {"feliz", "upbeat"},
      {"divertid", "upbeat"},     {"enérgic", "upbeat"},
      {"calm", "calm"},           {"relax", "calm"},
      {"ambient", "calm"},        {"peaceful", "calm"},
      {"soft", "calm"},           {"meditat", "calm"},
      {"sleep", "calm"},          {"tranquil", "calm"},
      {"suave", "calm"},          {"lo-fi", "calm"},
      {"lofi", "calm"},           {"warm", "warm"},
      {"romantic", "warm"},       {"acoustic", "warm"},
      {"family", "warm"},         {"nostalg", "warm"},
      {"emotional", "warm"},      {"cálid", "warm"},
      {"romántic", "warm"},       {"emotiv", "warm"},
      {"dramatic", "dramatic"},   {"epic", "dramatic"},
      {"tense", "dramatic"},      {"suspense", "dramatic"},
      {"cinematic", "dramatic"},  {"dark", "dramatic"},
      {"dramátic", "dramatic"},   {"épic", "dramatic"},
      {"corporate", "corporate"}, {"business", "corporate"},
      {"motivat", "corporate"},   {"inspir", "corporate"},
      {"tech", "corporate"},      {"corporativ", "corporate"},
  }};
  std::size_t first = std::string::npos;
  std::string mood = "corporate";  // sits under any narration
  for (const Sign& sign : signs) {
    const std::size_t at = wanted.find(sign.word);
    if (at < first) {
      first = at;
      mood = sign.mood;
    }
  }
  return mood;
}

}  // namespace

sdk::Answer make_music(const sdk::Input& input) {
  if (input.event.is("exec")) return {.action = sdk::done({{"audio", {{"file", "music.wav"}}}})};
  const auto seconds = input.request.find("seconds");
  if (seconds == input.request.end() || !seconds->is_number()) {
    return {.action =
                sdk::fail(sdk::Failure::invalid_request, "seconds: the length of the music is missing")};
  }
  const auto seed = input.request.find("seed");
  const std::uint64_t chosen = seed == input.request.end() ? 0 : seed_of(seed->dump());
  return {.action = sdk::exec("music")
                        .option("seconds", *seconds)
                        .option("mood", mood_for(input.request))
                        .option("seed", static_cast<int>(Chance(chosen).below(1000000000)))
                        .output("out", "music.wav")};
}

}  // namespace reelspool::local
