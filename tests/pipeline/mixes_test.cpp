// Random timelines of random clips: rates, sizes, pixel shapes, rotation, variable frame rates, sounds of all sorts and none. Each clip
// flashes and beeps at one known moment; the finished video is decoded and measured.
//
//   REELSPOOL_LONG=1 test_pipeline --gtest_filter='Mixes*'                          200 mixes
//   REELSPOOL_MIXES=1 REELSPOOL_MIX_SEED=17 test_pipeline --gtest_filter='Mixes*'   mix 17 again

#include <cstdlib>
#include <iostream>
#include <random>

#include "tests/pipeline/studio.hpp"

namespace reelspool::testing {
namespace {

using Random = std::mt19937;
using test::Pictures;

template <class T>
const T& any_of_these(Random& random, const std::vector<T>& choices) {
  return choices[random() % choices.size()];
}

std::string number(double value) {
  std::string text = std::to_string(value);
  return text;
}

/// A clip that is black but for a flash, silent but for a beep that begins with it.
struct Clip {
  std::string name;
  double seconds = 0;
  double flash_s = -1;  ///< where it flashes
  bool beeps = false;
};

struct Rate {
  const char* text;
  double value;
};

/// The flash begins with a frame of the clip, so it is where the beep is, and lasts an eighth of a second: at twice the speed that
/// is more than a frame of the video, and cannot fall between two.
Clip make_clip(Random& random, const std::filesystem::path& folder, int index) {
  const Rate rate = any_of_these<Rate>(random, {{"24000/1001", 24000.0 / 1001},
                                                {"24", 24},
                                                {"25", 25},
                                                {"30000/1001", 30000.0 / 1001},
                                                {"30", 30},
                                                {"50", 50},
                                                {"60", 60},
                                                {"15", 15},
                                                {"12.5", 12.5}});
  const int frames = std::max(4, static_cast<int>((0.3 + (random() % 3000) / 1000.0) * rate.value));
  const int flash = frames / 2, lit = 1 + static_cast<int>(rate.value / 8);
  Clip clip{"clip" + std::to_string(index) + any_of_these<std::string>(random, {".mp4", ".mov", ".mkv"}),
            frames / rate.value, flash / rate.value, random() % 4 != 0};
  const std::string size =
      std::to_string(64 + 2 * (random() % 130)) + "x" + std::to_string(64 + 2 * (random() % 130));
  std::string picture = "color=black:s=" + size + ":r=" + rate.text + ":d=" + number(clip.seconds - 0.001) +
                        ",drawbox=c=white:t=fill:enable='between(n\\," + std::to_string(flash) + "\\," +
                        std::to_string(flash + lit - 1) + ")'";
  if (random() % 4 == 0) picture += ",setsar=" + any_of_these<std::string>(random, {"4/3", "16/11", "8/9"});
  // Every second black frame is left out, or all of the last fifth: the flash and its neighbours stay.
  const bool is_variable = random() % 4 == 0;
  if (is_variable)
    picture += ",select='eq(n\\,0)+between(n\\," + std::to_string(flash - 1) + "\\," +
               std::to_string(flash + lit) + ")+not(mod(n\\," + std::to_string(2 + random() % 2) +
               "))+eq(n\\," + std::to_string(frames - 1) + ")'";
  std::string sound;
  if (clip.beeps) {
    const std::string hz = any_of_these<std::string>(random, {"44100", "48000", "22050", "8000"});
    sound = " -f lavfi -i aevalsrc='0.5*sin(2*PI*700*t)*between(t\\," + number(clip.flash_s) + "\\," +
            number(clip.flash_s + 0.08) + ")':s=" + hz + ":d=" + number(clip.seconds) + " -ac " +
            any_of_these<std::string>(random, {"1", "2", "6"});
    const bool is_mov = clip.name.ends_with("mov");
    sound += hz == "8000" || clip.name.ends_with("mkv")
                 ? (is_mov ? " -c:a pcm_s16le" : " -c:a flac -strict -2")
                 : " -c:a aac";
  }
  std::string more = is_variable ? " -vsync vfr" : "";
  test::make("-f lavfi -i " + picture + sound + more + " -c:v libx264 -preset ultrafast -pix_fmt " +
                 any_of_these<std::string>(random, {"yuv420p", "yuv444p", "yuv420p"}),
             folder / clip.name);
  if (random() % 4 == 0 && !clip.name.ends_with("mkv")) {
    const auto flat = folder / ("flat-" + clip.name);
    std::filesystem::rename(folder / clip.name, flat);
    test::turn(flat, folder / clip.name, any_of_these<int>(random, {90, 180, 270}));
  }
  return clip;
}

/// One shot of the plan, as the test itself counts it.
struct Planned {
  Clip clip;
  double trim_s = 0, speed = 1, seconds = 0, into_s = 0;
};

class Mixes : public Studio {
 protected:
  Mixes() {
    std::filesystem::create_directories(uploads_);
    set("WATERMARK_IMAGE", "none");
  }

