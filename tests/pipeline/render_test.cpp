// A timeline, made by the pipeline with real scripts, and measured: frames that carry their number, beeps that stand where a
// flash is.

#include <fstream>

#include "tests/pipeline/studio.hpp"

namespace reelspool::testing {
namespace {

using test::Pictures;
using ::testing::HasSubstr;

class Render : public Studio {
 protected:
  Render() {
    std::filesystem::create_directories(uploads_);
    set("WATERMARK_IMAGE", "none");
  }
  Result<Json> render(const std::string& timeline, const std::string& id = "job") {
    Json params;
    params["timeline"] = *parse_json(timeline);
    return attempt("render", params, id);
  }
  std::filesystem::path video(const std::string& id = "job") { return folder(id) / "final.mp4"; }
  /// Frames that ffmpeg encoded for the job: those of its pieces.
  std::int64_t encoded_frames(const std::string& id = "job") {
    std::int64_t frames = 0;
    for (const auto& entry : std::filesystem::directory_iterator(folder(id)))
      if (entry.path().filename().string().starts_with("clip_") && entry.path().extension() == ".mp4")
        frames += test::decode(entry.path(), 2, 2, "scale=2:2").count();
    return frames;
  }
  /// A clip whose picture is as bright as its time: 2 levels of luma a frame from `base` on.
  void ramp(const std::string& name, int base, const std::string& rate, const std::string& seconds) {
    test::make("-f lavfi -i color=black:s=320x180:r=" + rate + ":d=" + seconds + ",format=gray,geq=lum='" +
                   std::to_string(base) + "+2*N' -f lavfi -i sine=440:d=" + seconds +
                   " -c:v libx264 -qp 0 -pix_fmt yuv420p -color_range tv -c:a aac -shortest",
               uploads_ / name);
  }

  std::filesystem::path uploads_ = data_ / "uploads";
};

TEST_F(Render, JoinsAnyMediaToExactlyThePlannedFramesAndSamples) {
  test::make(
      "-f lavfi -i testsrc2=s=322x242:r=25:d=1.3 -f lavfi -i sine=300:r=44100:d=1.3 -ac 1 -c:v libx264",
      uploads_ / "a.mp4");
  test::make("-f lavfi -i testsrc=s=180x320:r=60:d=0.7 -c:v libx264", uploads_ / "silent.mp4");
  test::make("-f lavfi -i testsrc2=s=301x403 -frames:v 1", uploads_ / "still.png");
  const auto made = render(R"({"width": 320, "height": 180, "tracks": {"picture": [
      {"type": "video", "src": "a.mp4", "transition": {"type": "crossfade", "duration": 0.3}},
      {"type": "image", "src": "still.png", "duration": 1, "move": "zoom-in", "transition": "wipe"},
      {"type": "video", "src": "silent.mp4", "fit": "blur"},
      {"type": "video", "src": "a.mp4", "trim": 0.5, "speed": 2, "transition": {"type": "slide-up", "duration": 0.2}},
      {"type": "color", "color": "#336699", "duration": 1}]}})");
  ASSERT_TRUE(is_ok(made)) << made.error().message;
  const int frames = 40 + 30 + 21 + 12 + 30 - 9 - 15 - 6;  // a.mp4 has 33 frames at 25 a second
  EXPECT_EQ(test::decode(video(), 2, 2, "scale=2:2").count(), frames);
  EXPECT_EQ(encoded_frames(), frames) << "each frame is encoded once";
  EXPECT_NEAR(static_cast<double>(test::decode_sound(video()).size()) / 2, frames * 1600, 1600);
  const auto picture = test::decode(video(), 320, 180);
  const test::Pixel last = picture.at(frames - 1, 160, 90);
  EXPECT_NEAR(last.red, 0x33, 4);
  EXPECT_NEAR(last.green, 0x66, 4);
  EXPECT_NEAR(last.blue, 0x99, 4);
  EXPECT_DOUBLE_EQ((*made)["videoSeconds"].get<double>(), frames / 30.0);
  EXPECT_EQ(scenes_json()[0]["files"]["clip"], "source_0.mp4");
  EXPECT_EQ(scenes_json()[1]["seconds"], 1.0);
  EXPECT_EQ(scenes_json()[4]["status"], "done");
  EXPECT_TRUE(std::filesystem::exists(folder("job") / "source_0.mp4"));
  EXPECT_FALSE(std::filesystem::exists(folder("job") / "source_3.mp4")) << "a.mp4 is taken in once";
}

