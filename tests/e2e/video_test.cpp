// The sample ad, made by the program as a user would, and then measured: never what the files say of themselves, always
// what they decode to. The same ad without captions and watermark stands beside it, so that what those two put into the
// picture can be told from the picture itself.

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <memory>

#include "tests/e2e/finished_job.hpp"

namespace reelspool::test {
namespace {

using nlohmann::json;

constexpr int width = 1080, height = 1920, fps = 30;

class SampleAd : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    ad_ = std::make_unique<FinishedJob>("ad-en.json", json::object(),
                                        std::map<std::string, std::string>{{"VIDEO_PRESET", "veryfast"}});
    plain_ = std::make_unique<FinishedJob>(
        "ad-en.json", json{{"params", {{"brief", {{"enable_captions", false}}}}}},
        std::map<std::string, std::string>{{"VIDEO_PRESET", "veryfast"}, {"WATERMARK_IMAGE", "none"}});
  }
  static void TearDownTestSuite() {
    ad_.reset();
    plain_.reset();
  }
  static std::unique_ptr<FinishedJob> ad_, plain_;
};
std::unique_ptr<FinishedJob> SampleAd::ad_, SampleAd::plain_;

/// What a filter of ffmpeg says about a file on stderr.
std::string told(const std::filesystem::path& file, const char* option, const std::string& filter) {
  const Ended ended = run({"ffmpeg", "-nostdin", "-hide_banner", "-nostats", "-i", "file:" + file.string(),
                           option, filter, "-f", "null", "-"});
  EXPECT_EQ(ended.status, 0) << ended.complaint;
  return ended.complaint;
}

/// Some frames of a video, half as wide and high.
Pictures frames_of(const FinishedJob& job, const std::vector<int>& wanted) {
  std::string choice;
  for (const int frame : wanted)
    choice += (choice.empty() ? "eq(n\\," : "+eq(n\\,") + std::to_string(frame) + ")";
  return decode(job.video(), width / 2, height / 2,
                "select='" + choice + "',scale=" + std::to_string(width / 2) + ":" +
                    std::to_string(height / 2) + ":flags=area");
}

TEST_F(SampleAd, HasExactlyThePlannedFramesAndItsSoundEndsWithThem) {
  const int planned = ad_->planned_frames();
  EXPECT_GT(planned, 10 * fps);
  EXPECT_EQ(decode(ad_->video(), 2, 2, "scale=2:2").count(), planned);
  const auto samples = static_cast<double>(decode_sound(ad_->video()).size()) / 2;
  EXPECT_LE(std::abs(samples / 48000 - static_cast<double>(planned) / fps), 1.0 / fps);
  EXPECT_EQ(plain_->planned_frames(), planned) << "captions and watermark change no length";
}

TEST_F(SampleAd, IsAVerticalVideoThatPlaysEverywhereAndWhileItLoads) {
  const json facts = json::parse(script("probe", {"--in", ad_->video(), "--decode", "yes"}).output);
  const json& picture = facts.at("video");
  EXPECT_EQ(picture.at("codec"), "h264");
  EXPECT_EQ(picture.at("width"), width);
  EXPECT_EQ(picture.at("height"), height);
  EXPECT_EQ(picture.at("fps"), fps);
  EXPECT_EQ(picture.at("pix_fmt"), "yuv420p");
  EXPECT_EQ(picture.at("sample_aspect_ratio"), "1:1");
  for (const char* tag : {"color_space", "color_transfer", "color_primaries"})
    EXPECT_EQ(picture.at(tag), "bt709") << tag;
  EXPECT_EQ(picture.at("color_range"), "tv");
  EXPECT_EQ(facts.at("audio").at("codec"), "aac");
  EXPECT_EQ(facts.at("audio").at("rate"), 48000);
  const std::string bytes = read_file(ad_->video());
  EXPECT_LT(bytes.find("moov"), bytes.find("mdat"));
  EXPECT_TRUE(std::filesystem::exists(ad_->folder() / "thumbnail.jpg"));
}

