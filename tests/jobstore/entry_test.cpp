#include "jobstore/entry.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "jobstore/members.hpp"

namespace reelspool {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

Entry read(std::string_view text) {
  Result<Entry> entry = read_entry(text);
  EXPECT_TRUE(entry) << entry.error().message;
  return entry ? *entry : Entry{};
}

std::string problem_field(std::string_view text) {
  Result<Entry> entry = read_entry(text);
  if (!entry) return entry.error().field;
  return entry->problem ? entry->problem->field : "none";
}

TEST(Entry, IsReadWithAllItsFields) {
  const Entry entry =
      read(R"( {"id":"ad-7","type":"storyboard","status":"pending","priority":-3,"maxAttempts":5,
    "runAt":"2026-11-22T16:03:05+01:00","dependsOn":["a","b","a"],"idempotencyKey":"k","createdAt":1700000000000,
    "params":{"x":[1,{"y":"}"}]}} )");
  EXPECT_EQ(entry.id, "ad-7");
  EXPECT_EQ(entry.type, "storyboard");
  EXPECT_EQ(entry.status, Status::pending);
  EXPECT_EQ(entry.priority, -3);
  EXPECT_EQ(entry.max_attempts, 5);
  EXPECT_EQ(format_time(*entry.run_at), "2026-11-22T15:03:05.000Z");
  EXPECT_EQ(format_time(*entry.created_at), "2023-11-14T22:13:20.000Z");
  EXPECT_THAT(entry.depends_on, ElementsAre("a", "b"));
  EXPECT_EQ(entry.idempotency_key, "k");
  EXPECT_EQ(params_of(entry.text), R"({"x":[1,{"y":"}"}]})");
  EXPECT_EQ(entry.text.front(), '{') << "white space around it is no part of it";
  EXPECT_FALSE(entry.problem);
}

TEST(Entry, IsReadUnderItsOtherNames) {
  const Entry entry =
      read(R"({"job_id":"a","type":"clip","status":"queued","data":{"p":1},"run_at":0,"depends_on":"z"})");
  EXPECT_EQ(entry.id, "a");
  EXPECT_EQ(entry.status, Status::pending);
  EXPECT_EQ(params_of(entry.text), R"({"p":1})");
  EXPECT_EQ(entry.run_at, Time{});
  EXPECT_THAT(entry.depends_on, ElementsAre("z"));
  EXPECT_EQ(read(R"({"jobId":1732291385123,"type":"clip"})").id, "1732291385123");
}

TEST(Entry, NamesTheFieldThatIsWrong) {
  EXPECT_EQ(problem_field(R"({"id":"../x","type":"clip"})"), "id");
  EXPECT_EQ(problem_field(R"({"id":".x","type":"clip"})"), "id");
  for (const char* id : {"true", "-3", "1.5", "[]"})
    EXPECT_EQ(problem_field(R"({"id":)" + std::string(id) + R"(,"type":"clip"})"), "id") << id;
  EXPECT_EQ(problem_field(R"({"id":"a","id":"b","type":"clip"})"), "id");
  EXPECT_EQ(problem_field(R"({"id":"a"})"), "type");
  EXPECT_EQ(problem_field(R"({"id":"a","type":7})"), "type");
  EXPECT_EQ(problem_field(R"({"id":"a","type":"clip","status":"sleeping"})"), "status");
  EXPECT_EQ(problem_field(R"({"id":"a","type":"clip","priority":"high"})"), "priority");
  EXPECT_EQ(problem_field(R"({"id":"a","type":"clip","maxAttempts":0})"), "maxAttempts");
  EXPECT_EQ(problem_field(R"({"id":"a","type":"clip","runAt":"tomorrow"})"), "runAt");
  // The journal writes years with four digits: this one came back as no time at all, and the job ran at once.
  EXPECT_EQ(problem_field(R"({"id":"a","type":"clip","runAt":"9999-12-31T23:59:59-01:00"})"), "runAt");
  EXPECT_EQ(problem_field(R"({"id":"a","type":"clip","dependsOn":["b",7]})"), "dependsOn[1]");
  EXPECT_EQ(problem_field(R"({"id":"a","type":"clip","dependsOn":["a"]})"), "dependsOn[0]");
  EXPECT_EQ(problem_field(R"({"id":"a","type":"clip","payload":[1]})"), "payload");
  EXPECT_EQ(problem_field(R"({"id":"a","type":"clip","rev":"x"})"), "rev");
  EXPECT_EQ(problem_field(R"({"id":"a","status":"failed","error":"x"})"), "none") << "history needs no type";
}

