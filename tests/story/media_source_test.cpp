#include "worker/story/media_source.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "worker/story/base64.hpp"

namespace reelspool {
namespace {

using ::testing::HasSubstr;

const MediaRules picture_rules{.folders = {"/srv/jobs/a", "/srv/uploads"}, .most_picture_bytes = 1000};
constexpr const char* field = "params.storyboard.scenes[0].images[0]";

Error refusal(std::string_view text) {
  auto read = read_picture_source(text, field, picture_rules);
  EXPECT_FALSE(read) << text;
  return read ? Error() : read.error();
}

TEST(MediaSource, IsAFileInAnAllowedFolder) {
  const auto absolute = read_picture_source("/srv/uploads/u1/cup.png", field, picture_rules);
  ASSERT_TRUE(absolute);
  ASSERT_EQ(absolute->places.size(), 1u);
  EXPECT_EQ(absolute->places[0].folder, "/srv/uploads");
  EXPECT_EQ(absolute->places[0].relative, "u1/cup.png");
  const auto relative = read_picture_source("cup.png", field, picture_rules);
  ASSERT_TRUE(relative);
  EXPECT_EQ(relative->places.size(), 2u);
  EXPECT_TRUE(read_picture_source("file:///srv/uploads/cup.png", field, picture_rules));
}

TEST(MediaSource, OutsideThemIsRefusedByName) {
  for (const char* path : {"/etc/passwd", "../../etc/passwd", "/srv/uploads/../secret.png", "/srv/uploads",
                           "/srv/uploadsX/a.png", "file:///etc/shadow", "u/../../x.png", "."}) {
    const Error error = refusal(path);
    EXPECT_EQ(error.cls, ErrorClass::invalid_request);
    EXPECT_EQ(error.field, field);
    EXPECT_THAT(error.message, HasSubstr("/srv/uploads")) << path;
  }
}

TEST(MediaSource, ByUrlIsRefusedWithWhatToDo) {
  EXPECT_THAT(refusal("https://example.com/a.png").message, HasSubstr("not supported yet; save it into"));
  EXPECT_THAT(refusal("").message, HasSubstr("is empty"));
}

TEST(MediaSource, MayBeADataUrl) {
  const auto png = read_picture_source("data:image/png;base64,iVBORw0KGgoAAAAN", field, picture_rules);
  ASSERT_TRUE(png) << png.error().message;
  EXPECT_TRUE(png->places.empty());
  EXPECT_EQ(picture_type(png->bytes), "png");
  EXPECT_THAT(refusal("data:image/svg+xml;base64,AAAA").message, HasSubstr("png, jpeg or webp"));
  EXPECT_THAT(refusal("data:image/png;base64,!!!!").message, HasSubstr("base64"));
  EXPECT_THAT(refusal("data:image/png;base64,AAAA").message, HasSubstr("its bytes are no"));
  EXPECT_THAT(refusal("data:image/png;base64," + std::string(4000, 'A')).message, HasSubstr("larger than"));
  EXPECT_THAT(refusal("data:,").message, HasSubstr("data: URL"));
}

TEST(MediaSource, KnowsPicturesByTheirBytes) {
  EXPECT_EQ(picture_type("\xFF\xD8\xFF\xE0"), "jpg");
  EXPECT_EQ(picture_type(std::string_view("RIFF\0\0\0\0WEBPVP8 ", 16)), "webp");
  EXPECT_EQ(picture_type("<svg"), "");
  EXPECT_EQ(picture_type(""), "");
}

TEST(Base64, ReadsWhatIsValidAndNothingElse) {
  EXPECT_EQ(decode_base64("aGVsbG8="), "hello");
  EXPECT_EQ(decode_base64("aGVs\nbG8"), "hello");
  EXPECT_EQ(decode_base64("-_-_"), "\xFB\xFF\xBF");
  EXPECT_EQ(decode_base64(""), "");
  for (const char* bad : {"a", "a===", "ab=c", "ab*d", "aGVsbG8=="}) EXPECT_FALSE(decode_base64(bad)) << bad;
}

}  // namespace
}  // namespace reelspool
