// What the file store does beyond the suite of conformance/: what it costs, and its own timer.
#include <gtest/gtest.h>

#include <future>

#include "tests/jobstore/scratch.hpp"

namespace reelspool {
namespace {

using namespace std::chrono_literals;

TEST(Cost, ProgressIsNeverSyncedAndWhatShowsNothingNewIsNotWritten) {
  Scratch scratch;
  FailingFiles files;
  FileStoreOptions options = options_for(scratch, "w1");
  options.files = &files;
  auto store = open_store(options);
  must(store->submit(entry_text("a")));
  const Claim held = must(store->claim())->claim;
  must(store->find("a"));  // covers the claim
  files.reset_counts();
  const Progress shown{.percent = 40, .stage = "rendering", .scene = 2, .scenes = 5, .message = "m"};
  EXPECT_GOOD(store->progress(held, shown));
  EXPECT_EQ(must(store->find("a")).progress, 40);
  EXPECT_EQ(files.count(Files::Call::sync), 0);
  EXPECT_EQ(files.count(Files::Call::write), 1);
  Progress older = shown;
  older.percent = 10;
  EXPECT_GOOD(store->progress(held, older));
  EXPECT_EQ(files.count(Files::Call::write), 1);
}

TEST(FileStore, TheListenerIsCalledWhenADelayedJobIsDue) {
  Scratch scratch;
  auto store = open_store(options_for(scratch, "real"));
  std::promise<void> told;
  std::atomic<int> calls = 0;
  store->on_change([&] {
    if (++calls == 1) told.set_value();
  });
  must(store->submit(entry_text("a", R"("runAt":")" + format_time(system_clock().now() + 150ms) + '"')));
  EXPECT_FALSE(must(store->claim()));
  told.get_future().wait();
  EXPECT_EQ(must(store->claim())->job.id, "a");
  store->on_change({});
}

}  // namespace
}  // namespace reelspool
