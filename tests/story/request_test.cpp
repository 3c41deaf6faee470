#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "worker/story/script_request.hpp"
#include "worker/story/storyboard_request.hpp"

namespace reelspool {
namespace {

using ::testing::HasSubstr;

const RequestRules rules{.most_scenes = 500,
                         .media = {.folders = {"/srv/uploads"}, .most_picture_bytes = 1000}};

Json json(std::string_view text) {
  auto parsed = parse_json(text);
  EXPECT_TRUE(parsed) << parsed.error().message;
  return parsed ? *parsed : Json();
}
Result<StoryboardRequest> read(std::string_view params) {
  return read_storyboard_request(json(params), rules);
}
Result<StoryboardRequest> read_script(std::string_view params) {
  return read_script_request(json(params), rules);
}
StoryboardRequest good(std::string_view params) {
  auto request = read(params);
  EXPECT_TRUE(request) << request.error().message;
  return request ? *std::move(request) : StoryboardRequest();
}

TEST(StoryboardRequest, ReadsBothSpellingsOfItsFields) {
  for (
      const char* params :
      {R"({"storyboard":{"scenes":[{"spoken_text":"Hello","visual":"a cup","scene_type":"product","duration":"8s"}]},
            "brief":{"audio_mode":"tts","target_language":"es-MX","enable_captions":false,"aspect_ratio":"16:9"}})",
       R"({"storyboard":{"scenes":[{"spokenText":"Hello","visual":"a cup","sceneType":"product","duration":8}]},
            "brief":{"audioMode":"tts","targetLanguage":"es_mx","enableCaptions":false,"aspectRatio":"16:9"}})",
       R"({"scenes":[{"spokenText":"Hello","imagePrompt":"a cup","sceneType":"product","duration":8.0}],
            "audioMode":"voiceover","language":"es-MX","captions":false,"aspectRatio":"16:9"})"}) {
    const StoryboardRequest request = good(params);
    ASSERT_EQ(request.scenes.size(), 1u);
    const SceneRequest& scene = request.scenes[0];
    EXPECT_EQ(scene.text, "Hello");
    EXPECT_EQ(scene.visual, "a cup");
    EXPECT_EQ(scene.scene_type, "product");
    EXPECT_EQ(scene.given_s, 8);
    EXPECT_EQ(scene.language, "es-MX");
    EXPECT_EQ(scene.number, 1);
    EXPECT_EQ(request.video.mode->name, "voiceover");
    EXPECT_FALSE(request.video.captions);
    EXPECT_EQ(request.video.frame.width, 1920);
  }
}

TEST(StoryboardRequest, HasSensibleDefaults) {
  const StoryboardRequest request = good(R"({"storyboard":{"scenes":[{"spoken_text":"Hello"}]}})");
  EXPECT_EQ(request.video.frame.width, 1080);
  EXPECT_EQ(request.video.frame.height, 1920);
  EXPECT_EQ(request.video.language, "en-US");
  EXPECT_TRUE(request.video.captions);
  EXPECT_TRUE(request.video.music);
  EXPECT_NE(request.video.seed, 0u);
  EXPECT_EQ(request.scenes[0].visual, "Hello");  // the picture of a scene without a visual is of what it says
  EXPECT_EQ(request.video.seed, good(R"({"storyboard":{"scenes":[{"spoken_text":"Hello"}]}})").video.seed);
}

struct Wrong {
  const char* params;
  const char* field;
  const char* says;
};

