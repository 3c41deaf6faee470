// The blanks that are written ahead behind the end of the journal: they save time, and must never mean anything.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/jobstore/scratch.hpp"

namespace reelspool {
namespace {

using testing::HasSubstr;

/// How many blanks the file ends with.
std::size_t fill_of(const Scratch& scratch, int number = 1) {
  const std::string text = contents(segment(scratch, number));
  return text.size() - (text.find_last_not_of(' ') + 1);
}

void submit(JobStore& store, const std::string& id) {
  EXPECT_TRUE(must(store.submit(entry_text(id))).is_new);
}

TEST(Fill, IsWrittenOverByAnyProcessAndGoesWhenTheLastOneThatWroteItCloses) {
  Scratch scratch;
  {
    auto one = open_store(options_for(scratch)), other = open_store(options_for(scratch));
    for (int i = 0; i < 60; ++i) {
      submit(i % 7 < 4 ? *one : *other, "job-" + std::to_string(i));
      EXPECT_EQ(jobs_in(scratch), static_cast<std::size_t>(i + 1));
    }
    EXPECT_GT(fill_of(scratch), 1000U);
  }
  EXPECT_EQ(jobs_in(scratch), 60U);
  EXPECT_EQ(fill_of(scratch), 0U);
}

TEST(Fill, IsNotLeftByACommandThatWritesOneRecord) {
  Scratch scratch;
  auto store = open_store(options_for(scratch));
  submit(*store, "a");
  EXPECT_EQ(fill_of(scratch), 0U);
  submit(*store, "b");
  EXPECT_GT(fill_of(scratch), 0U);
}

TEST(Fill, ChangesTheSizeOfTheFileOnceInManyRecords) {
  Scratch scratch;
  auto store = open_store(options_for(scratch));
  int changes = 0;
  std::uintmax_t size = 0;
  for (int i = 0; i < 300; ++i) {
    submit(*store, "job-" + std::to_string(i));
    changes += std::exchange(size, std::filesystem::file_size(segment(scratch, 1))) != size;
  }
  EXPECT_LE(changes, 15);
}

TEST(Fill, ThatAProcessLeftBehindIsNeitherDamageNorInTheWay) {
  Scratch scratch;
  { submit(*open_store(options_for(scratch)), "a"); }
  const std::string text = contents(segment(scratch, 1));
  for (const std::size_t blanks : {1, 300, 5000, 70000, 3 << 20}) {
    put_file(segment(scratch, 1), text + std::string(blanks, ' '));
    EXPECT_EQ(jobs_in(scratch), 1U);
    EXPECT_EQ(fill_of(scratch), blanks) << "reading changes nothing";
    submit(*open_store(options_for(scratch)), "b");
    EXPECT_EQ(jobs_in(scratch), 2U);
  }
}

TEST(Fill, IsCutWithWhatAPowerLossLeftBehindIt) {
  Scratch scratch;
  {
    auto store = open_store(options_for(scratch));
    for (const char* id : {"a", "b", "c"}) submit(*store, id);
  }
  const std::string text = contents(segment(scratch, 1));
  const std::size_t last = text.rfind('\n', text.size() - 2) + 1;
  for (const std::size_t blanks : {std::size_t{1}, std::size_t{200}, std::size_t{5000}}) {
    // The last line was written and not the one before it; or zeros, or half a line.
    for (const std::string& behind : {text.substr(last), std::string(700, '\0'), std::string("12 0a")}) {
      put_file(segment(scratch, 1), text.substr(0, last) + std::string(blanks, ' ') + behind);
      EXPECT_EQ(jobs_in(scratch), 2U);
      EXPECT_EQ(contents(segment(scratch, 1)), text.substr(0, last));
    }
  }
}

TEST(Fill, WhereTheNextSegmentHasBegunIsAnEndThatIsMissing) {
  Scratch scratch;
  { submit(*open_store(options_for(scratch)), "a"); }
  const std::string text = contents(segment(scratch, 1)) + std::string(500, ' ');
  put_file(segment(scratch, 1), text);
  put_file(segment(scratch, 2), "1 00000000 head 0 {}\n2 00000000 job 0 {}\n");
  const auto opened = open_file_store(options_for(scratch));
  ASSERT_FALSE(opened);
  EXPECT_THAT(opened.error().message, HasSubstr("the next segment goes on"));
  EXPECT_EQ(contents(segment(scratch, 1)), text);
}

TEST(Fill, ThatTheDiskHasNoRoomForIsDoneWithout) {
  Scratch scratch;
  FailingFiles files(0, ENOSPC);
  FileStoreOptions options = options_for(scratch);
  options.files = &files;
  auto store = open_store(options);
  for (int i = 0; i < 20; ++i) {
    if (i % 2 == 1) files.fail_next(Files::Call::write);  // the first after a refusal asks for none
    submit(*store, "job-" + std::to_string(i));
    EXPECT_EQ(jobs_in(scratch), static_cast<std::size_t>(i + 1));
  }
  EXPECT_EQ(fill_of(scratch), 0U);
}

TEST(Fill, StaysWhileAJobRunsSinceTheRoomForItsEndGoesWithIt) {
  Scratch scratch;
  auto worker = open_store(options_for(scratch, "w1"));
  submit(*worker, "a");
  const Claim claim = must(worker->claim())->claim;
  {
    auto other = open_store(options_for(scratch));
    for (int i = 0; i < 5; ++i) submit(*other, "job-" + std::to_string(i));
  }
  EXPECT_GT(fill_of(scratch), 0U);
  EXPECT_GOOD(worker->finish(claim, {.kind = Ending::Kind::done, .fields = "{}", .run_at = {}}));
  worker.reset();
  EXPECT_EQ(jobs_in(scratch), 6U);
}

TEST(Fill, IsNotKeptBehindASeal) {
  Scratch scratch;
  auto store = open_store(options_for(scratch));
  for (int i = 0; i < 9; ++i) submit(*store, "job-" + std::to_string(i));
  const std::filesystem::path kept = scratch.path() / "first";
  std::filesystem::create_hard_link(segment(scratch, 1), kept);
  EXPECT_GT(fill_of(scratch), 0U);
  EXPECT_GOOD(store->compact());
  EXPECT_EQ(contents(kept).back(), '\n');
  EXPECT_THAT(contents(kept), HasSubstr("sealed"));
}

}  // namespace
}  // namespace reelspool