TEST(Entry, ThatIsNoObjectIsAnError) {
  for (const char* text : {"", "7", "[]", "{", "{\"id\":\"a\",}", "{\"id\":\"\xff\"}"}) {
    Result<Entry> entry = read_entry(text);
    EXPECT_FALSE(entry) << text;
    EXPECT_EQ(entry ? ErrorClass::transient : entry.error().cls, ErrorClass::invalid_request);
  }
}

TEST(Entry, HasTheSameHashWhateverProgramWroteItAnew) {
  const auto hash_of = [](const std::string& params) {
    return read(R"({"id":"a","type":"clip","params":{)" + params + "}}").body_hash;
  };
  const auto hash = hash_of(R"("x":1,"y":[10,0,"Az\u00e9/"],"z":9007199254740993)");
  EXPECT_EQ(hash, hash_of(R"("z":9007199254740992,"x":1,"y":[10,0,"Azé/"])")) << "JavaScript";
  EXPECT_EQ(hash, hash_of(R"("x": 1.0, "y": [1e1, -0.0, "\u0041z\u00e9/"], "z": 9.007199254740992e15)"));
  EXPECT_EQ(hash, hash_of(R"("x":1.000,"y":[100E-1,-0,"Az\u00E9\/"],"\u007a":9007199254740993)")) << "PHP";
  EXPECT_NE(hash, hash_of(R"("x":1,"y":[10,0,"Azé/"],"z":9007199254740996)"));
  EXPECT_NE(hash, hash_of(R"("x":"1","y":[10,0,"Azé/"],"z":9007199254740993)"));
  EXPECT_NE(hash, hash_of(R"("x":true,"y":[10,0,"Azé/"],"z":9007199254740993)"));
}

TEST(Entry, HasOneHashForOneMeaning) {
  const auto hash = read(R"({"id":"a","type":"clip","params":{"x":1.10,"y":[1,2]}})").body_hash;
  EXPECT_EQ(hash, read(R"({ "params": {"y":[1, 2],"x":1.1}, "type":"clip", "jobId":"b" })").body_hash);
  EXPECT_EQ(hash, read(R"({"id":"a","type":"clip","params":{"x":1.10,"y":[1,2]},"status":"running","rev":7,
                           "progress":3,"videoUrl":"u"})")
                      .body_hash)
      << "what the worker owns does not count";
  EXPECT_NE(hash, read(R"({"id":"a","type":"clip","params":{"x":1.10,"y":[2,1]}})").body_hash);
  EXPECT_NE(hash, read(R"({"id":"a","type":"clip","params":{"x":1.10,"y":[1,2]},"priority":1})").body_hash);
}

TEST(Members, DecodeKeysAndTextsAndKeepValuesAsTheyStand) {
  const auto members = members_of(R"({ "a\u00e9\n" : 1.10 , "b":[{"]":"\"}"}], "c":"\ud83d\ude00\\" })");
  ASSERT_TRUE(members);
  ASSERT_EQ(members->size(), 3U);
  EXPECT_EQ((*members)[0].key, "a\xc3\xa9\n");
  EXPECT_EQ((*members)[0].value, "1.10");
  EXPECT_EQ((*members)[1].value, R"([{"]":"\"}"}])");
  EXPECT_EQ(string_in((*members)[2].value), "\xf0\x9f\x98\x80\\");
}

TEST(Members, OfTextThatIsCutAnywhereAreNeverReadBeyondIt) {
  const std::string whole = R"({"a":"\u00e9\\","b":{"c":[1,2,{"d":null}]},"e":-1.5e3,"f":true})";
  for (std::size_t size = 0; size < whole.size(); ++size) {
    // A copy of its own size, so that the address sanitizer sees the smallest step too far.
    const std::vector<char> cut(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size));
    EXPECT_FALSE(members_of(std::string_view(cut.data(), cut.size()))) << size;
  }
  EXPECT_TRUE(members_of(whole));
}

TEST(Members, ThatAreNoNumbersOfJsonAreNone) {
  for (const char* text : {"nan", "inf", "-infinity", "0x10", "1e400", ""})
    EXPECT_FALSE(number_in(text)) << text;
  EXPECT_EQ(number_in("-1.5e3"), -1500);
  EXPECT_EQ(integer_in("1e2"), 100);
}

TEST(Members, AreMergedInTheirPlaces) {
  EXPECT_EQ(merged(R"({"a":1,"b":{"x":1}})", R"({"b":null,"c":[2]})"), R"({"a":1,"b":null,"c":[2]})");
  EXPECT_EQ(merged("{}", R"({"a":"q\"q"})"), R"({"a":"q\"q"})");
}

}  // namespace
}  // namespace reelspool
