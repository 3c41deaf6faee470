#include "worker/providers/http_action.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace reelspool {
namespace {

using ::testing::HasSubstr;

TEST(AnHttpAction, IsReadWhole) {
  const auto action =
      read_http_action(*parse_json(R"({"type": "http", "method": "POST", "url": "https://a.example/x",
      "headers": {"Authorization": "Key ${secret:A}"}, "form": [{"name": "p", "value": "v"}, {"name": "f", "file": "a.png", "type": "image/png"}],
      "unpack": {"/data/0": "b.png"}, "costs": true, "timeout_ms": 1500,
      "sign": {"type": "aws4", "service": "s3", "region": "eu-1", "access_key": "${secret:A}", "secret_key": "${secret:B}"}})"));
  ASSERT_TRUE(action) << action.error().message;
  EXPECT_EQ(action->method, "POST");
  EXPECT_EQ(action->headers.at(0).value, "Key ${secret:A}");
  EXPECT_EQ(action->form->at(1).file, "a.png");
  EXPECT_EQ(action->unpack.at(0), std::pair(std::string("/data/0"), std::string("b.png")));
  EXPECT_EQ(action->costs, true);
  EXPECT_EQ(action->timeout, std::chrono::milliseconds(1500));
  EXPECT_EQ(action->sign->region, "eu-1");
}

TEST(AnHttpAction, ThatDoesNotSayWhetherItCostsIsNeitherPaidNorFree) {
  EXPECT_EQ(
      read_http_action(*parse_json(R"({"type": "http", "method": "POST", "url": "https://a.example/"})"))
          ->costs,
      std::nullopt);
}

TEST(AnHttpAction, ThatIsWrongIsRefusedByItsMember) {
  const std::pair<const char*, const char*> wrong[] = {
      {R"("method": "TRACE")", "method is \"TRACE\""},
      {R"("method": 5)", "method is no text"},
      {R"("url": 5)", "url is no text"},
      {R"("url": "https://a.example/${secret:A}")", "url has a \"${\""},
      {R"("headers": ["a"])", "headers are no object"},
      {R"("headers": {"A": 5})", "headers.A is no text of one line"},
      {R"("headers": {"A": "x\r\nEvil: y"})", "headers.A is no text of one line"},
      {R"("headers": {"A\r\nEvil": "y"})", "headers have a name that is none"},
      {R"("headers": {"Host": "b.example"})", "headers have \"Host\", which the worker writes itself"},
      {R"("headers": {"transfer-encoding": "chunked"})", "which the worker writes itself"},
      {R"("form": [])", "form is no list of fields"},
      {R"("form": [{"name": "a"}])", "form[0] needs either a value or a file"},
      {R"("form": [{"name": "a", "value": "b", "file": "c"}])", "form[0] needs either"},
      {R"("form": [{"value": "b"}])", "form[0].name is missing"},
      {R"("form": [{"name": "a", "value": "b", "kind": "c"}])", "form[0] has a member \"kind\""},
      {R"("json": {}, "file": "a")", "body is said twice"},
      {R"("method": "GET", "json": {})", "method is GET, which has no body"},
      {R"("save": "a", "unpack": {"/a": "b"})", "save and unpack exclude each other"},
      {R"("unpack": {"a": "b"})", "\"a\", which is no JSON pointer"},
      {R"("unpack": {"/a": 5})", "unpack is no object"},
      {R"("costs": "yes")", "costs is neither true nor false"},
      {R"("timeout_ms": 0)", "timeout_ms is not 1 to a day"},
      {R"("max_bytes": -1)", "max_bytes is not"},
      {R"("sign": {"type": "aws3"})", "sign.type is not \"aws4\""},
      {R"("sign": {"type": "aws4", "service": "s3", "region": "a:b", "access_key": "", "secret_key": ""})",
       "sign.region is no word"},
      {R"("sign": {"type": "aws4", "service": "s3"})", "sign.region is no text"},
      {R"("retries": 5)", "member \"retries\" is not known"},
  };
  for (const auto& [member, reason] : wrong) {
    Json json = {{"type", "http"}, {"method", "POST"}, {"url", "https://a.example/"}};
    json.update(*parse_json("{" + std::string(member) + "}"));
    const auto action = read_http_action(json);
    ASSERT_FALSE(action) << member;
    EXPECT_EQ(action.error().cls, ErrorClass::plugin_crashed);
    EXPECT_THAT(action.error().message, HasSubstr(reason));
  }
}

}  // namespace
}  // namespace reelspool
