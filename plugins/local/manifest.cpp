#include "plugins/local/local.hpp"

namespace reelspool::local {

sdk::Json manifest() {
  // Primary languages that espeak-ng 1.51 speaks; without it (flite) only English comes out, and the script says so.
  const sdk::Json languages = {
      "af",  "am",  "an",  "ar",  "as",  "az",  "ba",  "be",  "bg", "bn", "bpy", "bs",  "ca",  "chr", "cmn",
      "cs",  "cv",  "cy",  "da",  "de",  "el",  "en",  "eo",  "es", "et", "eu",  "fa",  "fi",  "fr",  "ga",
      "gd",  "gn",  "grc", "gu",  "hak", "haw", "he",  "hi",  "hr", "ht", "hu",  "hy",  "hyw", "ia",  "id",
      "io",  "is",  "it",  "iw",  "ja",  "jbo", "ka",  "kk",  "kl", "kn", "ko",  "kok", "ku",  "ky",  "la",
      "lb",  "lfn", "lt",  "ltg", "lv",  "mi",  "mk",  "ml",  "mr", "ms", "mt",  "my",  "nb",  "nci", "ne",
      "nl",  "nn",  "no",  "nog", "om",  "or",  "pa",  "pap", "pl", "pt", "qu",  "quc", "ro",  "ru",  "sd",
      "shn", "si",  "sk",  "sl",  "smj", "sq",  "sr",  "sv",  "sw", "ta", "te",  "th",  "tk",  "tn",  "tr",
      "tt",  "ug",  "uk",  "ur",  "uz",  "vi",  "yue", "zh"};
  const auto between = [](double low, double high) { return sdk::Json{{"min", low}, {"max", high}}; };
  const sdk::Json pixels = between(16, 4096);
  const int last = 90;  // of the default chains: whatever else can, is asked first
  return {{"name", "local"},
          {"version", "1.0"},
          {"abi", REELSPOOL_ABI},
          {"kinds",
           {{"image", {{"limits", {{"width", pixels}, {"height", pixels}}}, {"order", last}}},
            {"video", {{"limits", {{"seconds", between(0, 3600)}}}, {"order", last}}},
            {"speech",
             {{"languages", languages},
              {"limits", {{"text", {{"max_chars", 16000}}}, {"rate", between(80, 450)}}},
              {"order", last}}},
            {"music", {{"limits", {{"seconds", between(1, 3600)}}}, {"order", last}}},
            {"sound_effect", {{"limits", {{"seconds", between(0.05, 30)}}}, {"order", last}}}}},
          {"scripts", {"card", "speak", "music", "effect"}}};
}

}  // namespace reelspool::local
