#include "worker/pipeline/storyboard.hpp"

#include "tests/pipeline/studio.hpp"
#include "worker/story/scene_length.hpp"

namespace reelspool::testing {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

Json json(std::string_view text) {
  auto parsed = parse_json(text);
  EXPECT_TRUE(is_ok(parsed));
  return parsed ? *parsed : Json();
}

const char* const two_scenes =
    R"({"resolution":"480p","scenes":[{"visual":"sky","spoken_text":"The sky is blue today."},{"visual":"sea","spoken_text":"And so is the sea."}]})";

class Storyboard : public Studio {
 protected:
  /// Frames that scenes.json tells of, all scenes together.
  std::int64_t planned_frames() {
    double seconds = 0;
    for (const Json& scene : scenes_json()) seconds += scene["seconds"].get<double>();
    return std::llround(seconds * frames_per_second);
  }
};

TEST_F(Storyboard, BecomesAVideoOfExactlyThePlannedFramesAndSamples) {
  const auto made = attempt("storyboard", json(two_scenes));
  ASSERT_TRUE(is_ok(made));
  const auto video = folder("job") / "final.mp4";
  EXPECT_EQ((*made)["videoUrl"], file_url(video));
  EXPECT_EQ((*made)["thumbnailUrl"], file_url(folder("job") / "thumbnail.jpg"));
  EXPECT_EQ((*made)["width"], 480);

  const auto frames = planned_frames();
  EXPECT_EQ(frames, 180);  // both narrations are short: 3 s each
  EXPECT_DOUBLE_EQ((*made)["videoSeconds"].get<double>(), 6);
  EXPECT_EQ(test::decode(video, 2, 2, "scale=2:2").count(), frames);
  const auto samples = static_cast<std::int64_t>(test::decode_sound(video).size() / 2);
  EXPECT_LE(std::abs(samples - frames * samples_per_frame), samples_per_frame);
  EXPECT_NEAR((*made)["loudnessLufs"].get<double>(), -14, 0.5);
}

// A transition takes its frames from the end of the scene before it: words and captions stay where they are.
TEST_F(Storyboard, BlendsItsScenesWithoutMovingAWord) {
  Json params = json(two_scenes);
  params["music"] = false;
  ASSERT_TRUE(is_ok(attempt("storyboard", params, "cut")));
  params["transition_style"] = "wipe";
  const auto made = attempt("storyboard", params);
  ASSERT_TRUE(is_ok(made));
  EXPECT_FALSE(made->contains("warnings"));
  const auto video = folder("job") / "final.mp4";
  EXPECT_EQ(test::decode(video, 2, 2, "scale=2:2").count(), 180);
  EXPECT_EQ(test::decode(folder("job") / "clip_0_transition.mp4", 2, 2, "scale=2:2").count(), 15);
  EXPECT_EQ(test::decode(folder("job") / "clip_0.mp4", 2, 2, "scale=2:2").count(), 75);
  EXPECT_EQ(content(folder("job") / "captions.srt"), content(folder("cut") / "captions.srt"));
  EXPECT_EQ(test::decode_sound(video), test::decode_sound(folder("cut") / "final.mp4"));
  EXPECT_EQ(providers_.request("scene-2/clip")["seconds"], 3.0) << "of the video without transitions";
  int asked = 0;
  for (const auto& one : providers_.asked)
    asked += one.key == "scene-2/clip" && one.request["seconds"] == 3.5 ? 1 : 0;
  EXPECT_EQ(asked, 1) << "the second scene's picture is there half a second earlier";
}

TEST_F(Storyboard, GoesToTheStorageThatThereIsAndIsFoundThere) {
  providers_.incapable.clear();
  set("STORAGE_VIDEO_KEY", "renders/{userId}/{jobId}_final.mp4");
  ASSERT_TRUE(
      is_ok(store().submit(R"({"id":"job","type":"storyboard","userId":"../Ana María","params":{}})")));
  const auto made = attempt("storyboard", json(two_scenes));
  ASSERT_TRUE(is_ok(made));
  EXPECT_EQ((*made)["videoUrl"], "https://cdn.test/renders/.._Ana_Mar__a/job_final.mp4");
  EXPECT_EQ((*made)["thumbnailUrl"], "https://cdn.test/renders/job_thumbnail.jpg");
  EXPECT_EQ((*made)["videoUrlExpiresAt"], "2026-11-22T16:00:00.000Z");
  EXPECT_EQ(providers_.request("upload-video")["type"], "video/mp4");
  const Json assets = read_json(folder("job") / "assets.json")["assets"];
  EXPECT_EQ(assets.back()["url"], "https://cdn.test/renders/job_thumbnail.jpg");
}

TEST_F(Storyboard, UploadsAgainAndNothingElseWhereTheUploadFailed) {
  providers_.incapable.clear();
  providers_.failing["upload-video"] = make_error(ErrorClass::auth, "storage-s3: Access Denied");
  const auto failed = attempt("storyboard", json(two_scenes));
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().message,
            "storage-s3: Access Denied; what was made is kept, and retrying the job only uploads it again");
  providers_.failing.clear();
  providers_.asked.clear();
  ASSERT_TRUE(is_ok(attempt("storyboard", json(two_scenes))));
  ASSERT_EQ(providers_.asked.size(), 1u);
  EXPECT_EQ(providers_.asked[0].key, "upload-video");
}

