#include "worker/timeline/render_request.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace reelspool {
namespace {

using ::testing::HasSubstr;

const RequestRules rules{.most_scenes = 5, .media = {.folders = {"/srv/uploads"}}};

Json params(std::string_view timeline) {
  Json json;
  json["timeline"] = Json::parse(timeline);
  return json;
}
RenderRequest read(std::string_view timeline) {
  auto request = read_render_request(params(timeline), rules);
  EXPECT_TRUE(request) << (request ? "" : request.error().message);
  return request ? *std::move(request) : RenderRequest();
}

TEST(RenderRequest, ReadsEveryTrack) {
  const auto request = read(R"({"aspect_ratio": "9:16", "resolution": "480p", "fps": 25, "fade_in": 0.4,
    "tracks": {
      "picture": [
        {"type": "video", "src": "a.mp4", "trim": 2, "duration": "4s", "speed": 2, "fit": "blur", "volume": 0.5,
         "transition": {"type": "wipe-up", "duration": 0.8}},
        {"type": "image", "src": "b.png", "move": "zoom-in", "crop": {"x": 0.5}, "transition": "slide"},
        {"type": "color", "color": "#336699", "duration": 2}],
      "text": [{"text": "Two\nlines", "start": 1, "duration": 2, "style": {"font_size": 60, "position": "top"}}],
      "captions": [{"text": "Hello there", "start": 0, "end": 2}],
      "voice": [{"src": "v.wav", "start": 0.5, "gain_db": -3}],
      "effects": [{"src": "e.wav", "start": 1}],
      "music": [{"src": "m.mp3", "duration": 5, "fade_out": 1}]}})");
  EXPECT_EQ(request.canvas.frame.width, 480);
  EXPECT_EQ(request.canvas.fps, 25);
  ASSERT_EQ(request.shots.size(), 3u);
  EXPECT_EQ(request.shots[0].shot.kind, Shot::Kind::clip);
  EXPECT_EQ(request.shots[0].shot.fit, Fit::blur);
  EXPECT_EQ(request.shots[0].into.kind, "wipe-up");
  EXPECT_DOUBLE_EQ(request.shots[0].into_s, 0.8);
  EXPECT_EQ(request.shots[1].into.kind, "slide-left");
  EXPECT_DOUBLE_EQ(*request.shots[1].seconds, 4) << "a still without a length";
  EXPECT_DOUBLE_EQ(request.shots[1].shot.crop->width, 0.5);
  EXPECT_DOUBLE_EQ(request.shots[1].shot.move->to.zoom, 1.2);
  EXPECT_EQ(to_hex(request.shots[2].shot.color), "#336699");
  ASSERT_EQ(request.captions.size(), 2u);
  ASSERT_EQ(request.captions[0].cues.size(), 1u);
  EXPECT_EQ(request.captions[0].cues[0].lines.size(), 2u);
  EXPECT_DOUBLE_EQ(request.captions[0].cues[0].end_s, 3);
  EXPECT_TRUE(request.captions[1].style.background) << "a render's captions are boxed";
  ASSERT_EQ(request.sounds.size(), 3u);
  EXPECT_EQ(request.sounds[0].sound.at, 24000);
  EXPECT_EQ(request.sounds[2].sound.sort, Sound::Sort::music);
  EXPECT_EQ(request.drawn.size(), 2u);
}

TEST(RenderRequest, HasUsualValues) {
  const auto request = read(R"({"tracks": {"picture": [{"type": "color"}]}})");
  EXPECT_EQ(request.canvas.frame.width, 1280);
  EXPECT_EQ(request.canvas.frame.height, 720);
  EXPECT_EQ(request.canvas.fps, 30);
}

TEST(RenderRequest, PutsWordsWhereTheyAreSaid) {
  const auto request = read(R"({"caption_style": {"mode": "pop"}, "tracks": {"picture": [{"type": "color"}],
      "captions": [{"text": "Hello there", "start": 1, "end": 3, "words": [{"text": "Hello", "start": 1.2, "end": 1.5},
                                                                      {"text": "there", "start": 2, "end": 2.5}]}]}})");
  ASSERT_EQ(request.captions.size(), 1u);
  ASSERT_EQ(request.captions[0].cues.size(), 2u);
  EXPECT_NEAR(request.captions[0].cues[0].start_s, 1.2, 1e-9);
  EXPECT_NEAR(request.captions[0].cues[1].start_s, 2, 1e-9);
}

