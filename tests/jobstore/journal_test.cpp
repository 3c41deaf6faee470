// What a crash, a power loss or a bad disk leaves behind, and what the store makes of it.
#include "jobstore/file/journal.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "jobstore/file/crc32c.hpp"
#include "jobstore/file/damage.hpp"
#include "jobstore/file/record.hpp"
#include "tests/jobstore/scratch.hpp"

namespace reelspool {
namespace {

using testing::HasSubstr;

/// Offsets at which lines begin, and the end.
std::vector<std::size_t> line_starts(const std::string& text) {
  std::vector<std::size_t> starts = {0};
  for (std::size_t i = 0; i < text.size(); ++i)
    if (text[i] == '\n') starts.push_back(i + 1);
  return starts;
}

/// A store with jobs job-0 ... in it, closed.
void fill(const Scratch& scratch, int jobs) {
  auto store = open_store(options_for(scratch));
  for (int i = 0; i < jobs; ++i) must(store->submit(entry_text("job-" + std::to_string(i))));
}

TEST(Crc32c, IsTheOneOfTheStandard) {
  EXPECT_EQ(crc32c("123456789"), 0xE3069283U);  // RFC 3720 B.4 and every catalogue
  EXPECT_EQ(crc32c(std::string(32, '\0')), 0x8A9136AAU);
  EXPECT_EQ(crc32c("6789", crc32c("12345")), 0xE3069283U);
}

TEST(Record, ComesBackByteForByteWithItsLineBreaks) {
  Chain written{3, 10, 77}, read = written;
  const std::string line = encode_line(written, RecordKind::job, 5, "{\"id\":\"a\"} {\n\t\"x\":1.10\r\n}");
  EXPECT_EQ(std::count(line.begin(), line.end(), '\n'), 1);
  Record record;
  ASSERT_TRUE(decode_line(std::string_view(line).substr(0, line.size() - 1), read, record));
  EXPECT_EQ(record.fields, "{\"id\":\"a\"}");
  EXPECT_EQ(record.entry, "{\n\t\"x\":1.10\r\n}");
  EXPECT_EQ(record.sequence, 11U);
  EXPECT_EQ(record.synced, 5U);
  EXPECT_EQ(read.crc, written.crc);
}

TEST(Record, IsRefusedInAnotherPlace) {
  Chain chain{3, 10, 77};
  std::string line = encode_line(chain, RecordKind::set, 5, "{}");
  line.pop_back();
  Record record;
  for (Chain other : {Chain{4, 10, 77}, Chain{3, 9, 77}, Chain{3, 10, 78}})
    EXPECT_FALSE(decode_line(line, other, record));
  for (std::size_t i = 0; i < line.size(); ++i) {
    std::string bad = line;
    bad[i] = static_cast<char>(bad[i] ^ 1);
    Chain right{3, 10, 77};
    EXPECT_FALSE(decode_line(bad, right, record)) << bad;
  }
}

TEST(Journal, ATailTornAtAnyByteCostsOnlyTheTornRecord) {
  Scratch whole(Scratch::Place::in_memory);
  fill(whole, 6);
  const std::string text = contents(segment(whole, 1));
  const std::vector<std::size_t> starts = line_starts(text);
  ASSERT_EQ(starts.size(), 8U);  // the head, six jobs, the end
  for (std::size_t size = starts[5]; size < text.size(); ++size) {
    SCOPED_TRACE("cut to " + std::to_string(size) + " bytes");
    put_file(segment(whole, 1), text.substr(0, size));
    const std::size_t expected = size >= starts[6] ? 5 : 4;
    auto store = open_store(options_for(whole));
    EXPECT_EQ(must(store->list({})).size(), expected);
    EXPECT_TRUE(must(store->submit(entry_text("new"))).is_new);
    store.reset();
    EXPECT_EQ(jobs_in(whole), expected + 1);
    if (HasFailure()) break;
  }
}

TEST(Journal, AHeadThatWasNeverFinishedIsWrittenAnew) {
  Scratch scratch(Scratch::Place::in_memory);
  fill(scratch, 0);
  const std::string text = contents(segment(scratch, 1));
  for (std::size_t size = 0; size < text.size(); ++size) {
    put_file(segment(scratch, 1), text.substr(0, size));
    EXPECT_EQ(jobs_in(scratch), 0U) << size;
  }
  fill(scratch, 2);
  EXPECT_EQ(jobs_in(scratch), 2U);
}

TEST(Journal, DamageBelowASyncedMarkIsNamedAndNothingIsTouched) {
  Scratch scratch(Scratch::Place::in_memory);
  fill(scratch, 6);
  const std::string text = contents(segment(scratch, 1));
  const std::vector<std::size_t> starts = line_starts(text);
  for (std::size_t line = 0; line + 2 < starts.size();
       ++line) {  // all but the last: a later one vouches for it
    for (const std::size_t at : {starts[line], (starts[line] + starts[line + 1]) / 2, starts[line + 1] - 1}) {
      SCOPED_TRACE("byte " + std::to_string(at) + " of line " + std::to_string(line + 1));
      std::string bad = text;
      bad[at] = static_cast<char>(bad[at] ^ 4);
      put_file(segment(scratch, 1), bad);
      const auto opened = open_file_store(options_for(scratch));
      // With its line break gone, the second to last line swallows its only witness.
      if (opened && line + 3 == starts.size() && at == starts[line + 1] - 1) continue;
      ASSERT_FALSE(opened);
      EXPECT_EQ(opened.error().cls, ErrorClass::storage);
      EXPECT_EQ(opened.error().code, "damaged");
      EXPECT_THAT(opened.error().message,
                  HasSubstr("journal-000001: damaged at byte " + std::to_string(starts[line])));
      EXPECT_EQ(contents(segment(scratch, 1)), bad);
    }
  }
}

TEST(Journal, AHoleThatWasNeverSyncedIsCut) {
  Scratch scratch;
  {
    auto store = open_store(options_for(scratch, "w"));
    must(store->submit(entry_text("a")));
    const Claim claim = must(store->claim())->claim;
    for (int i = 1; i < 40; ++i) EXPECT_GOOD(store->progress(claim, {.percent = double(i)}));
  }
  std::string text = contents(segment(scratch, 1));
  const std::vector<std::size_t> starts = line_starts(text);
  const std::size_t hole = starts[starts.size() - 20];
  text.replace(hole, 100, 100, '\0');
  put_file(segment(scratch, 1), text);
  auto store = open_store(options_for(scratch));
  EXPECT_EQ(must(store->find("a")).progress, 20);
  EXPECT_EQ(std::filesystem::file_size(segment(scratch, 1)), hole);
}

TEST(Journal, BytesBehindTheEndThatAreNoLinesAreCut) {
  Scratch scratch;
  fill(scratch, 3);
  const std::string text = contents(segment(scratch, 1));
  for (const std::string& tail : {std::string(5000, '\0'), std::string("\n"), std::string("\n\n\n"),
                                  std::string("9 00000000 set 1 {}\n"), std::string(3 << 20, 'x')}) {
    put_file(segment(scratch, 1), text + tail);
    EXPECT_EQ(jobs_in(scratch), 3U);
    EXPECT_EQ(contents(segment(scratch, 1)).size(), text.size());
  }
}

TEST(Journal, AnEndThatIsMissingBeforeAnotherSegmentIsDamage) {
  Scratch scratch;
  fill(scratch, 6);
  const std::string text = contents(segment(scratch, 1));
  put_file(segment(scratch, 2), "1 00000000 head 0 {}\n2 00000000 job 0 {}\n");
  put_file(segment(scratch, 1), text.substr(0, text.size() - 3));
  const auto opened = open_file_store(options_for(scratch));
  ASSERT_FALSE(opened);
  EXPECT_THAT(opened.error().message, HasSubstr("the next segment goes on"));
}

TEST(Journal, AMissingSegmentIsNamed) {
  Scratch scratch;
  FileStoreOptions options = options_for(scratch);
  options.snapshot_at_bytes = 1;
  must(open_store(options)->submit(entry_text("a")));
  std::filesystem::remove(segment(scratch, 2));
  const auto behind_snapshot = open_file_store(options);
  ASSERT_FALSE(behind_snapshot);
  EXPECT_THAT(behind_snapshot.error().message, HasSubstr("journal-000002 is missing"));

  Scratch other;
  fill(other, 2);
  std::string text = contents(segment(other, 1));
  Chain chain{1, 0, 0};
  Record record;
  for (std::size_t at = 0, end; (end = text.find('\n', at)) != std::string::npos; at = end + 1)
    ASSERT_TRUE(decode_line(std::string_view(text).substr(at, end - at), chain, record));
  put_file(segment(other, 1), text + encode_line(chain, RecordKind::sealed, 0, R"({"next":2})"));
  const auto behind_segment = open_file_store(options_for(other));
  ASSERT_FALSE(behind_segment);
  EXPECT_THAT(behind_segment.error().message, HasSubstr("journal-000002 is missing"));
}

TEST(Journal, ASegmentThatARotationLeftUnfinishedIsBegunAnew) {
  Scratch scratch;
  fill(scratch, 6);
  put_file(segment(scratch, 2), "12 0000");
  FileStoreOptions options = options_for(scratch);
  options.snapshot_at_bytes = 1;
  must(open_store(options)->submit(entry_text("new")));
  EXPECT_EQ(jobs_in(scratch), 7U);
  EXPECT_FALSE(std::filesystem::exists(segment(scratch, 1))) << "covered by the snapshot";
}

TEST(Journal, ManyRotationsLoseNothingAndLeaveOneSegment) {
  Scratch scratch;
  FileStoreOptions options = options_for(scratch, "w");
  options.snapshot_at_bytes = 2000;
  auto follower = open_store(options_for(scratch));
  auto laggard = open_store(options_for(scratch));
  auto store = open_store(options);
  for (int i = 0; i < 100; ++i) {
    must(store->submit(entry_text("job-" + std::to_string(i), "\"priority\":" + std::to_string(i % 7))));
    if (i % 3 == 0) {
      const Claim claim = must(store->claim())->claim;
      EXPECT_GOOD(store->append_step(claim, {.key = "s", .hash = "h", .phase = StepRecord::Phase::done}));
      EXPECT_GOOD(
          store->finish(claim, {.kind = Ending::Kind::done, .fields = R"({"videoUrl":"u"})", .run_at = {}}));
    }
    if (i % 10 == 0) {
      EXPECT_EQ(must(follower->list({.limit = 1000})).size(), static_cast<std::size_t>(i + 1));
    }
  }
  const auto all = [](FileJobStore& from) {
    std::string text;
    for (const Job& job : must(from.list({.limit = 1000}))) {
      text += published_entry(job) + std::to_string(job.token);
      for (const StepRecord& step : must(from.steps(job.id))) text += step.key + std::to_string(step.token);
    }
    return text;
  };
  const std::string expected = all(*store);
  EXPECT_EQ(all(*laggard), expected) << "its segment was gone: it had to start from the snapshot";
  EXPECT_EQ(all(*follower), expected);
  EXPECT_EQ(all(*open_store(options_for(scratch))), expected);
  std::size_t segments = 0;
  for (const auto& file : std::filesystem::directory_iterator(scratch.store()))
    segments += file.path().filename().string().starts_with("journal-");
  EXPECT_EQ(segments, 1U);
}

TEST(Journal, ALostReaderIsToldWhatWentMeanwhile) {
  Scratch scratch;
  FileStoreOptions options = options_for(scratch);
  options.snapshot_at_bytes = 1;
  auto store = open_store(options);
  must(store->submit(entry_text("a", R"("status":"done")")));
  must(store->submit(entry_text("b")));
  auto laggard = open_store(options_for(scratch));
  const auto before = must(laggard->changes_since(0, 100));
  EXPECT_EQ(before.changes.size(), 2U);
  EXPECT_GOOD(store->remove("a", false));
  for (int i = 0; i < 5; ++i) must(store->submit(entry_text("c-" + std::to_string(i))));
  bool is_told = false;
  for (const auto& change : must(laggard->changes_since(before.cursor, 100)).changes)
    is_told = is_told || (change.id == "a" && !change.job);
  EXPECT_TRUE(is_told);
}

TEST(Snapshot, ThatIsDamagedAnywhereIsNamed) {
  Scratch scratch(Scratch::Place::in_memory);
  FileStoreOptions options = options_for(scratch);
  options.snapshot_at_bytes = 1;
  must(open_store(options)->submit(entry_text("a")));
  const auto path = scratch.store() / "snapshot";
  const std::string text = contents(path);
  for (std::size_t at = 0; at < text.size(); ++at) {
    std::string bad = text;
    bad[at] = static_cast<char>(bad[at] ^ 1);
    for (const std::string& attempt : {bad, text.substr(0, at)}) {
      put_file(path, attempt);
      const auto opened = open_file_store(options_for(scratch));
      ASSERT_FALSE(opened) << at;
      ASSERT_EQ(opened.error().code, "damaged") << opened.error().message;
    }
  }
}

TEST(Sync, ThatFailsIsNotTriedAgainButTheStateIsSavedAnew) {
  Scratch scratch;
  FailingFiles files;
  FileStoreOptions options = options_for(scratch);
  options.files = &files;
  auto store = open_store(options);
  auto other = open_store(options_for(scratch));
  must(store->submit(entry_text("a")));
  files.fail_next(Files::Call::sync);
  EXPECT_TRUE(must(store->submit(entry_text("b"))).is_new);
  EXPECT_TRUE(std::filesystem::exists(scratch.store() / "snapshot"));
  EXPECT_FALSE(std::filesystem::exists(segment(scratch, 1)));
  must(store->submit(entry_text("c")));
  must(other->submit(entry_text("d")));
  EXPECT_EQ(must(other->list({})).size(), 4U);
  EXPECT_EQ(jobs_in(scratch), 4U);
}

TEST(Sync, WhenNothingCanBeSavedNothingIsAcknowledgedAnyMore) {
  Scratch scratch;
  FailingFiles files;
  FileStoreOptions options = options_for(scratch);
  options.files = &files;
  auto store = open_store(options);
  must(store->submit(entry_text("a")));
  files.fail_all(Files::Call::sync);
  const auto refused = store->submit(entry_text("b"));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().cls, ErrorClass::storage);
  EXPECT_FALSE(store->submit(entry_text("c")));
  EXPECT_FALSE(store->find("a"));
  EXPECT_GE(jobs_in(scratch), 1U);
  EXPECT_GOOD(open_store(options_for(scratch))->submit(entry_text("d")));
}

TEST(Sync, ThatFailedInAProcessWhichThenDiedIsPutInOrderByTheNext) {
  Scratch scratch, crashed;
  fill(scratch, 3);
  {
    Journal journal(system_files(), scratch.store());
    const auto nothing = [](const Record&) -> Result<> { return ok; };
    const auto uncovered = []() -> Result<std::uint64_t> { return std::uint64_t{0}; };
    ASSERT_TRUE(journal.start(1, 0));
    ASSERT_TRUE(journal.read_new(nothing, uncovered));
    // The moment at which it dies: the old segment is given up, its snapshot not yet written.
    ASSERT_FALSE(journal.give_up([&](const Journal::Sealed&) -> Result<> {
      std::filesystem::copy(scratch.path(), crashed.path(), std::filesystem::copy_options::recursive);
      return make_error(ErrorClass::storage, "killed");
    }));
  }
  EXPECT_EQ(jobs_in(crashed), 3U);
  EXPECT_TRUE(std::filesystem::exists(crashed.store() / "snapshot"));
  fill(crashed, 5);
  EXPECT_EQ(jobs_in(crashed), 5U);
  EXPECT_EQ(jobs_in(scratch), 3U) << "and one that could not save stands where it stood";
}

// One that only read took the segment for open, and then wrote behind its end, where nobody looks.
TEST(Sync, ThatFailedInAProcessWhichThenDiedIsPutInOrderByOneThatReadsFirst) {
  Scratch scratch;
  fill(scratch, 3);
  auto store = open_store(options_for(scratch));
  FailingFiles files;
  files.fail_all(Files::Call::truncate);  // so that the seal stays, as if it had died
  Journal journal(files, scratch.store());
  ASSERT_TRUE(journal.start(1, 0));
  ASSERT_TRUE(journal.read_new([](const Record&) -> Result<> { return ok; },
                               []() -> Result<std::uint64_t> { return std::uint64_t{0}; }));
  ASSERT_FALSE(journal.give_up(
      [](const Journal::Sealed&) -> Result<> { return make_error(ErrorClass::storage, "killed"); }));

  EXPECT_EQ(must(store->list({})).size(), 3U);
  must(store->submit(entry_text("after")));
  EXPECT_EQ(jobs_in(scratch), 4U);
}

}  // namespace
}  // namespace reelspool
