// Many threads on one handle, and on two.
#include <atomic>
#include <functional>
#include <mutex>
#include <set>
#include <thread>

#include "tests/jobstore/conformance/conformance.hpp"

namespace reelspool::conformance {
namespace {

constexpr int threads = 6;

/// Runs `work(number)` in each of the threads and waits for all.
void in_threads(const std::function<void(int)>& work) {
  std::vector<std::thread> running;
  for (int number = 0; number < threads; ++number) running.emplace_back([&work, number] { work(number); });
  for (std::thread& thread : running) thread.join();
}

TEST_P(JobStoreConformance, ThreadsSubmitWithoutLoss) {
  constexpr int each = 20;
  const auto other = open("w2");
  in_threads([&](int number) {
    JobStore& store = number % 2 == 0 ? *store_ : *other;
    for (int i = 0; i < each; ++i)
      EXPECT_GOOD(store.submit(entry_text("job-" + std::to_string(number) + "-" + std::to_string(i))));
  });
  EXPECT_EQ(ids({.limit = 1000}).size(), static_cast<std::size_t>(threads * each));
  reopen();
  EXPECT_EQ(ids({.limit = 1000}).size(), static_cast<std::size_t>(threads * each));
}

TEST_P(JobStoreConformance, OneJobComesOfManySubmitsAtTheSameTime) {
  std::atomic<int> fresh = 0;
  const auto other = open();
  in_threads([&](int number) {
    JobStore& store = number % 2 == 0 ? *store_ : *other;
    const std::string id = "id-" + std::to_string(number);
    if (must(store.submit(entry_text(id, R"("idempotencyKey":"k")"))).is_new) ++fresh;
  });
  EXPECT_EQ(fresh, 1);
  EXPECT_EQ(ids({}).size(), 1U);
}

TEST_P(JobStoreConformance, NoJobIsClaimedTwice) {
  constexpr int jobs = 60;
  for (int i = 0; i < jobs; ++i) submit("job-" + std::to_string(i));
  const auto other = open("w2");
  std::mutex mutex;
  std::multiset<std::string> claimed;
  std::set<std::uint64_t> tokens;
  in_threads([&](int number) {
    JobStore& store = number % 2 == 0 ? *store_ : *other;
    while (const auto next = must(store.claim())) {
      {
        std::lock_guard lock(mutex);
        claimed.insert(next->job.id);
        tokens.insert(next->claim.token);
      }
      EXPECT_GOOD(store.progress(next->claim, {.percent = 50}));
      EXPECT_GOOD(store.finish(next->claim, {.kind = Ending::Kind::done, .fields = "{}", .run_at = {}}));
    }
  });
  EXPECT_EQ(claimed.size(), static_cast<std::size_t>(jobs));
  EXPECT_EQ(std::set<std::string>(claimed.begin(), claimed.end()).size(), static_cast<std::size_t>(jobs));
  EXPECT_EQ(tokens.size(), static_cast<std::size_t>(jobs));
  EXPECT_EQ(must(store_->stats()).done, static_cast<std::size_t>(jobs));
}

TEST_P(JobStoreConformance, AWishIsGrantedOnceAndReadersSeeWholeJobs) {
  submit("a");
  std::atomic<int> granted = 0;
  in_threads([&](int number) {
    for (int i = 0; i < 20; ++i) {
      if (number == 0 && store_->cancel("a")) ++granted;
      if (number == 1 && store_->retry("a")) --granted;
      const Job job = must(store_->find("a"));
      EXPECT_EQ(job.finished_at.has_value(), has_ended(job.status));
      EXPECT_EQ(job.rev % 2 == 1, job.status == Status::pending) << "each rev is one state";
    }
  });
  EXPECT_EQ(granted, find("a").status == Status::cancelled ? 1 : 0);
}

}  // namespace
}  // namespace reelspool::conformance
