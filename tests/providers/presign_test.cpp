#include "worker/providers/presign.hpp"

#include <gtest/gtest.h>

#include <map>
#include <string>

#include "worker/providers/http_carrier.hpp"

namespace reelspool {
namespace {

using namespace std::chrono_literals;

const AwsSignature example_key = {"s3", "us-east-1", "AKIAIOSFODNN7EXAMPLE",
                                  "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"};
const std::chrono::sys_days example_day = std::chrono::year(2013) / 5 / 24;

std::string signed_example(const std::string& url) {
  return presigned_url(*Url::parse(url), example_key, 86400s, example_day);
}

// The example of the Amazon S3 API reference, "Authenticating Requests: Using Query Parameters".
TEST(Presign, SignsAsAmazonsExampleDoes) {
  EXPECT_EQ(
      signed_example("https://examplebucket.s3.amazonaws.com/test.txt"),
      "https://examplebucket.s3.amazonaws.com/test.txt?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential="
      "AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request&X-Amz-Date=20130524T000000Z&X-Amz-"
      "Expires=86400&"
      "X-Amz-SignedHeaders=host&X-Amz-Signature="
      "aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404");
}

TEST(Presign, KeepsThePortAndSortsWhatIsAskedForBeside) {
  const std::string url =
      signed_example("http://127.0.0.1:9000/films/a.mp4?versionId=7&response-content-type=video%2Fmp4");
  EXPECT_TRUE(url.starts_with("http://127.0.0.1:9000/films/a.mp4?X-Amz-Algorithm=")) << url;
  EXPECT_NE(
      url.find("&X-Amz-SignedHeaders=host&response-content-type=video%2Fmp4&versionId=7&X-Amz-Signature="),
      url.npos)
      << url;
}

TEST(Presign, AnotherKeyPlaceTimeOrLifetimeIsAnotherSignature) {
  const auto signature = [](const std::string& url) { return url.substr(url.find("X-Amz-Signature=")); };
  const Url place = *Url::parse("https://b.s3.amazonaws.com/a");
  const std::string first = signature(presigned_url(place, example_key, 60s, example_day));
  AwsSignature other = example_key;
  other.secret_key += "x";
  EXPECT_NE(signature(presigned_url(place, other, 60s, example_day)), first);
  EXPECT_NE(
      signature(presigned_url(*Url::parse("https://b.s3.amazonaws.com/b"), example_key, 60s, example_day)),
      first);
  EXPECT_NE(signature(presigned_url(place, example_key, 61s, example_day)), first);
  EXPECT_NE(signature(presigned_url(place, example_key, 60s, example_day + 1s)), first);
  EXPECT_EQ(signature(presigned_url(place, example_key, 60s, example_day)), first);
}

Json action() {
  return {{"type", "presign"},
          {"url", "https://b.s3.amazonaws.com/a"},
          {"seconds", 60},
          {"sign",
           {{"type", "aws4"},
            {"service", "s3"},
            {"region", "us-east-1"},
            {"access_key", "AKIA"},
            {"secret_key", "${secret:S3_KEY}"}}}};
}

HttpGrant grant() {
  auto reach = Reach::of(
      {"*.amazonaws.com"}, [](const std::string&) { return std::string(); }, "");
  return {"storage-s3", *reach,
          Secrets(std::map<std::string, std::string>{{"S3_KEY", "the secret of the house"}})};
}

std::string refusal(Json changed) {
  auto read = read_presign_action(changed);
  if (!read) return read.error().message;
  auto made = presign(*read, grant(), example_day);
  return made ? "" : made.error().message;
}

TEST(Presign, TellsTheUrlAndItsEndAndNotTheSecret) {
  auto read = read_presign_action(action());
  ASSERT_TRUE(read) << read.error().message;
  auto event = presign(*read, grant(), example_day + 400ms);
  ASSERT_TRUE(event) << event.error().message;
  EXPECT_EQ((*event)["type"], "presigned");
  EXPECT_EQ((*event)["expires"], 1369353660000);
  EXPECT_EQ(to_text(*event).find("the secret"), std::string::npos);
  AwsSignature sign = example_key;
  sign.access_key = "AKIA";
  sign.secret_key = "the secret of the house";
  EXPECT_EQ((*event)["url"],
            presigned_url(*Url::parse("https://b.s3.amazonaws.com/a"), sign, 60s, example_day));
}

TEST(Presign, RefusesWhatIsWrongByName) {
  const auto with = [](const char* pointer, Json value) {
    Json changed = action();
    changed[Json::json_pointer(pointer)] = std::move(value);
    return refusal(changed);
  };
  EXPECT_EQ(refusal(action()), "");
  EXPECT_NE(with("/seconds", 0).find("seconds (1 to 604800)"), std::string::npos);
  EXPECT_NE(with("/seconds", 604801).find("whose seconds is wrong"), std::string::npos);
  EXPECT_NE(with("/method", "PUT").find("whose method is wrong"), std::string::npos);
  EXPECT_NE(with("/url", "https://example.org/a").find("may not reach"), std::string::npos);
  EXPECT_NE(with("/url", "ftp://b.s3.amazonaws.com/a").find("URL"), std::string::npos);
  EXPECT_NE(with("/sign/secret_key", "${secret:OTHER}").find("OTHER"), std::string::npos);
  EXPECT_NE(with("/sign/access_key", "${secret:S3_KEY}").find("has to be a setting"), std::string::npos);
  EXPECT_NE(with("/sign", "me").find("sign"), std::string::npos);
  Json bare = action();
  bare.erase("sign");
  EXPECT_NE(refusal(bare).find("without sign"), std::string::npos);
}

}  // namespace
}  // namespace reelspool
