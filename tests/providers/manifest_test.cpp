#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "worker/providers/manifest.hpp"

namespace reelspool {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

const char* const voices =
    R"({"name": "voices", "version": "1.0", "abi": 1, "scripts": ["speak"], "settings": ["VOICES_RATE"],
  "kinds": {"speech": {"languages": ["en", "es-MX"], "limits": {"text": {"max_chars": 10}, "rate": {"min": 80, "max": 400}}, "order": 100},
            "video": {"limits": {"seconds": {"one_of": [4, 6, 8]}}}}})";

Error misfit(const char* kind, const Json& request) {
  const Manifest manifest = *read_manifest(voices);
  Result<> result = fits(manifest, kind, request);
  EXPECT_FALSE(result) << request;
  return result ? Error{} : result.error();
}

TEST(AManifest, IsReadWhole) {
  auto manifest = read_manifest(voices);
  ASSERT_TRUE(manifest) << manifest.error().message;
  EXPECT_EQ(manifest->name, "voices");
  EXPECT_THAT(manifest->kinds.at("speech").languages, ElementsAre("en", "es-MX"));
  EXPECT_EQ(manifest->kinds.at("speech").order, 100);
  EXPECT_EQ(manifest->kinds.at("video").order, 50);
  EXPECT_THAT(manifest->scripts, ElementsAre("speak"));
  EXPECT_THAT(manifest->settings, ElementsAre("VOICES_RATE"));
}

TEST(AManifest, IsGrantedWhatItAskedForAndLess) {
  const auto asks = [](const char* text) { return read_manifest(text)->asks(); };
  const Json granted = asks(
      R"({"name":"a","version":"1","abi":1,"kinds":{"image":{}},"hosts":["a.example"],"secrets":["A_KEY"]})");
  EXPECT_TRUE(is_granted(granted, granted));
  EXPECT_TRUE(
      is_granted(asks(R"({"name":"a","version":"2","abi":1,"kinds":{"image":{"order":1}}})"), granted));
  for (const char* more :
       {R"("kinds":{"image":{},"plan":{}})", R"("kinds":{"image":{}},"hosts":["b.example"])",
        R"("kinds":{"image":{}},"secrets":["B_KEY"])", R"("kinds":{"image":{}},"settings":["A_KEY"])",
        R"("kinds":{"image":{}},"scripts":["finish"])"})
    EXPECT_FALSE(is_granted(asks((R"({"name":"a","version":"1","abi":1,)" + std::string(more) + "}").c_str()),
                            granted))
        << more;
  EXPECT_FALSE(is_granted(granted, Json::object()));
  EXPECT_EQ(sha256_hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST(AManifest, ThatIsWrongIsRefusedByItsField) {
  const std::pair<const char*, const char*> wrong[] = {
      {"[]", "must be an object"},
      {R"({"version": "1", "abi": 1, "kinds": {"image": {}}})", "name must be a word"},
      {R"({"name": "../a", "version": "1", "abi": 1, "kinds": {"image": {}}})", "name must be a word"},
      {R"({"name": 5, "version": "1", "abi": 1, "kinds": {"image": {}}})", "wrong type"},
      {R"({"name": "a", "abi": 1, "kinds": {"image": {}}})", "version is missing"},
      {R"({"name": "a", "version": "1", "abi": 2, "kinds": {"image": {}}})", "abi must be 1"},
      {R"({"name": "a", "version": "1", "abi": 1})", "kinds must be an object"},
      {R"({"name": "a", "version": "1", "abi": 1, "kinds": {}})", "kinds must be an object"},
      {R"({"name": "a", "version": "1", "abi": 1, "kinds": {"image": {"languages": "en"}}})",
       "kinds.image: manifest: languages must be"},
      {R"({"name": "a", "version": "1", "abi": 1, "kinds": {"image": {"limits": {"width": {"most": 5}}}}})",
       "kinds.image.limits.width.most is no limit"},
      {R"({"name": "a", "version": "1", "abi": 1, "kinds": {"image": {}}, "scripts": [5]})",
       "scripts must be a list"},
      {R"({"name": "a", "version": "1", "abi": 1, "kinds": {"image": {}}, "sandbox": "none"})",
       "sandbox must be \"pure\""},
  };
  for (const auto& [text, reason] : wrong) {
    auto manifest = read_manifest(text);
    ASSERT_FALSE(manifest) << text;
    EXPECT_EQ(manifest.error().cls, ErrorClass::plugin_crashed);
    EXPECT_THAT(manifest.error().message, HasSubstr(reason));
  }
}

TEST(ARequest, FitsWhenNoLimitIsMet) {
  const Manifest manifest = *read_manifest(voices);
  for (const char* language : {"en", "en-GB", "EN_us", "es", "es-MX", "es-AR"})
    EXPECT_TRUE(fits(manifest, "speech", {{"language", language}, {"text", "hello"}})) << language;
  EXPECT_TRUE(fits(manifest, "speech", {{"language", "es"}, {"text", "ñandúñandú"}}))
      << "10 characters, 14 bytes";
  EXPECT_TRUE(fits(manifest, "video", {{"seconds", 6}}));
}

TEST(ARequest, ThatDoesNotFitIsToldTheLimit) {
  EXPECT_EQ(misfit("image", Json::object()).cls, ErrorClass::unavailable);
  EXPECT_EQ(misfit("speech", {{"language", "fr"}}).code, "language");
  EXPECT_EQ(misfit("speech", {{"text", "eleven char"}}).message,
            "text: 11 characters are more than 10, the most that voices takes: shorten it");
  EXPECT_EQ(misfit("speech", {{"rate", 500}}).message,
            "rate: 500 is more than 400, the most that voices takes");
  EXPECT_EQ(misfit("speech", {{"rate", 10}}).field, "rate");
  EXPECT_EQ(misfit("video", {{"seconds", 5}}).message,
            "seconds: 5 is not offered by voices, which takes one of [4,6,8]");
}

}  // namespace
}  // namespace reelspool
