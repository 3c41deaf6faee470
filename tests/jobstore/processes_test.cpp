// Several processes on one store, and what is left when one of them is killed.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/file.h>
#include <unistd.h>

#include <fstream>
#include <future>
#include <random>
#include <set>
#include <thread>

#include "tests/jobstore/child.hpp"
#include "tests/jobstore/scratch.hpp"

namespace reelspool {
namespace {

/// A job that is claimed by a process of that name, which is then killed.
void claim_and_die(const Scratch& scratch, const std::string& worker) {
  Child child([&](const Child::Say& say) {
    auto store = open_store(options_for(scratch, worker));
    say(must(store->claim())->job.id);
    ::pause();
  });
  ASSERT_TRUE(child.line());
  child.end();
}

TEST(Crash, EveryAcknowledgedSubmitSurvivesSigkillAtAnyMoment) {
  std::minstd_rand random(20261122);
  for (int round = 0; round < 12; ++round) {
    SCOPED_TRACE("round " + std::to_string(round));
    Scratch scratch;
    FileStoreOptions options = options_for(scratch);
    options.snapshot_at_bytes = 3000;  // rotations and snapshots are struck too
    Child child([&](const Child::Say& say) {
      auto store = open_store(options);
      for (int i = 0;; ++i) {
        const std::string id = "job-" + std::to_string(i);
        if (!store->submit(entry_text(id))) ::_exit(1);
        say(id);
      }
    });
    const unsigned acknowledged = 1 + random() % 60;
    for (unsigned i = 0; i < acknowledged; ++i) ASSERT_TRUE(child.line());
    child.kill();
    std::size_t count = acknowledged + child.lines().size();
    child.end();

    auto store = open_store(options);
    for (std::size_t i = 0; i < count; ++i) EXPECT_GOOD(store->find("job-" + std::to_string(i)));
    EXPECT_LE(must(store->list({.limit = 100000})).size(), count + 1) << "at most one was under way";
    EXPECT_TRUE(must(store->submit(entry_text("after"))).is_new);
  }
}

TEST(Processes, AppendToOneJournalAtTheSameTime) {
  constexpr int each = 100;
  Scratch scratch;
  FileStoreOptions options = options_for(scratch);
  options.snapshot_at_bytes = 10'000;
  std::vector<std::unique_ptr<Child>> children;
  for (const std::string name : {"x", "y", "z"})
    children.push_back(std::make_unique<Child>([&, name](const Child::Say&) {
      auto store = open_store(options);
      for (int i = 0; i < each; ++i)
        if (!store->submit(entry_text(name + "-" + std::to_string(i)))) ::_exit(1);
    }));
  for (const auto& child : children) EXPECT_EQ(child->wait(), 0);
  EXPECT_EQ(must(open_store(options)->list({.limit = 10'000})).size(), 3U * each);
}

TEST(Processes, NeverClaimTheSameJobTwice) {
  constexpr int jobs = 150;
  Scratch scratch;
  {
    auto store = open_store(options_for(scratch));
    for (int i = 0; i < jobs; ++i) must(store->submit(entry_text("job-" + std::to_string(i))));
  }
  std::vector<std::unique_ptr<Child>> children;
  for (const std::string name : {"w1", "w2", "w3"})
    children.push_back(std::make_unique<Child>([&, name](const Child::Say& say) {
      auto store = open_store(options_for(scratch, name));
      while (const auto claimed = must(store->claim())) {
        say(claimed->job.id);
        if (!store->finish(claimed->claim, {.kind = Ending::Kind::done, .fields = "{}", .run_at = {}}))
          ::_exit(1);
      }
    }));
  std::multiset<std::string> claimed;
  for (const auto& child : children) {
    for (const std::string& id : child->lines()) claimed.insert(id);
    EXPECT_EQ(child->wait(), 0);
  }
  EXPECT_EQ(claimed.size(), static_cast<std::size_t>(jobs));
  EXPECT_EQ(std::set<std::string>(claimed.begin(), claimed.end()).size(), static_cast<std::size_t>(jobs));
}

TEST(TakeOver, OfADeadWorkersJobIsToldAtOnceAndTheOldClaimIsStale) {
  Scratch scratch;
  must(open_store(options_for(scratch))->submit(entry_text("a")));
  Child child([&](const Child::Say& say) {
    auto store = open_store(options_for(scratch, "dies"));
    const Claimed claimed = *must(store->claim());
    must(store->append_step(claimed.claim, {.key = "s", .hash = "h", .phase = StepRecord::Phase::done}));
    must(store->progress(claimed.claim, {.percent = 42}));
    say(std::to_string(claimed.claim.token));
    ::pause();
  });
  const Claim old{"a", std::stoull(child.line().value_or("0"))};

  auto store = open_store(options_for(scratch, "lives"));
  EXPECT_EQ(must(store->find("a")).worker, "dies");
  EXPECT_TRUE(must(store->recover()).empty()) << "it lives";
  EXPECT_FALSE(must(store->claim()));
  std::promise<void> told;
  std::atomic<bool> is_told = false;
  store->on_change([&] {
    if (must(store->find("a")).status == Status::pending && !is_told.exchange(true)) told.set_value();
  });
  child.end();
  told.get_future().wait();
  store->on_change({});

  const Claimed again = *must(store->claim());
  EXPECT_EQ(again.job.attempt, 1) << "it cost no attempt";
  EXPECT_EQ(again.job.interruptions, 1);
  EXPECT_EQ(again.job.progress, 42) << "survives kill -9";
  EXPECT_GT(again.claim.token, old.token);
  EXPECT_EQ(must(store->steps("a")).size(), 1U);
  EXPECT_EQ(store->append_step(old, {.key = "s"}).error().code, "stale_claim");
  EXPECT_FALSE(std::filesystem::exists(scratch.store() / "workers" / "dies"));
}

TEST(TakeOver, AFinishedStepSetsTheCountOfDeathsBackAlsoAfterASnapshot) {
  Scratch scratch;
  FileStoreOptions options = options_for(scratch, "w");
  options.snapshot_at_bytes = 1;
  must(open_store(options)->submit(entry_text("a")));
  for (int death = 1; death <= 3; ++death) claim_and_die(scratch, "w");
  {
    auto store = open_store(options);
    const Claim claim = must(store->claim())->claim;
    must(store->append_step(claim, {.key = "s", .hash = "h", .phase = StepRecord::Phase::done}));
    EXPECT_EQ(must(store->find("a")).interruptions, 0);
    must(store->finish(claim, {.kind = Ending::Kind::given_back, .fields = "{}", .run_at = {}}));
  }
  claim_and_die(scratch, "w");
  { auto store = open_store(options); }
  EXPECT_EQ(must(open_store(options_for(scratch))->find("a")).interruptions, 1);
}

TEST(GroupCommit, ThreadsShareSyncs) {
  Scratch scratch;
  FailingFiles files;
  FileStoreOptions options = options_for(scratch);
  options.files = &files;
  auto store = open_store(options);
  files.reset_counts();
  constexpr int threads = 8, each = 40;
  std::vector<std::thread> submitters;
  for (int t = 0; t < threads; ++t)
    submitters.emplace_back([&, t] {
      for (int i = 0; i < each; ++i)
        EXPECT_GOOD(store->submit(entry_text("job-" + std::to_string(t) + "-" + std::to_string(i))));
    });
  for (std::thread& thread : submitters) thread.join();
  EXPECT_EQ(must(store->list({.limit = 1000})).size(), static_cast<std::size_t>(threads * each));
  EXPECT_LT(files.count(Files::Call::sync), threads * each);
}

TEST(Cost, OfASubmitDoesNotDependOnTheNumberOfJobs) {
  Scratch scratch;
  FailingFiles files;
  FileStoreOptions options = options_for(scratch);  // a worker would also listen for the bell, and read
  options.files = &files;
  auto store = open_store(options);
  const auto calls = [&](int number) {
    must(store->find("job-0"));
    files.reset_counts();
    must(store->submit(entry_text("measured-" + std::to_string(number))));
    return std::array{files.count(Files::Call::read), files.count(Files::Call::write),
                      files.count(Files::Call::sync), files.total()};
  };
  must(store->submit(entry_text("job-0")));
  const auto few = calls(1);
  for (int i = 1; i < 300; ++i) must(store->submit(entry_text("job-" + std::to_string(i))));
  EXPECT_EQ(calls(2), few);
  EXPECT_EQ(few[1], 1) << "one write";
  EXPECT_EQ(few[2], 1) << "one sync";
}

/// A worker that is stopped while it has the lock of the store, as in the middle of a transaction.
void hold_the_lock_and_stop(const Scratch& scratch, const Child::Say& say) {
  auto store = open_store(options_for(scratch, "hangs"));
  const int lock = ::open((scratch.store() / "lock").c_str(), O_RDWR | O_CLOEXEC);
  if (lock < 0 || ::flock(lock, LOCK_EX) != 0) ::_exit(1);
  say(std::to_string(::getpid()));
  ::raise(SIGSTOP);
  ::flock(lock, LOCK_UN);
  ::pause();
}

TEST(Processes, WhoWaitsLongForTheLockIsToldWhoHasIt) {
  Scratch scratch;
  std::promise<std::string> told;
  FileStoreOptions options = options_for(scratch);
  options.report = [&](const Error& problem) { told.set_value(problem.message); };  // twice: that throws
  auto store = open_store(options);
  Child child([&](const Child::Say& say) { hold_the_lock_and_stop(scratch, say); });
  const std::string pid = child.line().value();
  child.wait_until_stopped();
  std::future<bool> submitted =
      std::async(std::launch::async, [&] { return static_cast<bool>(store->submit(entry_text("a"))); });
  const std::string message = told.get_future().get();
  EXPECT_THAT(message, testing::HasSubstr("waiting for the lock " + (scratch.store() / "lock").string() +
                                          ": process " + pid + " ("));
  EXPECT_THAT(message, testing::HasSubstr(
                           "the worker 'hangs') has it and is stopped; let it go on with kill -CONT " + pid));
  child.signal(SIGCONT);
  EXPECT_TRUE(submitted.get());
}

/// In a user namespace of its own the process has limits of its own.
bool takes_inotify_away() {
  if (::unshare(CLONE_NEWUSER) != 0) return false;
  std::ofstream limit("/proc/sys/user/max_inotify_instances");
  limit << "0" << std::flush;
  return static_cast<bool>(limit);
}

// It did not start: the window went on by the clock, the store did not.
TEST(Processes, AWorkerWithoutInotifySeesByTheClockWhatOthersDo) {
  Scratch scratch;
  Child dies([&](const Child::Say& say) {
    auto store = open_store(options_for(scratch, "dies"));
    must(store->submit(entry_text("left")));
    say(must(store->claim())->job.id);
    ::pause();
  });
  ASSERT_EQ(dies.line(), "left");
  Child child([&](const Child::Say& say) {
    if (!takes_inotify_away()) return say("not permitted");
    FileStoreOptions options = options_for(scratch, "deaf");
    options.report = [&](const Error& problem) { say(problem.message); };
    auto store = open_store(options);
    store->on_change([&] {
      while (const auto claimed = must(store->claim())) say(claimed->job.id);
    });
    ::pause();
  });
  const std::string told = child.line().value();
  if (told == "not permitted") GTEST_SKIP() << "user namespaces are not permitted here";
  EXPECT_THAT(told, testing::HasSubstr("max_user_instances may be too small"));
  EXPECT_THAT(told, testing::HasSubstr("looking every 2 s instead"));
  must(open_store(options_for(scratch))->submit(entry_text("new")));
  EXPECT_EQ(child.line(), "new");
  dies.end();
  EXPECT_EQ(child.line(), "left");
}

}  // namespace
}  // namespace reelspool