TEST(RenderRequest, SaysWhichFieldIsWrongAndWhatToDo) {
  struct Case {
    const char* timeline;
    const char* field;
    const char* said;
  };
  for (
      const Case& c : {
          Case{R"({})", "params.timeline.tracks.picture", "at least one image, video or color"},
          Case{R"({"tracks": {"picture": []}})", "params.timeline.tracks.picture", "has nothing to show"},
          Case{R"({"tracks": {"picture": [7]}})", "params.timeline.tracks.picture[0]", "an object"},
          Case{R"({"tracks": {"picture": [{"src": "a.png"}]}})", "params.timeline.tracks.picture[0].type",
               "is missing; give image, video or color"},
          Case{R"({"tracks": {"picture": [{"type": "gif", "src": "a.gif"}]}})",
               "params.timeline.tracks.picture[0].type", "must be one of: image, video, color"},
          Case{R"({"tracks": {"picture": [{"type": "video"}]}})", "params.timeline.tracks.picture[0].src",
               "is missing"},
          Case{R"({"tracks": {"picture": [{"type": "video", "src": "../a.mp4"}]}})",
               "params.timeline.tracks.picture[0].src", "outside the folders that files may come from"},
          Case{R"({"tracks": {"picture": [{"type": "video", "src": "https://a.example/a.mp4"}]}})",
               "params.timeline.tracks.picture[0].src", "by URL are not supported yet"},
          Case{R"({"tracks": {"picture": [{"type": "color", "color": "red"}]}})",
               "params.timeline.tracks.picture[0].color", "is no colour"},
          Case{R"({"tracks": {"picture": [{"type": "color", "transition": "fade"}]}})",
               "params.timeline.tracks.picture[0].transition", "leads nowhere"},
          Case{R"({"tracks": {"picture": [{"type": "color", "transition": "explode"}, {"type": "color"}]}})",
               "params.timeline.tracks.picture[0].transition", "is no transition; give cut, fade"},
          Case{
              R"({"tracks": {"picture": [{"type": "image", "src": "a.png", "crop": {"x": 0.5, "width": 0.6}}]}})",
              "params.timeline.tracks.picture[0].crop", "over the picture's edge"},
          Case{
              R"({"tracks": {"picture": [{"type": "video", "src": "a.mp4", "when_short": "loop", "trim": 2}]}})",
              "params.timeline.tracks.picture[0].when_short", "neither trimmed"},
          Case{R"({"width": 641, "height": 480, "tracks": {"picture": [{"type": "color"}]}})",
               "params.timeline.width", "must be even"},
          Case{R"({"width": 640, "tracks": {"picture": [{"type": "color"}]}})", "params.timeline.height",
               "is missing"},
          Case{R"({"fps": 29, "tracks": {"picture": [{"type": "color"}]}})", "params.timeline.fps",
               "24, 25, 30, 50 or 60"},
          Case{
              R"({"tracks": {"picture": [{"type": "color"}], "captions": [{"text": "a", "start": 3, "end": 2}]}})",
              "params.timeline.tracks.captions[0].end", "not after its start"},
          Case{R"({"tracks": {"picture": [{"type": "color"}], "text": [{"text": "a"}]}})",
               "params.timeline.tracks.text[0]", "give `end` or `duration`"},
          Case{R"({"tracks": {"picture": [{"type": "color"}], "voice": [{"start": 1}]}})",
               "params.timeline.tracks.voice[0].src", "is missing"},
      }) {
    const auto request = read_render_request(params(c.timeline), rules);
    ASSERT_FALSE(request) << c.timeline;
    EXPECT_EQ(request.error().field, c.field) << request.error().message;
    EXPECT_THAT(request.error().message, HasSubstr(c.said));
  }
  const auto none = read_render_request(Json::object(), rules);
  ASSERT_FALSE(none);
  EXPECT_THAT(none.error().message, HasSubstr("params.timeline: is missing"));
  Json many = params(R"({"tracks": {"picture": []}})");
  for (int i = 0; i < 6; ++i) many["timeline"]["tracks"]["picture"].push_back({{"type", "color"}});
  EXPECT_THAT(read_render_request(many, rules).error().message, HasSubstr("6 shots; at most 5"));
}

}  // namespace
}  // namespace reelspool