  void make_and_measure(unsigned seed) {
    Random random(seed);
    const int fps = any_of_these<int>(random, {24, 25, 30, 30, 50, 60});
    std::vector<Planned> plan;
    Json picture = Json::array();
    const auto count = 2 + random() % 4;
    for (unsigned i = 0; i < count; ++i) {
      Planned shot;
      shot.clip = make_clip(random, uploads_, static_cast<int>(i));
      Json json = {{"type", "video"}, {"src", shot.clip.name}};
      if (random() % 3 == 0) json["trim"] = shot.trim_s = shot.clip.seconds * 0.2;
      if (random() % 3 == 0) json["speed"] = shot.speed = any_of_these<double>(random, {0.5, 0.8, 1.5, 2.0});
      json["fit"] = any_of_these<std::string>(random, {"cover", "contain", "blur"});
      shot.seconds = (shot.clip.seconds - shot.trim_s) / shot.speed;
      if (random() % 5 == 0) json["duration"] = shot.seconds = shot.seconds + 0.4;  // it holds its last frame
      if (i + 1 < count && random() % 2 == 0) {
        shot.into_s = std::min(0.2 * shot.seconds, 0.5);
        json["transition"] = {
            {"type", any_of_these<std::string>(random, {"crossfade", "wipe-left", "slide-up", "fade"})}};
      }
      plan.push_back(shot);
      picture.push_back(json);
    }
    for (unsigned i = 0; i + 1 < count; ++i) {  // no longer than a fifth of what follows either
      plan[i].into_s = std::min(plan[i].into_s, 0.2 * plan[i + 1].seconds);
      if (plan[i].into_s < 0.05) {
        picture[i].erase("transition");
        plan[i].into_s = 0;
      } else {
        picture[i]["transition"]["duration"] = plan[i].into_s;
      }
    }
    Json params;
    params["timeline"] = {{"width", 96}, {"height", 64}, {"fps", fps}, {"tracks", {{"picture", picture}}}};
    const std::string id = "mix-" + std::to_string(seed);
    const auto made = attempt("render", params, id);
    ASSERT_TRUE(is_ok(made)) << "mix " << seed << ": " << to_text(params);
    measure(plan, fps, folder(id) / "final.mp4", "mix " + std::to_string(seed) + ": " + to_text(params));
    std::filesystem::remove_all(folder(id));
  }

 private:
  static void measure(const std::vector<Planned>& plan, int fps, const std::filesystem::path& video,
                      const std::string& said) {
    const auto seen = test::decode(video, 2, 2, "scale=2:2:flags=area");
    const auto heard = test::decode_sound(video);
    double expected_s = 0;
    for (const Planned& shot : plan) expected_s += shot.seconds - shot.into_s;
    const double slack =
        0.51 * static_cast<double>(2 * plan.size()) / fps;  // each length is rounded to a frame
    EXPECT_NEAR(seen.count() / static_cast<double>(fps), expected_s, slack) << said;
    EXPECT_NEAR(static_cast<double>(heard.size()) / 2 / 48000, seen.count() / static_cast<double>(fps),
                1.0 / fps + 0.001)
        << said;

    double begins_s = 0;
    for (std::size_t i = 0; i < plan.size(); ++i) {
      const Planned& shot = plan[i];
      const double flash_s = begins_s + (shot.clip.flash_s - shot.trim_s) / shot.speed;
      begins_s += shot.seconds - shot.into_s;
      const int near = static_cast<int>(flash_s * fps);
      int first = -1;
      for (int frame = std::max(0, near - 4 - static_cast<int>(slack * fps));
           first < 0 && frame < std::min(seen.count(), near + 6); ++frame)
        if (seen.luma(frame, 0, 0) > 15) first = frame;  // bars make the average dark
      ASSERT_GE(first, 0) << "no flash of shot " << i << " near " << flash_s << " s; bright are"
                          << bright(seen) << "; " << said;
      if (!shot.clip.beeps) continue;
      const auto from = static_cast<std::size_t>(std::max(0.0, (first - 5.0) / fps) * 48000);
      std::size_t beep = 0;
      for (std::size_t at = from;
           beep == 0 && at < std::min(heard.size() / 2, from + 48000U * 10 / static_cast<unsigned>(fps));
           ++at)
        if (std::abs(heard[2 * at]) > 0.02F) beep = at;
      ASSERT_GT(beep, 0u) << "no beep of shot " << i << "; " << said;
      // A frame, and what stretching a tone without changing its pitch smears.
      const double smear_s = shot.speed == 1 ? 0 : 0.02;
      EXPECT_NEAR(static_cast<double>(beep) / 48000, first / static_cast<double>(fps), 1.0 / fps + smear_s)
          << "shot " << i << "; " << said;
    }
  }

  static std::string bright(const Pictures& seen) {
    std::string frames;
    for (int frame = 0; frame < seen.count(); ++frame)
      if (seen.luma(frame, 0, 0) > 8)
        frames +=
            " " + std::to_string(frame) + ":" + std::to_string(static_cast<int>(seen.luma(frame, 0, 0)));
    return frames;
  }

  std::filesystem::path uploads_ = data_ / "uploads";
};

TEST_F(Mixes, AreAsLongAsPlannedAndInStep) {
  const char* const given = std::getenv("REELSPOOL_MIXES");
  const char* const from = std::getenv("REELSPOOL_MIX_SEED");
  const int count = given != nullptr ? std::atoi(given) : std::getenv("REELSPOOL_LONG") != nullptr ? 200 : 4;
  const unsigned first = from != nullptr ? static_cast<unsigned>(std::atoi(from)) : 1;
  for (unsigned seed = first; seed < first + static_cast<unsigned>(count); ++seed) {
    make_and_measure(seed);
    if (HasFatalFailure()) return;
  }
  std::cout << count << " mixes\n";
}

}  // namespace
}  // namespace reelspool::testing