// Two clips that count their frames in luma: whatever the pieces, frame n of the video shows what the plan says.
TEST_F(Render, ShowsInEachFrameWhatThePlanSays) {
  ramp("first.mp4", 20, "30", "2");
  ramp("second.mp4", 30, "30", "2");
  ASSERT_TRUE(is_ok(render(R"({"width": 320, "height": 180, "tracks": {"picture": [
      {"type": "video", "src": "first.mp4", "transition": {"type": "wipe-left", "duration": 1}},
      {"type": "video", "src": "second.mp4"}]}})")));
  const Pictures seen = test::decode(video(), 320, 180);
  ASSERT_EQ(seen.count(), 90);
  const auto luma_of = [](int base, int frame) { return base + 2.0 * frame; };
  // The new picture comes in from the right: at the left edge the old one stays longest.
  for (int frame = 0; frame < 58; ++frame)
    EXPECT_NEAR(seen.luma(frame, 2, 90), luma_of(20, frame), 4) << frame;
  for (int frame = 32; frame < 90; ++frame)
    EXPECT_NEAR(seen.luma(frame, 317, 90), luma_of(30, frame - 30), 4) << frame;
}

TEST_F(Render, KeepsPictureAndSoundTogetherOverTransitions) {
  // A white frame and a beep at 1.0 s of each clip of 2 s.
  test::make(
      "-f lavfi -i color=black:s=160x90:r=30:d=2,drawbox=c=white:t=fill:enable='eq(n\\,30)' "
      "-f lavfi -i aevalsrc='0.5*sin(2*PI*1000*t)*between(t\\,1\\,1.0333)':d=2:s=44100 -c:v libx264 -c:a aac",
      uploads_ / "flash.mp4");
  std::string shots;
  for (int i = 0; i < 6; ++i)
    shots += std::string(i > 0 ? "," : "") + R"({"type": "video", "src": "flash.mp4")" +
             (i < 5 && i % 2 == 0 ? R"(, "transition": {"type": "crossfade", "duration": 0.4})" : "") + "}";
  ASSERT_TRUE(is_ok(render(R"({"width": 160, "height": 90, "tracks": {"picture": [)" + shots + "]}}")));
  const Pictures seen = test::decode(video(), 2, 2, "scale=2:2");
  const auto heard = test::decode_sound(video());
  ASSERT_EQ(seen.count(), 6 * 60 - 3 * 12);
  int flashes = 0;
  for (int frame = 0; frame < seen.count(); ++frame) {
    if (seen.luma(frame, 0, 0) < 200) continue;
    ++flashes;
    std::size_t beep = 0;  // the first loud sample near it
    for (std::size_t i = static_cast<std::size_t>(frame - 3) * 1600;
         i < static_cast<std::size_t>(frame + 3) * 1600; ++i)
      if (beep == 0 && std::abs(heard[2 * i]) > 0.05F) beep = i;
    EXPECT_LT(std::abs(static_cast<double>(beep) - frame * 1600.0), 1600) << "flash at frame " << frame;
  }
  EXPECT_EQ(flashes, 6);
}

TEST_F(Render, EncodesNothingAgainButTheShotThatWasEdited) {
  const std::string timeline = R"({"width": 160, "height": 90, "tracks": {"picture": [
      {"type": "color", "color": "#112233", "duration": 1}, {"type": "color", "color": "COLOUR", "duration": 1},
      {"type": "color", "color": "#445566", "duration": 1}], "text": [{"text": "Hello", "start": 0.5, "duration": 2}]}})";
  const auto with = [&](const std::string& colour) {
    std::string text = timeline;
    return text.replace(text.find("COLOUR"), 6, colour);
  };
  providers_.incapable.clear();
  providers_.failing["upload-video"] = make_error(ErrorClass::auth, "Access Denied");
  ASSERT_FALSE(render(with("#223344")));
  const auto written = [&](int piece) {
    return std::filesystem::last_write_time(folder("job") / ("clip_" + std::to_string(piece) + ".mp4"));
  };
  const auto first = written(0), second = written(1), third = written(2);
  providers_.failing.clear();
  ASSERT_TRUE(is_ok(render(with("#ff0000"))));
  EXPECT_EQ(written(0), first);
  EXPECT_NE(written(1), second);
  EXPECT_EQ(written(2), third);
  EXPECT_GT(test::decode(video(), 160, 90).at(45, 5, 5).red, 240);
}