TEST(StoryboardRequest, NamesTheFieldOfEveryProblem) {
  const Wrong wrongs[] = {
      {R"({})", "params.storyboard.scenes", "no scenes"},
      {R"([])", "params", "must be an object, not a list"},
      {R"({"storyboard":{"scenes":[]}})", "params.storyboard.scenes", "no scenes"},
      {R"({"scenes":[]})", "params.scenes", "no scenes"},
      {R"({"storyboard":[]})", "params.storyboard", "must be an object, not a list"},
      {R"({"storyboard":{"scenes":{"0":{}}}})", "params.storyboard.scenes", "must be a list, not an object"},
      {R"({"storyboard":{"scenes":["hi"]}})", "params.storyboard.scenes[0]",
       "must be an object, not a string"},
      {R"({"storyboard":{"scenes":[{"visual":"a"},{}]}})", "params.storyboard.scenes[1]",
       "neither text nor picture"},
      {R"({"storyboard":{"scenes":[{"spoken_text":"  \n "}]}})", "params.storyboard.scenes[0]",
       "neither text nor picture"},
      {R"({"storyboard":{"scenes":[{"spokenText":5}]}})", "params.storyboard.scenes[0].spokenText",
       "must be a string, not a number"},
      {R"({"storyboard":{"scenes":[{"visual":"a","duration":"long"}]}})",
       "params.storyboard.scenes[0].duration", "8s"},
      {R"({"storyboard":{"scenes":[{"visual":"a","duration":0}]}})", "params.storyboard.scenes[0].duration",
       "not from 0.5 to 120"},
      {R"({"storyboard":{"scenes":[{"visual":"a","duration":9000}]}})",
       "params.storyboard.scenes[0].duration", "not from"},
      {R"({"storyboard":{"scenes":[{"visual":"a","language":"Spanish!"}]}})",
       "params.storyboard.scenes[0].language", "en-US"},
      {R"({"storyboard":{"scenes":[{"images":["/etc/passwd"]}]}})", "params.storyboard.scenes[0].images[0]",
       "outside the folders"},
      {R"({"storyboard":{"scenes":[{"images":["https://a.b/c.png"]}]}})",
       "params.storyboard.scenes[0].images[0]", "not supported yet"},
      {R"({"storyboard":{"scenes":[{"images":[7]}]}})", "params.storyboard.scenes[0].images[0]",
       "must be a path"},
      {R"({"storyboard":{"scenes":[{"visual":"a","index":1},{"visual":"b","index":1}]}})",
       "params.storyboard.scenes[1].index", "another"},
      {R"({"scenes":[{"visual":"a"}],"brief":7})", "params.brief", "must be an object"},
      {R"({"scenes":[{"visual":"a"}],"brief":{"audio_mode":"karaoke"}})", "params.brief.audio_mode",
       "voiceover, music_only"},
      {R"({"scenes":[{"visual":"a"}],"brief":{"audio_mode":"raw"}})", "params.brief.audio_mode", "speak"},
      {R"({"scenes":[{"visual":"a"}],"brief":{"enable_captions":"yes"}})", "params.brief.enable_captions",
       "true or false"},
      {R"({"scenes":[{"visual":"a"}],"brief":{"aspect_ratio":"2:1"}})", "params.brief.aspect_ratio", "9:16"},
      {R"({"scenes":[{"visual":"a"}],"resolution":"8k"})", "params.resolution", "1080p"},
      {R"({"scenes":[{"visual":"a"}],"brief":{"transition_style":"explode"}})",
       "params.brief.transition_style", "crossfade"},
      {R"({"scenes":[{"visual":"a"}],"captionStyle":{"fontColor":"blue"}})", "params.captionStyle.fontColor",
       "#ffcc00"},
      {R"({"scenes":[{"visual":"a"}],"captionStyle":{"fontFamily":"A,B"}})", "params.captionStyle.fontFamily",
       "no font family"},
      {R"({"scenes":[{"visual":"a"}],"captionStyle":{"fontSize":9000}})", "params.captionStyle.fontSize",
       "not from 8 to 120"},
      {R"({"scenes":[{"visual":"a"}],"avatar":{"gender":"cyborg"}})", "params.avatar.gender",
       "male or female"},
      {R"({"scenes":[{"visual":"a"}],"brief":{"music":3}})", "params.brief.music", "mood"},
      {R"({"scenes":[{"visual":"a"}],"brief":{"palette":["red"]}})", "params.brief.palette[0]", "#ffcc00"},
      {R"({"scenes":[{"visual":"a"}],"seed":-1})", "params.seed", "not from 0"},
      {R"({"scenes":[{"visual":"a"}],"seed":1.5})", "params.seed", "whole number"},
  };
  for (const Wrong& wrong : wrongs) {
    const auto request = read(wrong.params);
    ASSERT_FALSE(request) << wrong.params;
    EXPECT_EQ(request.error().cls, ErrorClass::invalid_request);
    EXPECT_EQ(request.error().field, wrong.field) << wrong.params;
    EXPECT_THAT(request.error().message, HasSubstr(wrong.says)) << wrong.params;
    EXPECT_TRUE(request.error().message.starts_with(wrong.field)) << request.error().message;
  }
}

