#include <gtest/gtest.h>

#include "plugins/local/local.hpp"
#include "plugins/sdk/transcript.hpp"

namespace reelspool::local {
namespace {

using sdk::Json;

class Asked : public sdk::Provider {
 public:
  Json manifest() const override { return local::manifest(); }
  sdk::Answer next(const sdk::Input& input) override { return answer(input); }
};

sdk::Answer ask(const std::string& kind, Json request, Json event = {{"type", "start"}}) {
  sdk::Input input;
  input.kind = kind;
  input.request = std::move(request);
  input.state = Json::object();
  input.event = {event.at("type"), event};
  return answer(input);
}

Json ended(const std::string& script, Json output = "") {
  return {{"type", "exec"}, {"script", script}, {"exit", 0}, {"output", std::move(output)}, {"error", ""}};
}

Json option(const Json& action, const std::string& name) {
  for (const Json& pair : action.at("options")) {
    if (pair[0] == name) return pair[1];
  }
  return nullptr;
}

/// A conversation of two turns: the script that is asked for (as it is answered now), and what is made of its end.
sdk::Transcript conversation(const std::string& kind, const Json& request, const Json& end,
                             const Json& outputs) {
  sdk::Transcript transcript;
  transcript.kind = kind;
  transcript.request = request;
  transcript.turns = {{{{"type", "start"}}, ask(kind, request).action.json}, {end, sdk::done(outputs).json}};
  return transcript;
}

void expect_sound(const sdk::Transcript& transcript) {
  Asked provider;
  // A card is a long text: the beginning says what is wrong.
  EXPECT_EQ(sdk::play(provider, transcript).substr(0, 500), "");
  EXPECT_EQ(sdk::play_cut(provider, transcript).substr(0, 500), "");
  EXPECT_EQ(sdk::play_malformed(provider, transcript).substr(0, 500), "");
}

const Json scene{{"prompt", "a coffee cup"},
                 {"text", "Meet BrewBox."},
                 {"role", "hook"},
                 {"language", "en-US"},
                 {"width", 1080},
                 {"height", 1920},
                 {"seed", 7},
                 {"scene", 1},
                 {"scenes", 5}};

TEST(Transcripts, AnImageIsACardThatIsDrawnLargerThanTheFrame) {
  expect_sound(conversation("image", scene, ended("card"), {{"image", {{"file", "image.png"}}}}));
  const Json action = ask("image", scene).action.json;
  EXPECT_EQ(action["script"], "card");
  EXPECT_EQ(option(action, "width"), 1350);
  EXPECT_EQ(option(action, "height"), 2400);
  EXPECT_EQ(option(action, "layout"), Json({{"input", "card.ass"}}));
  EXPECT_NE(action["files"]["card.ass"].get<std::string>().find("BrewBox"), std::string::npos);
}

TEST(Transcripts, TheSameSceneGivesTheSameCardToTheByte) {
  EXPECT_EQ(ask("image", scene).action.json, ask("image", scene).action.json);
}

TEST(Transcripts, AVideoIsTheStillItWasGivenAndASlowMoveThatStaysWithinIt) {
  for (int seed = 0; seed < 200; ++seed) {
    SCOPED_TRACE(seed);
    const Json request{
        {"prompt", ""}, {"image", {{"file", "k.png"}}}, {"seconds", 1 + seed % 12}, {"seed", seed}};
    const Json action = ask("video", request).action.json;
    ASSERT_EQ(action["type"], "done");
    const Json still = action["outputs"]["still"];
    EXPECT_EQ(still["file"], "k.png");
    for (const char* end : {"from", "to"}) {
      const double zoom = still["move"][end]["zoom"];
      EXPECT_GE(zoom, 1);
      EXPECT_LE(zoom, 1.13);
      for (const char* axis : {"x", "y"}) {
        const double middle = still["move"][end][axis];
        EXPECT_GE(middle, 0.5 / zoom - 0.001) << axis;
        EXPECT_LE(middle, 1 - 0.5 / zoom + 0.001) << axis;
      }
    }
    EXPECT_NE(still["move"]["from"], still["move"]["to"]);
  }
}

TEST(Transcripts, ScenesInARowMoveDifferently) {
  Json request{{"image", {{"file", "k.png"}}}, {"seconds", 4}, {"seed", 41}};
  const Json first = ask("video", request).action.json;
  request["seed"] = 42;
  EXPECT_NE(first, ask("video", request).action.json);
}

TEST(Transcripts, AVideoWithoutAPictureIsRefusedByName) {
  const Json action = ask("video", {{"seconds", 3}, {"seed", 1}}).action.json;
  EXPECT_EQ(action["class"], "invalid_request");
  EXPECT_NE(action["message"].get<std::string>().find("image"), std::string::npos);
}

TEST(Transcripts, SpeechHandsOnWhatTheScriptMeasured) {
  const Json words = {{{"text", "¿Qué?"}, {"start", 0.05}, {"end", 0.4}}};
  const Json said{{"seconds", 0.5}, {"voice", "es-419+f2"}, {"timing", "measured"}, {"words", words}};
  const Json request{{"text", "¿Qué?"}, {"language", "es-MX"}, {"gender", "female"}, {"rate", 180}};
  expect_sound(conversation("speech", request, ended("speak", said),
                            {{"audio", {{"file", "speech.wav"}}},
                             {"seconds", 0.5},
                             {"words", words},
                             {"timing", "measured"},
                             {"voice", "es-419+f2"}}));
  const Json action = ask("speech", request).action.json;
  EXPECT_EQ(action["files"]["speech.txt"], "¿Qué?") << "text of people goes by file";
  EXPECT_EQ(option(action, "language"), "es-MX");
  EXPECT_EQ(option(action, "rate"), 180);
}

TEST(Transcripts, EmptySpeechIsRefused) {
  EXPECT_EQ(ask("speech", {{"text", ""}, {"language", "en"}}).action.json["class"], "invalid_request");
}

TEST(Transcripts, MusicFindsItsMoodInWords) {
  expect_sound(conversation("music", {{"seconds", 20}, {"seed", 3}}, ended("music"),
                            {{"audio", {{"file", "music.wav"}}}}));
  const auto mood = [](const char* text) {
    return option(ask("music", {{"seconds", 9}, {"seed", 1}, {"instructions", text}}).action.json, "mood");
  };
  EXPECT_EQ(mood("something Happy and playful"), "upbeat");
  EXPECT_EQ(mood("música tranquila para dormir"), "calm");
  EXPECT_EQ(mood("an epic, dark build-up"), "dramatic");
  EXPECT_EQ(mood("xylophones"), "corporate");
}

TEST(Transcripts, AnEffectIsDescribedInAFile) {
  expect_sound(conversation("sound_effect", {{"text", "a \"soft\" whoosh; $(x)"}, {"seconds", 0.5}},
                            ended("effect"), {{"audio", {{"file", "effect.wav"}}}}));
}

TEST(Transcripts, AFailureCarriesTheScriptsLastLineAndWhetherTheRequestWasWrong) {
  const Json request{{"text", "hi"}, {"language", "xx"}};
  Json end{
      {"type", "exec"}, {"script", "speak"}, {"exit", 2}, {"error", "noise\nspeak: no voice for \"xx\"\n"}};
  const Json refused = ask("speech", request, end).action.json;
  EXPECT_EQ(refused["class"], "invalid_request");
  EXPECT_EQ(refused["message"], "speak: no voice for \"xx\"");
  end["exit"] = 1;
  EXPECT_EQ(ask("speech", request, end).action.json["class"], "media");
}

TEST(Transcripts, AnUnknownKindIsUnavailable) {
  EXPECT_EQ(ask("lip_sync", Json::object()).action.json["class"], "unavailable");
}

}  // namespace
}  // namespace reelspool::local
