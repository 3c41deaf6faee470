#include "jobstore/window/split.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace reelspool::window {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::vector<std::string> ids(const ForeignFile& file) {
  std::vector<std::string> all;
  for (const ForeignEntry& entry : file.entries) all.push_back(entry.id);
  return all;
}

ForeignFile split_or_fail(const ForeignText& text) {
  Result<ForeignFile> file = split(text);
  if (!file) {
    ADD_FAILURE() << file.error().message;
    return {};
  }
  return *std::move(file);
}

TEST(Split, ReadsAnObjectWithAListOfJobs) {
  const ForeignText text(R"({"version":1,"revision":41,"jobs":[{"id":"a"},{"id":"b","rev":7}]})");
  const ForeignFile file = split_or_fail(text);
  EXPECT_THAT(ids(file), ElementsAre("a", "b"));
  EXPECT_EQ(file.revision, 41U);
  EXPECT_FALSE(file.entries[0].rev);
  EXPECT_EQ(file.entries[1].rev, 7U);
  EXPECT_THAT(file.bad, IsEmpty());
  EXPECT_THAT(file.others, IsEmpty());
}

TEST(Split, ReadsABareList) {
  const ForeignText text("[ {\"id\":\"a\"} ,\n {\"id\":\"b\"} ]");
  EXPECT_THAT(ids(split_or_fail(text)), ElementsAre("a", "b"));
}

TEST(Split, ReadsAnObjectKeyedById) {
  const ForeignText text(R"({"version": 1, "a": {"type":"clip"}, "b": {"id":"b"}, "c": {}})");
  const ForeignFile file = split_or_fail(text);
  EXPECT_THAT(ids(file), ElementsAre("a", "b", "c"));
  EXPECT_EQ(with_id(file.entries[0]), R"({"id":"a","type":"clip"})");
  EXPECT_EQ(with_id(file.entries[1]), R"({"id":"b"})");
  EXPECT_EQ(with_id(file.entries[2]), R"({"id":"c"})");
}

TEST(Split, ReadsJobsKeyedByIdBelowJobs) {
  const ForeignText text(R"({"jobs":{"a":{"type":"clip"}}})");
  EXPECT_THAT(ids(split_or_fail(text)), ElementsAre("a"));
}

TEST(Split, ReadsAFileWithoutJobs) {
  for (const char* empty : {"{}", "[]", R"({"jobs":[]})", R"({"jobs":null})", R"({"jobs":{}})"}) {
    const ForeignText text(empty);
    EXPECT_THAT(split_or_fail(text).entries, IsEmpty()) << empty;
  }
}

TEST(Split, KeepsTheBytesOfAnEntry) {
  const std::string entry =
      "{ \"id\" : \"a\",\n  \"cost\":1.10, \"big\":12345678901234567890123, \"z\":1, \"a\":2 }";
  const ForeignText text("{\"jobs\":[ " + entry + " ]}");
  EXPECT_EQ(split_or_fail(text).entries.at(0).text, entry);
}

TEST(Split, IsNotMisledByBracketsInStrings) {
  const std::string entry = R"({"id":"a","params":{"text":"}]\"},{[\\"},"n":[[{"id":"inner"}]]})";
  const ForeignText text("[" + entry + R"(,{"id":"b"}])");
  const ForeignFile file = split_or_fail(text);
  EXPECT_THAT(ids(file), ElementsAre("a", "b"));
  EXPECT_EQ(file.entries[0].text, entry);
}

TEST(Split, SkipsAByteOrderMark) {
  const ForeignText text("\xEF\xBB\xBF[{\"id\":\"a\"}]");
  EXPECT_THAT(ids(split_or_fail(text)), ElementsAre("a"));
}

TEST(Split, ReadsOtherNamesOfTheId) {
  const ForeignText text(R"([{"jobId":"a"},{"job_id":"b"},{"jobId":"x","id":"c"}])");
  EXPECT_THAT(ids(split_or_fail(text)), ElementsAre("a", "b", "c"));
}