TEST(StoryboardRequest, TellsAllProblemsAtOnce) {
  const auto request = read(R"({"scenes":[{"spoken_text":1},{},{"duration":"x","visual":"a"}]})");
  ASSERT_FALSE(request);
  EXPECT_EQ(request.error().field, "params.scenes[0].spoken_text");
  EXPECT_THAT(request.error().message, HasSubstr("and 2 more"));
  EXPECT_THAT(request.error().details, HasSubstr("params.scenes[1]: has neither"));
  EXPECT_THAT(request.error().details, HasSubstr("params.scenes[2].duration"));
}

TEST(StoryboardRequest, RefusesTenThousandScenes) {
  Json params;
  for (int i = 0; i < 10'000; ++i) params["storyboard"]["scenes"].push_back({{"spoken_text", "Hello"}});
  const auto request = read_storyboard_request(params, rules);
  ASSERT_FALSE(request);
  EXPECT_EQ(request.error().message,
            "params.storyboard.scenes: 10000 scenes; at most 500 are taken (MAX_SCENES): split it into "
            "several jobs");
  const auto allowed = read_storyboard_request(params, {.most_scenes = 10'000, .media = {}});
  ASSERT_TRUE(allowed);
  EXPECT_EQ(allowed->scenes.back().number, 10'000);
}

TEST(StoryboardRequest, LimitsTexts) {
  Json params;
  params["scenes"][0]["spoken_text"] = std::string(4001, 'a');
  const auto request = read_storyboard_request(params, rules);
  ASSERT_FALSE(request);
  EXPECT_EQ(request.error().message, "params.scenes[0].spoken_text: 4001 characters; at most 4000 are taken");
}

TEST(StoryboardRequest, TakesTextMadeOfAnythingAtAll) {
  const StoryboardRequest request =
      good(R"({"scenes":[{"spoken_text":"\"'{}\\%\n%s {\\b1}\\N"},{"spoken_text":"{}\\\\%\"'\n"}]})");
  EXPECT_EQ(request.scenes[0].text, R"("'{}\% %s {\b1}\N)");
  EXPECT_EQ(request.scenes[1].text, R"({}\\%"')");  // nothing in it can be said, and it is no error
}

TEST(StoryboardRequest, PutsScenesInTheOrderOfTheirIndexes) {
  const StoryboardRequest request =
      good(R"({"scenes":[{"visual":"c","index":3},{"visual":"a","index":1},{"visual":"b","index":2}]})");
  EXPECT_EQ(request.scenes[0].visual, "a");
  EXPECT_EQ(request.scenes[0].number, 1);
  EXPECT_EQ(request.scenes[0].field, "params.scenes[1]");  // an error still points to where it was written
  EXPECT_EQ(request.scenes[2].visual, "c");
}

TEST(StoryboardRequest, ReadsMusicInAllItsForms) {
  const auto music = [](const std::string& value) {
    return good(R"({"scenes":[{"visual":"a"}],"brief":{"music":)" + value + "}}").video.music;
  };
  EXPECT_EQ(music("\"calm\"")->mood, "calm");
  EXPECT_EQ(music(R"({"mood":"warm","genre":"folk"})")->genre, "folk");
  EXPECT_TRUE(music("true"));
  EXPECT_FALSE(music("false"));
  EXPECT_FALSE(music("\"none\""));
  EXPECT_FALSE(music(R"({"enabled":false})"));
}

TEST(StoryboardRequest, SaysWhatItWillNotDo) {
  const StoryboardRequest request = good(
      R"({"scenes":[{"images":["a.png","b.png"]}],"brief":{"transition_style":"fade"},"product_image_url":"p.png"})");
  EXPECT_EQ(request.video.transition, "fade");
  ASSERT_EQ(request.video.warnings.size(), 2u);
  EXPECT_THAT(request.video.warnings[1], HasSubstr("params.scenes[0].images"));
  ASSERT_TRUE(request.scenes[0].picture);
}

TEST(StoryboardRequest, ReadsCaptionStyleAndVoice) {
  const VideoRequest video = good(R"({"scenes":[{"visual":"a"}],"avatar":{"gender":"Mujer"},
    "captionStyle":{"fontFamily":"Noto Sans","fontSize":40,"fontColor":"#ff0000","backgroundColor":"#000","backgroundOpacity":0.5,"position":"top"}})")
                                 .video;
  EXPECT_EQ(video.gender, "female");
  EXPECT_EQ(video.caption_style.font_family, "Noto Sans");
  EXPECT_EQ(video.caption_style.font_size, 40);
  EXPECT_EQ(to_hex(video.caption_style.colour), "#ff0000");
  ASSERT_TRUE(video.caption_style.background);
  EXPECT_EQ(video.caption_style.position, CaptionStyle::Position::top);
}

TEST(ScriptRequest, SplitsAScriptIntoScenes) {
  const auto request = read_script(
      R"({"script":"The first sentence is here, and it is long enough.\n\nThe second one follows after a pause.","language":"en-GB","prefs":{"aspectRatio":"1:1"}})");
  ASSERT_TRUE(request) << request.error().message;
  ASSERT_EQ(request->scenes.size(), 2u);
  EXPECT_EQ(request->scenes[1].text, "The second one follows after a pause.");
  EXPECT_EQ(request->scenes[1].text_field, "params.script");
  EXPECT_EQ(request->scenes[0].language, "en-GB");
  EXPECT_EQ(request->video.frame.height, 1080);
}

TEST(ScriptRequest, SaysThatATopicNeedsAPlanProvider) {
  const auto request = read_script(R"({"topic":"tea"})");
  ASSERT_FALSE(request);
  EXPECT_EQ(request.error().cls, ErrorClass::unavailable);
  EXPECT_EQ(request.error().field, "params.topic");
  EXPECT_THAT(request.error().message, HasSubstr("as `script`, which works without one"));
}

TEST(ScriptRequest, NamesTheFieldOfEveryProblem) {
  const Wrong wrongs[] = {
      {R"({})", "params.script", "is missing"},
      {R"({"script":" \n "})", "params.script", "is empty"},
      {R"({"script":5})", "params.script", "must be a string"},
      {R"({"prefs":{"script":"Hi there.","aspect_ratio":"2:1"}})", "params.prefs.aspect_ratio", "9:16"},
  };
  for (const Wrong& wrong : wrongs) {
    const auto request = read_script(wrong.params);
    ASSERT_FALSE(request) << wrong.params;
    EXPECT_EQ(request.error().field, wrong.field) << wrong.params;
    EXPECT_THAT(request.error().message, HasSubstr(wrong.says)) << wrong.params;
  }
  Json params;
  std::string script;
  for (int i = 0; i < 600; ++i)
    script += "This is one sentence of a script that is far too long, you see. \n\n";
  params["script"] = script;
  const auto request = read_script_request(params, rules);
  ASSERT_FALSE(request);
  EXPECT_THAT(request.error().message, HasSubstr("params.script: makes 600 scenes; at most 500"));
}

TEST(ScriptRequest, WarnsWhenTheScriptDoesNotFillTheTime) {
  const auto request = read_script(R"({"script":"A short sentence.","target_duration":"60s"})");
  ASSERT_TRUE(request);
  ASSERT_EQ(request->video.warnings.size(), 1u);
  EXPECT_THAT(request->video.warnings[0], HasSubstr("not the 60 s asked for"));
}

}  // namespace
}  // namespace reelspool