TEST_F(Storyboard, SpendsNothingWhereItCouldNotBeUploaded) {
  auto complaint = [&, number = 0]() mutable {
    const auto made = attempt("storyboard", json(two_scenes), "job-" + std::to_string(++number));
    return made ? std::string() : made.error().message;
  };
  set("STORAGE_PROVIDER", "storage-s3");
  EXPECT_EQ(complaint(), "no storage");
  providers_.incapable.clear();
  set("STORAGE_VIDEO_KEY", "renders/final.mp4");
  EXPECT_EQ(complaint(),
            "STORAGE_VIDEO_KEY is \"renders/final.mp4\", which has no {jobId}: every job would overwrite the "
            "last one's file");
  set("STORAGE_VIDEO_KEY", "{jobId}/{name}");
  EXPECT_EQ(
      complaint(),
      "STORAGE_VIDEO_KEY is \"{jobId}/{name}\", which has {name}; there are {jobId}, {userId} and {type}");
  set("STORAGE_VIDEO_KEY", "/{jobId}");
  EXPECT_EQ(complaint(), "STORAGE_VIDEO_KEY is \"/{jobId}\", which has an empty part between its slashes");
  for (const char* elsewhere : {"../{jobId}", "a/./{jobId}", "{jobId}/.."}) {
    set("STORAGE_VIDEO_KEY", elsewhere);
    EXPECT_THAT(complaint(), HasSubstr("has a part \".\" or \"..\": it would lead elsewhere"));
  }
  set("STORAGE_VIDEO_KEY", "a\n{jobId}");
  EXPECT_THAT(complaint(), HasSubstr("a character that is not printed"));
  set("STORAGE_VIDEO_KEY", "renders/{jobId}");
  set("STORAGE_THUMBNAIL_KEY", "renders/{jobId}");
  EXPECT_THAT(complaint(), HasSubstr("lead to the same place, so one file would overwrite the other"));
  EXPECT_TRUE(providers_.asked.empty());
}