TEST(Split, ReadsWhatAnEntryWishes) {
  const ForeignText text(
      R"([{"id":"a","rev":3,"status":"queued","cancelRequested":true},{"id":"b","removeRequested":true,"status":"odd"}])");
  const ForeignFile file = split_or_fail(text);
  EXPECT_EQ(file.entries[0].status, Status::pending);
  EXPECT_TRUE(file.entries[0].cancel_requested);
  EXPECT_FALSE(file.entries[0].remove_requested);
  EXPECT_TRUE(file.entries[1].remove_requested);
  EXPECT_FALSE(file.entries[1].status);
}

TEST(Split, TheLastOfARepeatedFieldCountsAsInJavaScript) {
  const ForeignText text(R"([{"id":"a","id":"b"}])");
  EXPECT_THAT(ids(split_or_fail(text)), ElementsAre("b"));
}

TEST(Split, HandsOnBothEntriesOfADuplicateId) {
  const ForeignText text(R"([{"id":"a","n":1},{"id":"a","n":2}])");
  EXPECT_THAT(ids(split_or_fail(text)), ElementsAre("a", "a"));
}

TEST(Split, KeepsFieldsBesideTheJobsAsTheyCame) {
  const ForeignText text(R"({"app":{"v": 1.10},"jobs":[],"no\"te" : [1, 2]  ,"publishedAt":"x"})");
  const ForeignFile file = split_or_fail(text);
  ASSERT_EQ(file.others.size(), 2U);
  EXPECT_EQ(file.others[0].first, "\"app\"");
  EXPECT_EQ(file.others[0].second, R"({"v": 1.10})");
  EXPECT_EQ(file.others[1].first, R"("no\"te")");
  EXPECT_EQ(file.others[1].second, "[1, 2]");
}

TEST(Split, AWholeNumberIsAnIdToo) {
  const ForeignText text(R"([{"id":1732291385123},{"jobId":7}])");
  EXPECT_THAT(ids(split_or_fail(text)), ElementsAre("1732291385123", "7"));
}

struct BadCase {
  const char* entry;
  const char* reason;
};

TEST(Split, OneBadEntryIsReportedAndTheOthersGoOn) {
  const BadCase cases[] = {
      {R"("text")", "must be an object"},
      {"5", "must be an object"},
      {"null", "must be an object"},
      {R"([{"id":"x"}])", "must be an object"},
      {"{}", "id: missing"},
      {R"({"id":1.5})", "id: must be a text or a whole number"},
      {R"({"id":-3})", "id: must be a text or a whole number"},
      {R"({"id":true})", "id: must be a text or a whole number"},
      {R"({"id":"../x"})", "id: \"../x\" is none"},
      {R"({"id":".x"})", "is none"},
      {R"({"id":"x","rev":-1})", "rev: must be"},
      {R"({"id":"x","rev":"7"})", "rev: must be"},
      {R"({"id":"x","status":7})", "status: must be a word"},
      {R"({"id":"x","n":,})", "not valid JSON"},
      {R"({"id":"x" "n":1})", "not valid JSON"},
      {"{\"id\":\"x\",\"n\":\"a\nb\"}", "not valid JSON"},
      {"{\"id\":\"x\",\"n\":\"caf\xE9\"}", "not valid JSON"},
  };
  for (const BadCase& bad : cases) {
    const ForeignText text(std::string("{\"jobs\":[\n{\"id\":\"a\"},\n") + bad.entry + ",\n{\"id\":\"b\"}]}");
    const ForeignFile file = split_or_fail(text);
    EXPECT_THAT(ids(file), ElementsAre("a", "b")) << bad.entry;
    ASSERT_EQ(file.bad.size(), 1U) << bad.entry;
    EXPECT_THAT(file.bad[0].reason, HasSubstr(bad.reason)) << bad.entry;
    EXPECT_EQ(file.bad[0].where, "jobs[1] (line 3)");
    EXPECT_EQ(file.bad[0].text, bad.entry);
  }
}

TEST(Split, FindsTheIdOfABadEntry) {
  const ForeignText text("[{\"id\":\"x\",\"n\":\"caf\xE9\"}]");
  EXPECT_EQ(split_or_fail(text).bad.at(0).id, "x");
}