TEST_F(SampleAd, IsAsLoudAsTheTargetAndPeaksBelowTheLimit) {
  const std::string summary = told(ad_->video(), "-af", "ebur128=peak=true:framelog=verbose");
  const std::string end = summary.substr(summary.rfind("Summary:"));
  EXPECT_NEAR(std::stod(end.substr(end.find("I:") + 2)), -14, 0.5) << end;
  EXPECT_LE(std::stod(end.substr(end.find("Peak:") + 5)), -1.0) << end;
}

TEST_F(SampleAd, IsNeverBlackFrozenOrSilentForASecond) {
  for (const auto& [option, filter, word] :
       {std::tuple{"-vf", "blackdetect=d=0.5:pix_th=0.06", "black_start"},
        std::tuple{"-vf", "freezedetect=n=-66dB:d=1", "freeze_start"},
        std::tuple{"-af", "silencedetect=n=-50dB:d=1", "silence_start"}}) {
    const std::string said = told(ad_->video(), option, filter);
    EXPECT_EQ(said.find(word), std::string::npos) << said.substr(said.find(word));
  }
}

/// Pixels of the lower part that have the colour of a word being said. Captions are computed as BT.601 by libass's filter in
/// ffmpeg 5.1, and the edges of letters are blends, so the colour has a wide margin.
int lit_pixels(const Pictures& pictures, int index) {
  int lit = 0;
  for (int y = pictures.height * 55 / 100; y < pictures.height; ++y)
    for (int x = 0; x < pictures.width; ++x) {
      const Pixel p = pictures.at(index, x, y);
      lit += std::abs(p.red - 0xFF) < 45 && std::abs(p.green - 0xD4) < 45 && std::abs(p.blue - 0x3B) < 60;
    }
  return lit;
}

/// Pixels of the lower part that clearly differ.
int different_pixels(const Pictures& one, const Pictures& other, int index) {
  int different = 0;
  for (int y = one.height * 60 / 100; y < one.height; ++y)
    for (int x = 0; x < one.width; ++x)
      different += std::abs(one.luma(index, x, y) - other.luma(index, x, y)) > 60;
  return different;
}

TEST_F(SampleAd, EachWordIsLitWhileItIsSaidAndNoneBeforeItsTime) {
  std::vector<int> wanted;
  std::vector<std::string> words;  // "" where nothing has been said yet
  for (const PlannedScene& scene : ad_->plan()) {
    ASSERT_FALSE(scene.words.empty());
    // The last frame that is wholly before the first word.
    wanted.push_back(
        std::max(scene.first_frame, static_cast<int>(std::floor(scene.words.front().start_s * fps)) - 1));
    words.emplace_back();
    for (const SpokenWord& word : scene.words) {
      const int frame = static_cast<int>(std::floor((word.start_s + word.end_s) / 2 * fps));
      if (frame <= wanted.back() || word.end_s - word.start_s < 2.0 / fps)
        continue;  // shorter than what a frame can show
      wanted.push_back(frame);
      words.push_back(word.text);
    }
  }
  const Pictures with = frames_of(*ad_, wanted), without = frames_of(*plain_, wanted);
  ASSERT_EQ(with.count(), static_cast<int>(wanted.size()));
  ASSERT_EQ(without.count(), with.count());
  for (int i = 0; i < with.count(); ++i) {
    const auto place = static_cast<std::size_t>(i);
    if (words[place].empty())
      EXPECT_LT(different_pixels(with, without, i), 5)
          << "frame " << wanted[place] << ", before the scene's first word";
    else
      EXPECT_GT(lit_pixels(with, i) - lit_pixels(without, i), 25)
          << "frame " << wanted[place] << ", " << words[place];
  }
}

