#include "jobstore/json.hpp"

#include <gtest/gtest.h>

namespace reelspool {
namespace {

TEST(ParseJson, SaysLineAndColumnOfWhatIsWrong) {
  const Result<Json> json = parse_json("{\"a\": 1,\n \"b\" 2}");
  ASSERT_FALSE(json);
  EXPECT_EQ(json.error().cls, ErrorClass::invalid_request);
  EXPECT_NE(json.error().message.find("at line 2, column 6"), std::string::npos) << json.error().message;
}

TEST(ParseJson, TakesNoNulForTheEnd) {
  using namespace std::string_view_literals;
  for (const std::string_view text : {"0\0\0"sv, "{\"a\":1}\0"sv, "{\"a\":1}\0junk"sv, "\"a\0b\""sv, "\0"sv})
    EXPECT_FALSE(parse_json(text)) << text;
  EXPECT_EQ(parse_json("{\n1\0}"sv).error().message,
            "not valid JSON: parse error at line 2, column 2: a NUL byte");
  EXPECT_TRUE(parse_json("\"a\\u0000b\""));
}

}  // namespace
}  // namespace reelspool