TEST_F(Storyboard, SaysNothingBeforeTheNarrationBegins) {
  ASSERT_TRUE(is_ok(attempt("storyboard", json(R"({"resolution":"480p","music":false,"scenes":[
      {"visual":"a","duration":4,"spoken_text":"Hello there, good day."},{"visual":"b","spoken_text":"Good bye to all of you."}]})"))));
  const auto sound = test::decode_sound(folder("job") / "final.mp4");
  EXPECT_LT(test::level_db(sound, 0, 5'000), -60);                        // the first 0.1 s
  EXPECT_GT(test::level_db(sound, 12'000, 40'000), -30);                  // then the voice
  EXPECT_LT(test::level_db(sound, 4 * 48'000, 4 * 48'000 + 5'000), -60);  // scene 2 begins at 4 s
  EXPECT_GT(test::level_db(sound, 4 * 48'000 + 12'000, 5 * 48'000), -30);
}

TEST_F(Storyboard, TellsOfEverySceneAndEveryFile) {
  ASSERT_TRUE(is_ok(attempt("storyboard", json(two_scenes))));
  const Json scenes = scenes_json();
  ASSERT_EQ(scenes.size(), 2u);
  for (const Json& scene : scenes) {
    EXPECT_EQ(scene["status"], "done");
    EXPECT_EQ(scene["progress"], 100);
    EXPECT_TRUE(scene["error"].is_null());
  }
  EXPECT_EQ(scenes[1]["index"], 2);
  EXPECT_EQ(scenes[1]["spokenText"], "And so is the sea.");
  EXPECT_EQ(scenes[1]["files"]["audio"], "clip_1_audio.wav");
  EXPECT_EQ(scenes[1]["files"]["image"], "clip_1_image.png");
  EXPECT_EQ(scenes[1]["files"]["piece"], "clip_1.mp4");

  const Json assets = read_json(folder("job") / "assets.json")["assets"];
  std::vector<std::string> paths;
  for (const Json& asset : assets) {
    paths.push_back(asset["path"]);
    const auto path = folder("job") / asset["path"].get<std::string>();
    EXPECT_EQ(asset["bytes"], std::filesystem::file_size(path));
    EXPECT_EQ(asset["sha256"].get<std::string>().size(), 64u);
  }
  EXPECT_THAT(paths, ElementsAre("clip_0_audio.wav", "clip_0_image.png", "clip_0.mp4", "clip_1_audio.wav",
                                 "clip_1_image.png", "clip_1.mp4", "music.wav", "mix.wav", "captions.srt",
                                 "captions.vtt", "captions.ass", "final.mp4", "thumbnail.jpg"));
}

TEST_F(Storyboard, ShowsProgressThatOnlyGrows) {
  ASSERT_TRUE(is_ok(attempt("storyboard", json(two_scenes))));
  std::vector<std::string> stages;
  for (std::size_t i = 0; i < shown_.size(); ++i) {
    if (i > 0) {
      EXPECT_GE(shown_[i].percent, shown_[i - 1].percent);
    }
    EXPECT_LT(shown_[i].percent, 100);
    EXPECT_EQ(shown_[i].scenes, 2);
    stages.push_back(shown_[i].stage);
  }
  for (const char* stage : {"preparing", "generating_audio", "generating_keyframe", "generating_video",
                            "merging", "generating_music", "rendering", "concatenating", "finishing"})
    EXPECT_THAT(stages, Contains(stage));
}

TEST_F(Storyboard, MakesSilentScenesAndTakesTheJobsOwnPictures) {
  std::filesystem::create_directories(data_ / "uploads");
  test::make("-f lavfi -i color=c=0xc02020:s=300x500 -frames:v 1", data_ / "uploads/red.jpg");
  const std::string png =
      "data:image/png;base64,"
      "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";
  set("WATERMARK_IMAGE", "none");
  Json params =
      json(R"({"resolution":"480p","music":false,"scenes":[{"images":["red.jpg"]},{"duration":"1s"}]})");
  params["scenes"][1]["image"] = png;
  ASSERT_TRUE(is_ok(attempt("storyboard", params)));
  EXPECT_EQ(providers_.count("speech"), 0);
  EXPECT_EQ(providers_.count("image"), 0);
  EXPECT_EQ(providers_.request("scene-1/clip")["image"]["file"], "input.jpg");
  EXPECT_TRUE(std::filesystem::exists(folder("job") / "clip_0_image.jpg"));
  EXPECT_EQ(planned_frames(), 150);  // 4 s without text, and the 1 s asked for
  const auto frames = test::decode(folder("job") / "final.mp4", 2, 2, "scale=2:2");
  EXPECT_GT(frames.at(10, 1, 1).red, 150);
  EXPECT_LT(frames.at(10, 1, 1).green, 80);
}

TEST_F(Storyboard, MakesNothingAgainThatWasMade) {
  providers_.failing["music"] = make_error(ErrorClass::transient, "no band today");
  ASSERT_FALSE(attempt("storyboard", json(two_scenes)));
  EXPECT_EQ(scenes_json()[0]["status"], "done");
  providers_.failing.clear();
  providers_.asked.clear();
  die_and_come_back();
  ASSERT_TRUE(is_ok(attempt("storyboard", json(two_scenes))));
  ASSERT_EQ(providers_.asked.size(), 1u);
  EXPECT_EQ(providers_.asked[0].kind, "music");
}

TEST_F(Storyboard, NamesTheSceneThatFailedAndFinishesTheOthers) {
  providers_.failing["scene-2/keyframe"] = make_error(ErrorClass::content_policy, "not this");
  const auto made = attempt("storyboard", json(two_scenes));
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().cls, ErrorClass::content_policy);
  EXPECT_EQ(made.error().scene, 2);
  EXPECT_EQ(made.error().step, "scene-2/keyframe");
  const Json scenes = scenes_json();
  EXPECT_EQ(scenes[1]["status"], "failed");
  EXPECT_THAT(scenes[1]["error"].get<std::string>(), HasSubstr("not this"));
  EXPECT_NE(scenes[0]["status"], "failed");
  EXPECT_TRUE(std::filesystem::exists(folder("job") / "clip_0_audio.wav"));  // what ran beside it is kept
}

TEST_F(Storyboard, SpendsNothingOnARequestThatIsWrong) {
  struct Wrong {
    const char* params;
    const char* field;
  };
  const Wrong wrongs[] = {
      {R"({"scenes":[]})", "params.scenes"},
      {R"({"scenes":[{"visual":"a"},{"role":"hook"}]})", "params.scenes[1]"},
      {R"({"scenes":[{"visual":"a","images":["/etc/passwd"]}]})", "params.scenes[0].images[0]"},
      {R"({"scenes":[{"visual":"a","images":["absent.png"]}]})", "params.scenes[0].images[0]"},
      {"{\"scenes\":[{\"spoken_text\":\"Kawi: \xF0\x91\xBC\x84 text.\"}]}", "params.scenes[0].spoken_text"},
  };
  int number = 0;
  for (const Wrong& wrong : wrongs) {
    const auto made = attempt("storyboard", json(wrong.params), "wrong-" + std::to_string(++number));
    ASSERT_FALSE(made) << wrong.params;
    EXPECT_EQ(made.error().cls, ErrorClass::invalid_request) << made.error().message;
    EXPECT_EQ(made.error().field, wrong.field) << made.error().message;
  }
  EXPECT_TRUE(providers_.asked.empty());
}

TEST_F(Storyboard, SaysWhichFieldAskedForALanguageWithoutAVoice) {
  providers_.incapable["speech"] = make_error(ErrorClass::invalid_request, "nobody speaks tlh");
  const auto made = attempt("storyboard", json(R"({"scenes":[{"spoken_text":"Hello.","language":"tlh"}]})"));
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().field, "params.scenes[0].language");
  EXPECT_THAT(made.error().message, HasSubstr("params.scenes[0].language: nobody speaks tlh"));
  EXPECT_TRUE(providers_.asked.empty());
}

TEST_F(Storyboard, SaysWhichSettingNamesAWatermarkThatIsNotThere) {
  set("WATERMARK_IMAGE", "/nowhere/mark.png");
  const auto made = attempt("storyboard", json(two_scenes));
  ASSERT_FALSE(made);
  EXPECT_THAT(made.error().message, HasSubstr("WATERMARK_IMAGE: there is no file /nowhere/mark.png"));
  EXPECT_TRUE(providers_.asked.empty());
}

TEST_F(Storyboard, PutsAWatermarkOnVideosOfUnpaidPlansAlone) {
  const Json params = json(
      R"({"resolution":"480p","music":false,"enable_captions":false,"scenes":[{"visual":"a","duration":1}]})");
  ASSERT_TRUE(is_ok(attempt("storyboard", params, "free")));
  set("DEFAULT_PLAN", "pro");
  ASSERT_TRUE(is_ok(attempt("storyboard", params, "paid")));
  const auto brightest = [&](const std::string& id) {
    const auto frames = test::decode(folder(id) / "final.mp4", 480, 854);
    double most = 0;
    for (int x = 100; x < 380; ++x) most = std::max(most, frames.luma(15, x, 427));
    return most;
  };
  EXPECT_GT(brightest("free"), brightest("paid") + 30);
}

TEST_F(Storyboard, ShowsTextThatIsMadeOfAnything) {
  const auto made = attempt("storyboard", json(R"({"resolution":"480p","music":false,"scenes":[
      {"visual":"x","spoken_text":"He said: \"it's {100%} \\N sure\" & <b>, $(id) `id` ; '%d' [x] \\ : ,\nand more"},
      {"visual":"y","spoken_text":"\"'{}\\%\n"}]})"));
  ASSERT_TRUE(is_ok(made));
  EXPECT_EQ(providers_.count("speech"),
            1);  // the second scene has nothing that could be said; it is shown for 4 s
  EXPECT_EQ(scenes_json()[1]["seconds"], 4);
}

TEST_F(Storyboard, LeavesOutEmojiThatNoFontDraws) {
  const auto made =
      attempt("storyboard", json("{\"resolution\":\"480p\",\"music\":false,\"scenes\":[{\"visual\":\"x\","
                                 "\"spoken_text\":\"Party time \xF0\x9F\x8E\x89 now\"}]}"));
  ASSERT_TRUE(is_ok(made));
  ASSERT_EQ((*made)["warnings"].size(), 1u);
  EXPECT_THAT((*made)["warnings"][0].get<std::string>(), HasSubstr("left out of captions"));
}

TEST_F(Storyboard, EndsWhenItIsCancelled) {
  providers_.on_ask = [&](const std::string&) { stop_->ask(StopReason::cancelled); };
  const auto made = attempt("storyboard", json(two_scenes));
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().cls, ErrorClass::cancelled);
  EXPECT_FALSE(std::filesystem::exists(folder("job") / "final.mp4"));
}

TEST_F(Storyboard, AsksForTheSameSceneInTheSameWayWhateverItsNeighboursSay) {
  ASSERT_TRUE(is_ok(attempt("storyboard", json(R"({"resolution":"480p","music":false,"title":"T","scenes":[
      {"visual":"a","duration":1},{"visual":"b","duration":1}]})"),
                            "one")));
  const Json before = providers_.request("scene-1/keyframe");
  providers_.asked.clear();
  ASSERT_TRUE(is_ok(attempt(
      "storyboard",
      json(R"({"resolution":"480p","music":false,"title":"T","seed":)" + before["style"]["seed"].dump() +
           R"(,"scenes":[{"visual":"a","duration":1},{"visual":"c","duration":1}]})"),
      "two")));
  EXPECT_EQ(providers_.request("scene-1/keyframe"), before);
}

TEST_F(Storyboard, OfATopicIsSplitFromItsScript) {
  const auto made = attempt(
      "topic",
      json(
          R"({"resolution":"480p","music":false,"script":"This is the first sentence of it.\n\nThis is the second one, after a pause."})"));
  ASSERT_TRUE(is_ok(made));
  EXPECT_EQ((*made)["planUrl"], file_url(folder("job") / "plan.json"));
  const Json clips = read_json(folder("job") / "plan.json")["clips"];
  ASSERT_EQ(clips.size(), 2u);
  EXPECT_EQ(clips[0]["clip_index"], 0);
  EXPECT_EQ(clips[1]["script"], "This is the second one, after a pause.");
  EXPECT_EQ(providers_.request("scene-2/speech")["text"], "This is the second one, after a pause.");
}

TEST(Pipelines, AreFoundByTypeOrRefusedWithAList) {
  EXPECT_TRUE(find_pipeline("storyboard"));
  EXPECT_TRUE(find_pipeline("topic"));
  EXPECT_TRUE(find_pipeline("render"));
  const auto unknown = find_pipeline("hologram");
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error().message,
            "type: \"hologram\" is no known type of job; the known types are storyboard, topic, "
            "render");
  EXPECT_FALSE(find_pipeline(""));
}

}  // namespace
}  // namespace reelspool::testing
