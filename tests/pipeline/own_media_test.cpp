#include "worker/pipeline/own_media.hpp"

#include <gmock/gmock.h>
#include <sys/stat.h>

#include "tests/pipeline/studio.hpp"

namespace reelspool::testing {
namespace {

using ::testing::HasSubstr;

const MediaRules rules{.folders = {}, .most_picture_bytes = 1 << 20};

class OwnMedia : public Studio {
 protected:
  OwnMedia() {
    std::filesystem::create_directories(uploads_);
    write(data_ / "secret.png", "\x89PNG\r\n\x1a\n not for you");
    test::make("-f lavfi -i color=c=red:s=64x64 -frames:v 1", uploads_ / "red.png");
  }
  MediaSource named(const std::filesystem::path& relative) {
    return {.field = "params.scenes[0].images[0]", .places = {{uploads_, relative}}, .bytes = {}};
  }
  Error refusal(const std::filesystem::path& relative) {
    auto found = find_medium(named(relative), MediumKind::picture, rules);
    EXPECT_FALSE(found) << relative;
    return found ? Error() : found.error();
  }

  std::filesystem::path uploads_ = data_ / "uploads";
};

TEST_F(OwnMedia, AreFoundByTheirRealPathAndType) {
  const auto found = find_medium(named("red.png"), MediumKind::picture, rules);
  ASSERT_TRUE(is_ok(found));
  EXPECT_EQ(found->file, uploads_ / "red.png");
  EXPECT_EQ(found->suffix, "png");
}

TEST_F(OwnMedia, AreNotReachedByALinkThatLeadsOut) {
  std::filesystem::create_symlink(data_ / "secret.png", uploads_ / "link.png");
  std::filesystem::create_symlink("../secret.png", uploads_ / "relative.png");
  std::filesystem::create_directory_symlink(data_, uploads_ / "folder");
  for (const char* name : {"link.png", "relative.png", "folder/secret.png"}) {
    const Error error = refusal(name);
    EXPECT_EQ(error.cls, ErrorClass::invalid_request);
    EXPECT_EQ(error.field, "params.scenes[0].images[0]");
    EXPECT_THAT(error.message, HasSubstr("leads out of its folder by a link"));
  }
}

TEST_F(OwnMedia, MayBeLinkedWithinTheirFolder) {
  std::filesystem::create_symlink("red.png", uploads_ / "same.png");
  const auto found = find_medium(named("same.png"), MediumKind::picture, rules);
  ASSERT_TRUE(is_ok(found));
  EXPECT_EQ(found->file, uploads_ / "red.png");
}

TEST_F(OwnMedia, ThatAreNoneAreRefused) {
  write(uploads_ / "text.png", "hello");
  write(uploads_ / "empty.png", "");
  write(uploads_ / "large.png", "\x89PNG\r\n\x1a\n" + std::string(rules.most_picture_bytes, 'x'));
  std::filesystem::create_directory(uploads_ / "folder.png");
  ASSERT_EQ(::mkfifo((uploads_ / "pipe.png").c_str(), 0600), 0);
  EXPECT_THAT(refusal("text.png").message, HasSubstr("is no png, jpeg or webp picture"));
  EXPECT_THAT(refusal("empty.png").message, HasSubstr("is empty"));
  EXPECT_THAT(refusal("large.png").message, HasSubstr("larger than 1 MiB"));
  EXPECT_THAT(refusal("folder.png").message, HasSubstr("no plain file"));
  EXPECT_THAT(refusal("pipe.png").message, HasSubstr("no plain file"));
  EXPECT_THAT(refusal("absent.png").message, HasSubstr("No such file"));
}

// A front end that cleans up its uploads once a job runs made every restart of it fail with "No such file".
TEST_F(OwnMedia, ThatWereTakenAreNotNeededAgain) {
  providers_.failing.emplace("scene-1/speech", make_error(ErrorClass::transient, "not now"));
  const Json params = *parse_json(R"({"resolution":"480p","music":false,"scenes":[
      {"spoken_text":"Hello there.","images":["red.png"]}]})");
  ASSERT_FALSE(attempt("storyboard", params));
  std::filesystem::remove(uploads_ / "red.png");
  providers_.failing.clear();
  EXPECT_TRUE(is_ok(attempt("storyboard", params)));
  EXPECT_EQ(providers_.count("image"), 0);
  EXPECT_EQ(scenes_json()[0]["files"]["image"], "clip_0_image.png");
}

TEST_F(OwnMedia, ThatDoNotDecodeFailTheJobBeforeAnythingIsSpent) {
  const std::string whole = content(uploads_ / "red.png");
  write(uploads_ / "torn.png", whole.substr(0, 40));
  const Json params =
      *parse_json(R"({"resolution":"480p","scenes":[{"spoken_text":"Hello."},{"images":["torn.png"]}]})");
  const auto made = attempt("storyboard", params);
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().cls, ErrorClass::invalid_request);
  EXPECT_EQ(made.error().field, "params.scenes[1].images[0]");
  EXPECT_THAT(made.error().message, HasSubstr("cannot be read as a picture"));
  EXPECT_TRUE(providers_.asked.empty());
}

}  // namespace
}  // namespace reelspool::testing
