#include <gtest/gtest.h>

#include "tests/support/media.hpp"

namespace reelspool::test {
namespace {

TEST(Probe, CountsWhatDecodesAndSaysWhatItIs) {
  Scratch scratch;
  make(
      "-f lavfi -i testsrc2=s=320x180:r=25:d=1 -f lavfi -i sine=d=1:r=44100 -c:v libx264 -pix_fmt yuv420p "
      "-c:a pcm_s16le",
      scratch / "a.mov");
  const Ended probed = script("probe", {"--in", scratch / "a.mov", "--decode", "yes"});
  ASSERT_EQ(probed.status, 0) << probed.complaint;
  EXPECT_EQ(number_in(probed.output, "frames"), 25);
  EXPECT_EQ(number_in(probed.output, "fps"), 25);
  EXPECT_EQ(number_in(probed.output, "samples"), 44100);
  EXPECT_EQ(number_in(probed.output, "rate"), 44100);
  EXPECT_NE(probed.output.find("\"faststart\": false"), std::string::npos);
  make("-f lavfi -i sine=d=1:r=44100", scratch / "b.wav");
  EXPECT_NE(script("probe", {"--in", scratch / "b.wav"}).output.find("\"video\": null"), std::string::npos);
}

TEST(Loudness, IsNullForSilence) {
  Scratch scratch;
  make("-f lavfi -i sine=d=3,volume=-10dB", scratch / "tone.wav");
  make("-f lavfi -i anullsrc=d=1", scratch / "silence.wav");
  EXPECT_LT(number_in(script("loudness", {"--in", scratch / "tone.wav"}).output, "integrated_lufs"), -20);
  EXPECT_NE(script("loudness", {"--in", scratch / "silence.wav"})
                .output.find("\"integrated_lufs\": null, \"true_peak_dbtp\": null"),
            std::string::npos);
}

TEST(Thumbnail, ShowsAFrameWhichIsNotBlank) {
  Scratch scratch;  // black for half a second, then a picture
  make(
      "-f lavfi -i 'testsrc2=s=320x240:r=30:d=2,drawbox=c=black:t=fill:enable=lt(t\\,0.5)' -c:v libx264 "
      "-pix_fmt yuv420p",
      scratch / "v.mp4");
  const Ended made =
      script("thumbnail", {"--in", scratch / "v.mp4", "--out", scratch / "t.jpg", "--width", "160"});
  ASSERT_EQ(made.status, 0) << made.complaint;
  EXPECT_EQ(made.output, "{\"width\": 160, \"height\": 120}\n");
  const Ended middle = run({"ffmpeg", "-v", "error", "-f", "image2", "-pattern_type", "none", "-i",
                            "file:" + (scratch / "t.jpg").string(), "-vf", "scale=1:1,format=gray", "-f",
                            "rawvideo", "pipe:1"});
  ASSERT_EQ(middle.output.size(), 1U) << middle.complaint;
  EXPECT_GT(static_cast<unsigned char>(middle.output[0]), 40);
  EXPECT_EQ(script("thumbnail", {"--in", scratch / "v.mp4", "--out", scratch / "t.jpg", "--at", "9"}).status,
            1);
}

TEST(Fit, CoversTheFrameWhateverTheShape) {
  Scratch scratch;  // left half red, right half blue: cut at both sides, so that both are still there
  make("-f lavfi -i 'color=red:s=64x64[l];color=blue:s=64x64[r];[l][r]hstack' -frames:v 1",
       scratch / "a.png");
  const Ended made = script(
      "fit", {"--in", scratch / "a.png", "--out", scratch / "b.png", "--width", "90", "--height", "160"});
  ASSERT_EQ(made.status, 0) << made.complaint;
  EXPECT_EQ(made.output, "{\"width\": 90, \"height\": 160}\n");
  const Ended pixels = run({"ffmpeg", "-v", "error", "-f", "image2", "-pattern_type", "none", "-i",
                            "file:" + (scratch / "b.png").string(), "-vf",
                            "scale=2:1:flags=area,format=rgb24", "-f", "rawvideo", "pipe:1"});
  ASSERT_EQ(pixels.output.size(), 6U) << pixels.complaint;
  const auto level = [&](std::size_t place) { return static_cast<unsigned char>(pixels.output[place]); };
  EXPECT_GT(level(0), 200);
  EXPECT_LT(level(2), 60);
  EXPECT_LT(level(3), 60);
  EXPECT_GT(level(5), 200);
  EXPECT_EQ(script("fit",
                   {"--in", scratch / "a.png", "--out", scratch / "b.png", "--width", "9", "--height", "160"})
                .status,
            2);
}

TEST(Sheet, ShowsFramesFromAllThroughTheVideo) {
  Scratch scratch;  // brighter and brighter
  make("-f lavfi -i 'color=black:s=64x64:r=30:d=2,geq=lum=16+3*N:cb=128:cr=128' -c:v libx264 -crf 5",
       scratch / "v.mp4");
  const Ended made = script("sheet", {"--in", scratch / "v.mp4", "--out", scratch / "s.jpg", "--count", "6",
                                      "--columns", "3", "--width", "64"});
  ASSERT_EQ(made.status, 0) << made.complaint;
  EXPECT_EQ(number_in(made.output, "frames"), 6);
  const Ended raw =
      run({"ffmpeg", "-v", "error", "-f", "image2", "-pattern_type", "none", "-i",
           "file:" + (scratch / "s.jpg").string(), "-vf", "format=gray", "-f", "rawvideo", "pipe:1"});
  const int width = 4 + 3 * 68, height = 4 + 2 * 68;
  ASSERT_EQ(raw.output.size(), static_cast<std::size_t>(width * height));
  int last = -1;
  for (int n = 0; n < 6; ++n) {
    const int light = static_cast<unsigned char>(
        raw.output[static_cast<std::size_t>((4 + 68 * (n / 3) + 32) * width + 4 + 68 * (n % 3) + 32)]);
    EXPECT_GT(light, last + 15) << "frame " << n;
    last = light;
  }
}

}  // namespace
}  // namespace reelspool::test
