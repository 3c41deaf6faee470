#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/providers/house.hpp"
#include "worker/providers/outputs.hpp"

namespace reelspool {
namespace {

using ::testing::HasSubstr;

class Outputs : public ::testing::Test {
 protected:
  Outputs() { testing::write(scratch.path() / "f", "content"); }
  Result<> check(const char* kind, const char* outputs) {
    return check_outputs(kind, *parse_json(outputs), StepFiles(scratch.path()));
  }
  testing::Scratch scratch;
};

TEST_F(Outputs, AsTheManualHasThemAreTaken) {
  EXPECT_TRUE(check("image", R"({"image": {"file": "f"}})"));
  EXPECT_TRUE(check("video", R"({"video": {"file": "f"}})"));
  EXPECT_TRUE(check(
      "video",
      R"({"still": {"file": "f", "move": {"from": {"x": 0.5, "y": 0.5, "zoom": 1}, "to": {"x": 0, "y": 1, "zoom": 1.2}}}})"));
  EXPECT_TRUE(check("speech", R"({"audio": {"file": "f"}, "seconds": 1.5, "timing": "measured", "words": [
      {"text": "Hola,", "start": 0, "end": 0.5}, {"text": "mundo", "start": 0.5, "end": 1.4}]})"));
  EXPECT_TRUE(check("music", R"({"audio": {"file": "f"}})"));
  EXPECT_TRUE(check("lip_sync", R"({"video": {"file": "f"}})"));
  EXPECT_TRUE(check("speech_to_speech", R"({"audio": {"file": "f"}})"));
  EXPECT_TRUE(
      check("transcribe", R"({"text": "Hola", "words": [{"text": "Hola", "start": 700, "end": 700.5}]})"));
  EXPECT_TRUE(check("storage", R"({"url": "https://cdn.test/v.mp4"})"));
  EXPECT_TRUE(check("storage", R"({"url": "https://cdn.test/v.mp4", "expires": 1795363200000})"));
  EXPECT_TRUE(check("models", R"({"models": [{"kind": "image", "model": "m", "there": null}]})"));
  EXPECT_TRUE(check("notify", R"({})"));
  EXPECT_TRUE(check("classify", R"({"answer": {"file": "a word of the model's, and no file"}})"));
  EXPECT_TRUE(check("a kind of the future", R"({"anything": [{"file": "f"}]})"));
}

TEST_F(Outputs, ThatAreNotWhatWasPromisedAreThePluginsFault) {
  const std::tuple<const char*, const char*, const char*> wrong[] = {
      {"image", R"({})", "without the output \"image\""},
      {"image", R"({"image": "f"})", "without the output \"image\""},
      {"image", R"({"image": {"file": "missing"}})", "file \"missing\" is not there"},
      {"image", R"({"image": {"file": "f"}, "more": {"deep": [{"file": "../f"}]}})", "no plain file name"},
      {"image", R"({"image": {"file": "f"}, "more": {"file": 5}})", "a file that is no name"},
      {"video", R"({})", "without a \"video\" or a \"still\""},
      {"video",
       R"({"still": {"file": "f", "move": {"from": {"x": 2, "y": 0, "zoom": 1}, "to": {"x": 0, "y": 0, "zoom": 1}}}})",
       "still.move"},
      {"video", R"({"still": {"file": "f", "move": {"from": {"x": 0, "y": 0, "zoom": 1}}}})", "still.move"},
      {"lip_sync", R"({"still": {"file": "f"}})", "without the output \"video\""},
      {"plan", R"({"answer": "a text"})", "without the object \"answer\""},
      {"speech", R"({"audio": {"file": "f"}, "words": []})", "length of the speech"},
      {"speech", R"({"audio": {"file": "f"}, "seconds": 1})", "without the list \"words\""},
      {"speech", R"({"audio": {"file": "f"}, "seconds": 1, "words": [{"text": "a"}]})",
       "no {text, start, end}"},
      {"speech",
       R"({"audio": {"file": "f"}, "seconds": 1, "words": [{"text": "late", "start": 0.5, "end": 1.5}]})",
       "at \"late\""},
      {"speech",
       R"({"audio": {"file": "f"}, "seconds": 3, "words": [{"text": "b", "start": 1, "end": 2}, {"text": "a", "start": 0, "end": 1}]})",
       "out of order"},
      {"music", R"({"seconds": 5})", "without the output \"audio\""},
      {"speech_to_speech", R"({"seconds": 5})", "without the output \"audio\""},
      {"transcribe", R"({"words": []})", "without the \"text\""},
      {"transcribe",
       R"({"text": "a b", "words": [{"text": "a", "start": 1, "end": 2}, {"text": "b", "start": 1, "end": 2}]})",
       "out of order"},
      {"storage", R"({"key": "k"})", "in \"url\""},
      {"storage", R"({"url": ""})", "no http or https URL"},
      {"storage", R"({"url": "javascript:alert"})", "no http or https URL"},
      {"storage", R"({"url": "/renders/a.mp4"})", "no http or https URL"},
      {"storage", R"({"url": "https://a.example/", "expires": "tomorrow"})", "no time in milliseconds"},
      {"storage", R"({"url": "https://a.example/", "expires": 9223372036854775807})",
       "no time in milliseconds"},
      {"models", R"({"models": {}})", "the list \"models\""},
      {"models", R"({"models": [{"kind": "image", "model": "m", "there": "yes"}]})",
       "no {kind, model, there}"},
  };
  for (const auto& [kind, outputs, reason] : wrong) {
    Result<> result = check(kind, outputs);
    ASSERT_FALSE(result) << outputs;
    EXPECT_EQ(result.error().cls, ErrorClass::plugin_crashed);
    EXPECT_THAT(result.error().message, HasSubstr(reason));
  }
}

}  // namespace
}  // namespace reelspool