TEST_F(SampleAd, TheWatermarkIsBlendedWithThirtyPercent) {
  // The mark's own pixels, as wide as the settings say.
  constexpr int mark_width = 454;  // 0.42 of the frame, even
  const std::string file = std::string(REELSPOOL_SOURCES) + "/ecosystem/brand/watermark.png";
  const Ended raw = run({"ffmpeg", "-nostdin", "-v", "error", "-i", file, "-vf",
                         "scale=454:-1:flags=lanczos+accurate_rnd,format=rgba", "-f", "rawvideo", "pipe:1"});
  ASSERT_EQ(raw.status, 0) << raw.complaint;
  const int mark_height = static_cast<int>(raw.output.size() / (4 * mark_width));
  const std::string crop = "crop=454:" + std::to_string(mark_height / 2 * 2) + ":(iw-ow)/2:(ih-oh)/2";
  for (const PlannedScene& scene : ad_->plan()) {
    const std::string filter = "select='eq(n\\," + std::to_string(scene.first_frame + 2) + ")'," + crop;
    const Pictures with = decode(ad_->video(), mark_width, mark_height / 2 * 2, filter);
    const Pictures without = decode(plain_->video(), mark_width, mark_height / 2 * 2, filter);
    ASSERT_EQ(with.count(), 1);
    // with - without = opacity * alpha * (mark - without), for every pixel and colour: the opacity that fits best.
    double fit = 0, weight = 0;
    for (int y = 0; y < with.height; ++y)
      for (int x = 0; x < mark_width; ++x) {
        const auto* mark = reinterpret_cast<const unsigned char*>(
            &raw.output[static_cast<std::size_t>((y * mark_width + x) * 4)]);
        const double luma = 0.2126 * mark[0] + 0.7152 * mark[1] + 0.0722 * mark[2];
        const double effect = mark[3] / 255.0 * (luma - without.luma(0, x, y));
        fit += effect * (with.luma(0, x, y) - without.luma(0, x, y));
        weight += effect * effect;
      }
    ASSERT_GT(weight, 0);
    EXPECT_NEAR(fit / weight, 0.3, 0.04) << "scene at frame " << scene.first_frame;
  }
}

TEST_F(SampleAd, SaysInItsRecordWhatItIs) {
  EXPECT_EQ(ad_->record().at("status"), "done");
  EXPECT_EQ(ad_->record().at("progress"), 100);
  EXPECT_TRUE(ad_->record().at("videoUrl").get<std::string>().ends_with("/final.mp4"));
  EXPECT_NEAR(ad_->record().at("videoSeconds").get<double>(),
              static_cast<double>(ad_->planned_frames()) / fps, 0.04);
}

TEST(Samples, OfOtherLanguagesAndKindsAreMadeToo) {
  int others = 0;
  for (const auto& entry :
       std::filesystem::directory_iterator(std::string(REELSPOOL_SOURCES) + "/ecosystem/samples")) {
    const std::string name = entry.path().filename();
    if (!name.ends_with(".json") || name == "ad-en.json" || name == "render.json") continue;
    const json smaller{{"params", {{"resolution", "480p"}, {"brief", {{"resolution", "480p"}}}}}};
    const FinishedJob job(name, smaller, {{"VIDEO_PRESET", "ultrafast"}});
    EXPECT_EQ(decode(job.video(), 2, 2, "scale=2:2").count(), job.planned_frames()) << name;
    ++others;
  }
  EXPECT_GE(others, 2);
}

// Three seconds three times, a blend of 15 frames and one of 24: seen on both sides of each.
TEST(Samples, OfATimelineIsMadeToo) {
  const FinishedJob job("render.json", json::object(), {{"VIDEO_PRESET", "ultrafast"}});
  EXPECT_EQ(decode(job.video(), 2, 2, "scale=2:2").count(), 3 * 90 - 15 - 24);
  const json verdict = json::parse(script("check", {"--in", job.video()}).output);
  EXPECT_TRUE(verdict.at("good")) << verdict;
  EXPECT_TRUE(std::filesystem::exists(job.folder() / "captions.vtt"));
}

}  // namespace
}  // namespace reelspool::test