TEST_F(Render, CopiesPicturesToWhichNothingIsToBeDone) {
  for (const char* name : {"a.mp4", "b.mp4", "c.mp4"})
    test::make(
        "-f lavfi -i testsrc2=s=160x90:r=30:d=1 -f lavfi -i sine=300:d=1 -c:v libx264 -pix_fmt yuv420p -bf 2",
        uploads_ / name);
  const std::string cuts = R"({"width": 160, "height": 90, "tracks": {"picture": [
      {"type": "video", "src": "a.mp4"}, {"type": "video", "src": "b.mp4"}, {"type": "video", "src": "c.mp4"}]}})";
  ASSERT_TRUE(is_ok(render(cuts)));
  EXPECT_EQ(test::decode(video(), 160, 90).count(), 90);
  EXPECT_FALSE(std::filesystem::exists(folder("job") / "clip_0.mp4")) << "nothing was encoded";
  EXPECT_EQ(test::decode(video(), 160, 90).bytes.size(),
            3 * test::decode(uploads_ / "a.mp4", 160, 90).bytes.size());
  const auto whole = test::decode(video(), 160, 90).bytes,
             clip = test::decode(uploads_ / "b.mp4", 160, 90).bytes;
  EXPECT_TRUE(std::equal(clip.begin(), clip.end(), whole.begin() + static_cast<std::ptrdiff_t>(clip.size())));
  // One of another encoder's settings: then all are encoded.
  test::make("-f lavfi -i testsrc2=s=160x90:r=30:d=1 -c:v libx264 -profile:v baseline -pix_fmt yuv420p",
             uploads_ / "b.mp4");
  ASSERT_TRUE(is_ok(render(cuts, "other")));
  EXPECT_EQ(test::decode(video("other"), 160, 90).count(), 90);
  EXPECT_TRUE(std::filesystem::exists(folder("other") / "clip_0.mp4"));
}

TEST_F(Render, GivesItsCaptionsAsFilesToo) {
  const auto made = render(R"({"width": 320, "height": 180, "caption_style": {"mode": "karaoke"}, "tracks": {
      "picture": [{"type": "color", "duration": 1, "transition": {"type": "fade", "duration": 0.5}}, {"type": "color", "color": "#0000ff", "duration": 1}],
      "captions": [{"text": "Over the border", "start": 0.2, "end": 1.4}]}})");
  ASSERT_TRUE(is_ok(made));
  EXPECT_THAT((*made)["captionsUrl"].get<std::string>(), HasSubstr("/captions.vtt"));
  EXPECT_EQ(content(folder("job") / "captions.srt"), "1\n00:00:00,200 --> 00:00:01,400\nOver the border\n\n");
  EXPECT_THAT(content(folder("job") / "captions.ass"), HasSubstr("Dialogue: "));
  // They are seen on both sides of the border and in the transition: white letters on black and on blue.
  const Pictures seen = test::decode(video(), 320, 180);
  const auto brightest = [&](int frame) {
    double most = 0;
    for (int y = 90; y < 180; ++y)
      for (int x = 0; x < 320; ++x) most = std::max(most, seen.luma(frame, x, y));
    return most;
  };
  EXPECT_LT(brightest(3), 60);
  for (const int frame : {10, 17, 25, 35, 40}) EXPECT_GT(brightest(frame), 180) << frame;
  EXPECT_LT(brightest(44), 60);
}

TEST_F(Render, RefusesWhatIsNoMediumBeforeItEncodesAnything) {
  write(uploads_ / "text.mp4", "hello");
  write(uploads_ / "empty.mp4", "");
  test::make("-f lavfi -i sine=300:d=1", uploads_ / "sound.wav");
  test::make("-f lavfi -i color=red:s=64x64:d=1 -c:v libx264", uploads_ / "mute.mp4");
  int job = 0;
  const auto complaint = [&](const std::string& tracks) {
    const auto made =
        render(R"({"width": 64, "height": 64, "tracks": )" + tracks + "}", "job-" + std::to_string(++job));
    return made ? std::string() : made.error().message;
  };
  EXPECT_THAT(complaint(R"({"picture": [{"type": "video", "src": "text.mp4"}]})"),
              HasSubstr("params.timeline.tracks.picture[0].src: cannot be read as a video"));
  EXPECT_THAT(complaint(R"({"picture": [{"type": "video", "src": "empty.mp4"}]})"), HasSubstr("is empty"));
  EXPECT_THAT(complaint(R"({"picture": [{"type": "video", "src": "absent.mp4"}]})"),
              HasSubstr("No such file"));
  EXPECT_THAT(complaint(R"({"picture": [{"type": "video", "src": "sound.wav"}]})"),
              HasSubstr("it has no picture"));
  EXPECT_THAT(complaint(R"({"picture": [{"type": "color"}], "voice": [{"src": "mute.mp4"}]})"),
              HasSubstr("params.timeline.tracks.voice[0].src: cannot be read as a sound: it has no sound"));
  EXPECT_THAT(complaint(R"({"picture": [{"type": "video", "src": "mute.mp4", "trim": 3}]})"),
              HasSubstr("but the clip is over after 1 s"));
  for (int i = 1; i <= job; ++i)
    EXPECT_FALSE(std::filesystem::exists(folder("job-" + std::to_string(i)) / "clip_0.mp4"));
}

}  // namespace
}  // namespace reelspool::testing