TEST(Split, AnEntryMustNotContradictItsKey) {
  const ForeignText text(R"({"a":{"id":"b"}})");
  const ForeignFile file = split_or_fail(text);
  EXPECT_THAT(file.entries, IsEmpty());
  EXPECT_THAT(file.bad.at(0).reason, HasSubstr("stands under the key \"a\""));
}

TEST(Split, RefusesWhatIsNoJobFileAsAWhole) {
  for (const char* broken :
       {"", "   ", "hello", "5", "\"text\"", "[{\"id\":\"a\"}", "{\"jobs\":[{\"id\":\"a\"", "[{\"id\":\"a}]",
        "[] []", "{\"jobs\":5}", "[{\"id\":\"a\"},]x", "\xFF\xFE[\0]\0"}) {
    const ForeignText text{std::string(broken)};
    const Result<ForeignFile> file = split(text);
    ASSERT_FALSE(file) << broken;
    EXPECT_EQ(file.error().code, "not_json") << broken;
    EXPECT_THAT(file.error().message, HasSubstr("line 1: ")) << broken;
  }
}

TEST(Split, EveryTruncationIsRefusedOrReadsOnlyWholeEntries) {
  const std::string whole = R"({"revision":1,"jobs":[{"id":"a","t":"x\"]}"},{"id":"b","p":{"q":[1,2]}}]})";
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const ForeignText text(whole.substr(0, size));
    const Result<ForeignFile> file = split(text);
    EXPECT_FALSE(file) << text.view();
  }
}

TEST(Split, SurvivesAnyByteChanged) {
  const std::string whole =
      R"({"revision":1,"jobs":[{"id":"a","t":"x\"]}"},{"id":"b","p":{"q":[1,2]}}],"o":{}})";
  for (std::size_t at = 0; at < whole.size(); ++at) {
    for (const char byte : {'"', '{', '}', '[', ']', ',', ':', '\\', '\0', '\xFF', ' ', '1'}) {
      std::string changed = whole;
      changed[at] = byte;
      const ForeignText text(changed);
      const Result<ForeignFile> file = split(text);
      if (!file) continue;
      for (const ForeignEntry& entry : file->entries) EXPECT_TRUE(is_job_id(entry.id)) << changed;
    }
  }
}

TEST(Split, ManyEntriesInOneFile) {
  std::string many = "{\"jobs\":[";
  for (int i = 0; i < 20'000; ++i)
    many += std::string(i == 0 ? "" : ",\n") + "{\"id\":\"job-" + std::to_string(i) +
            "\",\"params\":{\"a\":[1,{\"b\":\"}\"}]}}";
  many += "]}";
  const ForeignText text(many);
  const ForeignFile file = split_or_fail(text);
  ASSERT_EQ(file.entries.size(), 20'000U);
  EXPECT_EQ(file.entries.back().id, "job-19999");
  EXPECT_EQ(file.entries.back().line, 20'000U);
}

TEST(ReadOne, TakesTheFilesNameWhereTheEntryHasNoId) {
  const ForeignText text(" \n{\"type\":\"clip\"}\n");
  const Result<ForeignEntry> entry = read_one(text, "drop-1");
  ASSERT_TRUE(entry) << entry.error().message;
  EXPECT_EQ(entry->id, "drop-1");
  EXPECT_EQ(with_id(*entry), R"({"id":"drop-1","type":"clip"})");
}

TEST(ReadOne, PrefersTheIdInTheEntry) {
  const ForeignText text(R"({"id":"other"})");
  const Result<ForeignEntry> entry = read_one(text, "drop-1");
  ASSERT_TRUE(entry) << entry.error().message;
  EXPECT_EQ(entry->id, "other");
}

TEST(ReadOne, RefusesAnythingButOneObject) {
  for (const char* bad : {"", "[]", "{}{}", "{\"id\":", "5", "{\"id\":7.5}"}) {
    const ForeignText text{std::string(bad)};
    EXPECT_FALSE(read_one(text, "x")) << bad;
  }
}

}  // namespace
}  // namespace reelspool::window
