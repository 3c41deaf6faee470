#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "worker/http/back_pressure.hpp"
#include "worker/http/media_type.hpp"
#include "worker/http/url.hpp"

namespace reelspool {
namespace {

using ::testing::HasSubstr;
using namespace std::string_view_literals;
using std::chrono::milliseconds;

TEST(AUrl, IsTakenApart) {
  const auto url = Url::parse("https://API.Example.com/v1/x?y=1");
  ASSERT_TRUE(url);
  EXPECT_EQ(url->scheme, "https");
  EXPECT_EQ(url->host, "api.example.com");
  EXPECT_EQ(url->port, 443);
  EXPECT_EQ(Url::parse("http://[::1]:8080/")->host, "::1");
  EXPECT_EQ(Url::parse("http://[::1]:8080/")->port, 8080);
}

TEST(AUrl, ThatIsNotPlainIsRefused) {
  for (const auto& [text, reason] :
       {std::pair{"api.example.com/x", "not absolute"}, std::pair{"/x", "not absolute"},
        std::pair{"", "not absolute"}, std::pair{"file:///etc/passwd", "neither https nor http"},
        std::pair{"ftp://example.com/", "neither https nor http"},
        std::pair{"https://user:key@example.com/", "user name"},
        std::pair{"https://example.com/#part", "fragment"},
        std::pair{"https://exa mple.com/", "not absolute"},
        std::pair{"https://example.com/\r\nX: y", "not absolute"}}) {
    const auto url = Url::parse(text);
    ASSERT_FALSE(url) << text;
    EXPECT_THAT(url.error().message, HasSubstr(reason)) << text;
  }
  EXPECT_FALSE(Url::parse("https://example.com/\0x"sv));
}

TEST(AUrl, IsFollowedToWhereALocationLeads) {
  const auto from = *Url::parse("https://a.example/x/y?z");
  EXPECT_EQ(from.follow("/w")->text, "https://a.example/w");
  EXPECT_EQ(from.follow("w#part")->text, "https://a.example/x/w");
  EXPECT_EQ(from.follow("//b.example/w")->host, "b.example");
  EXPECT_FALSE(from.follow("ftp://b.example/w"));
  EXPECT_FALSE(from.follow("https://me:key@b.example/w"));
  EXPECT_FALSE(from.same_origin(*from.follow("https://a.example:444/")));
  EXPECT_TRUE(from.same_origin(*from.follow("https://a.example:443/")));
}

TEST(AMediaType, IsToldByTheBeginning) {
  EXPECT_EQ(media_type("\x89PNG\r\n\x1A\n...."), "image/png");
  EXPECT_EQ(media_type("\xFF\xD8\xFF\xE0"), "image/jpeg");
  EXPECT_EQ(media_type("RIFF\x01\x02\x03\x04WEBPVP8 "), "image/webp");
  EXPECT_EQ(media_type("RIFF\x01\x02\x03\x04WAVEfmt "), "audio/wav");
  EXPECT_EQ(media_type("ID3\x03"), "audio/mpeg");
  EXPECT_EQ(media_type("\xFF\xFB\x90\x64"), "audio/mpeg");
  EXPECT_EQ(media_type("\xFF\xF1\x50\x80"), "audio/aac");
  EXPECT_EQ(media_type("OggS"), "audio/ogg");
  EXPECT_EQ(media_type("\0\0\0\x20"
                       "ftypisom"sv),
            "video/mp4");
  EXPECT_EQ(media_type("\0\0\0\x20"
                       "ftypM4A "sv),
            "audio/mp4");
  EXPECT_EQ(media_type("\x1A\x45\xDF\xA3"), "video/webm");
  EXPECT_EQ(media_type(" {\"a\": 1}"), "application/json");
  EXPECT_EQ(media_type("<html>"), "text/html");
  EXPECT_EQ(media_type("plain"), "application/octet-stream");
  EXPECT_EQ(media_type(""), "application/octet-stream");
}

std::optional<milliseconds> asked_for(int status, std::vector<HttpHeader> headers) {
  HttpResponse response;
  response.status = status;
  response.headers = std::move(headers);
  // Sun, 06 Nov 1994 08:49:37 GMT
  return back_pressure(response, std::chrono::system_clock::from_time_t(784111777));
}
std::optional<milliseconds> asked_for(int status, const char* retry_after) {
  return asked_for(status, {{"retry-after", retry_after}});
}

TEST(BackPressure, IsSecondsOrADate) {
  EXPECT_EQ(asked_for(429, "120"), milliseconds(120'000));
  EXPECT_EQ(asked_for(503, "1.5"), milliseconds(1'500));
  EXPECT_EQ(asked_for(429, "Sun, 06 Nov 1994 08:50:37 GMT"), milliseconds(60'000));
  EXPECT_EQ(asked_for(429, "Sun, 06 Nov 1994 08:00:00 GMT"), milliseconds(0));
  EXPECT_EQ(asked_for(429, "999999999"), milliseconds(86'400'000));
}

TEST(BackPressure, IsOnlyHeardWhereItMeansSomething) {
  EXPECT_EQ(asked_for(200, "120"), std::nullopt);
  EXPECT_EQ(asked_for(301, "120"), std::nullopt);
  for (const char* text : {"", "soon", "-5", "nan"}) EXPECT_EQ(asked_for(429, text), std::nullopt) << text;
}

TEST(BackPressure, IsHeardInTheWordsOfProviders) {
  EXPECT_EQ(asked_for(429, {{"retry-after-ms", "1500"}, {"retry-after", "9"}}), milliseconds(1'500));
  EXPECT_EQ(asked_for(429, {{"x-ratelimit-reset", "7"}}), milliseconds(7'000));
  // The UNIX time of a time of ours is below 1e9 here: a moment is one from 2001 on.
  EXPECT_EQ(asked_for(429, {{"x-ratelimit-reset", "1795363200"}}), milliseconds(86'400'000));
  EXPECT_EQ(asked_for(503, {{"x-ratelimit-reset", "7"}}), std::nullopt) << "of a limit, not of a fault";
  const auto openai = [](const char* requests, const char* tokens) {
    return asked_for(429, {{"x-ratelimit-remaining-requests", requests},
                           {"x-ratelimit-reset-requests", "120ms"},
                           {"x-ratelimit-remaining-tokens", tokens},
                           {"x-ratelimit-reset-tokens", "6m0.5s"}});
  };
  EXPECT_EQ(openai("0", "100"), milliseconds(120));
  EXPECT_EQ(openai("5", "0"), milliseconds(360'500));
  EXPECT_EQ(openai("0", "0"), milliseconds(360'500));
  EXPECT_EQ(openai("5", "5"), std::nullopt);
  for (const char* text : {"", "6", "6x", "s", "-1s", "6m0"})
    EXPECT_EQ(asked_for(429, {{"x-ratelimit-remaining-requests", "0"}, {"x-ratelimit-reset-requests", text}}),
              std::nullopt)
        << text;
}

}  // namespace
}  // namespace reelspool
