#include "worker/providers/secrets.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "worker/story/base64.hpp"

namespace reelspool {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

const Secrets secrets({{"A_KEY", "sk-live/9+x="}, {"SHORT", "abc"}});

TEST(Secrets, AreFilledInWhereTheirPlaceholdersStand) {
  EXPECT_EQ(*secrets.fill("Key ${secret:A_KEY}, ${secret:SHORT}!"), "Key sk-live/9+x=, abc!");
  EXPECT_EQ(*secrets.fill("nothing"), "nothing");
}

TEST(Secrets, ThatWereNotGrantedAreRefusedByName) {
  EXPECT_THAT(secrets.fill("${secret:B_KEY}").error().message,
              HasSubstr("the secret \"B_KEY\", which its manifest does not list"));
  EXPECT_THAT(secrets.fill("${setting:A_KEY}").error().message, HasSubstr("only ${secret:NAME}"));
  EXPECT_EQ(secrets.fill("${secret:A_KEY").error().cls, ErrorClass::plugin_crashed);
  EXPECT_THAT(Secrets(std::map<std::string, std::string>{{"A_KEY", "two\nlines"}})
                  .fill("${secret:A_KEY}")
                  .error()
                  .message,
              HasSubstr("line break"));
}

TEST(Secrets, AreFoundInEveryDisguise) {
  for (const std::string& text :
       {std::string("sk-live/9+x="), std::string("=x+9/evil-ks"), std::string("736b2d6c6976652f392b783d"),
        std::string("736B2D6C6976652F392B783D"), std::string("sk-live%2F9%2Bx%3D"),
        std::string("sk-live%2f9%2bx%3d")})
    EXPECT_EQ(secrets.scrub("before " + text + " after"), "before ${secret:A_KEY} after");
  for (const char* before : {"", "u", "us", "usr", "user:"})
    for (const char* after : {"", ":", ":pass"}) {
      const std::string encoded = encode_base64(std::string(before) + "sk-live/9+x=" + after);
      EXPECT_THAT(secrets.scrub(encoded), HasSubstr("${secret:A_KEY}")) << before << " " << after;
    }
}

TEST(Secrets, AreFoundInNamesAndDeepWithin) {
  Json json = {
      {"list", {{{"sk-live/9+x=", "x"}}, "is sk-live/9+x= it?"}}, {"number", 5}, {"nothing", nullptr}};
  secrets.scrub(json);
  EXPECT_EQ(to_text(json),
            R"({"list":[{"${secret:A_KEY}":"x"},"is ${secret:A_KEY} it?"],"number":5,"nothing":null})");
}

TEST(Secrets, TooShortToBeLookedForAreLetBe) {
  EXPECT_EQ(secrets.scrub("abc"), "abc");
}

TEST(Secrets, AreToldApartWithoutBeingTold) {
  EXPECT_EQ(secrets.digest(), Secrets({{"A_KEY", "sk-live/9+x="}, {"SHORT", "abc"}}).digest());
  EXPECT_NE(secrets.digest(), Secrets({{"A_KEY", "sk-live/9+x="}, {"SHORT", "abd"}}).digest());
  EXPECT_THAT(secrets.digest(), Not(HasSubstr("sk-live")));
}

}  // namespace
}  // namespace reelspool
