// One sync of the journal for several processes: whom it covers, and whom not.
#include "jobstore/file/shared_sync.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <condition_variable>
#include <fstream>
#include <future>
#include <mutex>
#include <thread>

#include "jobstore/file/sync_page.hpp"
#include "tests/jobstore/child.hpp"
#include "tests/jobstore/scratch.hpp"

namespace reelspool {
namespace {

constexpr std::chrono::hours for_ever{1};

/// Counts syncs. The next waits at a gate if the test has closed it.
class GatedFiles final : public Files {
 public:
  int syncs() const {
    std::lock_guard lock(mutex_);
    return syncs_;
  }
  void close_gate() { set_gate(true); }
  void open_gate() { set_gate(false); }
  void fail_next(int errno_value) { next_error_ = errno_value; }
  void wait_for_sync() {
    std::unique_lock lock(mutex_);
    moved_.wait(lock, [&] { return syncs_ > 0; });
  }

 protected:
  int disturb(Call call) override {
    if (call != Call::sync) return 0;
    std::unique_lock lock(mutex_);
    ++syncs_;
    moved_.notify_all();
    moved_.wait(lock, [&] { return !is_closed_; });
    return next_error_.exchange(0);
  }

 private:
  void set_gate(bool is_closed) {
    std::lock_guard lock(mutex_);
    is_closed_ = is_closed;
    moved_.notify_all();
  }
  mutable std::mutex mutex_;
  std::condition_variable moved_;
  int syncs_ = 0;  // guarded by mutex_, as all below
  bool is_closed_ = false;
  std::atomic<int> next_error_ = 0;
};

/// What one process has of a store.
struct Process {
  explicit Process(const Scratch& scratch, std::chrono::milliseconds patience = for_ever)
      : file(must(files.open(scratch.path() / "journal", O_RDWR | O_CREAT))),
        shared(files, scratch.path(), patience) {}
  Result<> cover(std::uint64_t noted, std::uint64_t segment = 1) {
    return shared.cover(file, segment, noted);
  }
  /// What was written by now.
  Result<> cover_now(std::uint64_t segment = 1) { return cover(shared.note(), segment); }
  std::future<Result<>> begin_to_cover(std::uint64_t noted) {
    return std::async(std::launch::async, [this, noted] { return cover(noted); });
  }
  GatedFiles files;
  Fd file;
  SharedSync shared;
};

std::string page_of(const Scratch& scratch) {
  const Files::Stat folder = must(system_files().stat(scratch.path()));
  return "/dev/shm/reelspool-" + std::to_string(::geteuid()) + "-" + std::to_string(folder.device) + "-" +
         std::to_string(folder.inode);
}

class SyncsOfProcesses : public testing::Test {
 protected:
  void SetUp() override {
    if (!SyncPage::of(system_files(), scratch.path())) GTEST_SKIP() << "no shared memory here (/dev/shm)";
  }
  Scratch scratch;
};

TEST_F(SyncsOfProcesses, OneIsEnoughForAllWhoWroteBeforeItBegan) {
  Process first(scratch), second(scratch), third(scratch);
  first.files.close_gate();
  auto leads = first.begin_to_cover(first.shared.note());
  first.files.wait_for_sync();
  const std::uint64_t noted = second.shared.note();  // while the first sync is under way
  auto one = second.begin_to_cover(noted), other = third.begin_to_cover(noted);
  first.files.open_gate();
  EXPECT_GOOD(leads.get());
  EXPECT_GOOD(one.get());
  EXPECT_GOOD(other.get());
  EXPECT_EQ(first.files.syncs(), 1) << "it had begun before the others wrote";
  EXPECT_EQ(second.files.syncs() + third.files.syncs(), 1);
}

TEST_F(SyncsOfProcesses, CountsOnlyWhenItHasSucceeded) {
  Process first(scratch), second(scratch, std::chrono::milliseconds(1));
  const std::uint64_t noted = second.shared.note();
  first.files.close_gate();
  auto leads = first.begin_to_cover(first.shared.note());
  first.files.wait_for_sync();
  EXPECT_GOOD(second.cover(noted));
  EXPECT_EQ(second.files.syncs(), 1) << "nobody knows yet what will become of the first";
  first.files.open_gate();
  EXPECT_GOOD(leads.get());
}

TEST_F(SyncsOfProcesses, CoversItsOwnSegmentOnly) {
  Process first(scratch), second(scratch);
  std::uint64_t noted = second.shared.note();
  EXPECT_GOOD(first.cover_now(7));
  EXPECT_GOOD(second.cover(noted, 7));
  EXPECT_EQ(second.files.syncs(), 0);
  EXPECT_GOOD(second.cover(noted, 8));
  EXPECT_EQ(second.files.syncs(), 1);
  noted = second.shared.note();
  EXPECT_GOOD(first.cover_now(7));
  EXPECT_GOOD(second.cover(noted, 6));
  EXPECT_EQ(second.files.syncs(), 2);
}

TEST_F(SyncsOfProcesses, WhoWaitedWhileOneFailedMustAskForItself) {
  Process first(scratch), second(scratch), third(scratch);
  const std::uint64_t noted = second.shared.note();
  first.files.fail_next(EIO);
  const Result<> failed = first.cover_now();
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().code, "EIO");
  EXPECT_GOOD(third.cover_now());
  EXPECT_GOOD(second.cover(noted));
  EXPECT_EQ(second.files.syncs(), 1) << "that of the third says nothing about pages that were lost before";
  // From then on all is as before.
  const std::uint64_t later = second.shared.note();
  EXPECT_GOOD(third.cover_now());
  EXPECT_GOOD(second.cover(later));
  EXPECT_EQ(second.files.syncs(), 1);
}

TEST_F(SyncsOfProcesses, WhoWaitedForOneThatDiedMustAskForItself) {
  Process second(scratch), third(scratch);
  const std::uint64_t noted = second.shared.note();
  Child child([&](const Child::Say& say) {
    Process leader(scratch);
    leader.files.close_gate();
    auto leads = leader.begin_to_cover(leader.shared.note());
    leader.files.wait_for_sync();
    say("syncs");
    leads.wait();
  });
  ASSERT_TRUE(child.line());
  child.end();
  EXPECT_GOOD(third.cover_now());
  EXPECT_GOOD(second.cover(noted));
  EXPECT_EQ(second.files.syncs(), 1) << "the dead one may have been told that pages were lost";
}

TEST_F(SyncsOfProcesses, AFailureOfOneWhoSyncsAloneIsDoubtedToo) {
  Process first(scratch), second(scratch), third(scratch), alone(scratch, std::chrono::milliseconds(1));
  first.files.close_gate();
  auto leads = first.begin_to_cover(first.shared.note());
  first.files.wait_for_sync();
  const std::uint64_t noted = second.shared.note();
  alone.files.fail_next(EIO);
  EXPECT_FALSE(alone.cover_now());
  first.files.open_gate();
  EXPECT_GOOD(leads.get());
  EXPECT_GOOD(third.cover_now());
  EXPECT_GOOD(second.cover(noted));
  EXPECT_EQ(second.files.syncs(), 1);
}

TEST_F(SyncsOfProcesses, OneThatIsStoppedIsNotWaitedForForEver) {
  Process second(scratch, std::chrono::milliseconds(1));
  Child child([&](const Child::Say&) {
    Process leader(scratch);
    leader.files.close_gate();
    auto leads = leader.begin_to_cover(leader.shared.note());
    leader.files.wait_for_sync();
    ::raise(SIGSTOP);
    leader.files.open_gate();
    if (!leads.get()) ::_exit(1);
  });
  child.wait_until_stopped();
  EXPECT_GOOD(second.cover_now());
  EXPECT_GOOD(second.cover_now());
  EXPECT_EQ(second.files.syncs(), 2);
  child.signal(SIGCONT);
  EXPECT_EQ(child.wait(), 0);
  EXPECT_GOOD(second.cover_now());
}

TEST_F(SyncsOfProcesses, TheLastRemovesThePageAndOneThatWasLeftIsUsed) {
  {
    Child child([&](const Child::Say& say) {
      Process process(scratch);
      say("here");
      ::pause();
    });
    ASSERT_TRUE(child.line());
    child.end();
  }
  EXPECT_TRUE(std::filesystem::exists(page_of(scratch)));
  {
    Process first(scratch);
    {
      Process second(scratch);
      EXPECT_GOOD(second.cover_now());
    }
    EXPECT_TRUE(std::filesystem::exists(page_of(scratch))) << "the first still uses it";
    EXPECT_GOOD(first.cover_now());
  }
  EXPECT_FALSE(std::filesystem::exists(page_of(scratch)));
}

TEST_F(SyncsOfProcesses, APageThatOthersMayWriteIsNotBelieved) {
  // It says that everything has been synced.
  std::ofstream(page_of(scratch)) << std::string(8, '\0') << std::string(8, '\xff') << std::string(16, '\0');
  std::filesystem::permissions(page_of(scratch), std::filesystem::perms(0666));
  {
    Process process(scratch);
    EXPECT_GOOD(process.cover(process.shared.note()));
    EXPECT_EQ(process.files.syncs(), 1);
  }
  std::filesystem::remove(page_of(scratch));
}

/// A thread that sleeps on the page until it is rung for, or for an hour.
class Sleeper {
 public:
  Sleeper(SyncPage& page, std::uint64_t noted)
      : thread_([this, &page, heard = page.numbers().rings.load(), noted] {
          id_ = ::gettid();
          page.wait(heard, noted, for_ever);
        }) {
    while (!is_asleep()) std::this_thread::yield();
  }
  ~Sleeper() { thread_.join(); }
  Sleeper(const Sleeper&) = delete;
  Sleeper& operator=(const Sleeper&) = delete;

 private:
  bool is_asleep() const {
    std::ifstream file("/proc/self/task/" + std::to_string(id_) + "/stat");
    std::string number, name, state;
    return id_ != 0 && file >> number >> name >> state && state == "S";
  }
  std::atomic<pid_t> id_ = 0;
  std::thread thread_;
};

TEST(ASyncPage, WakesAllWhomASyncCoversAndOneWhoNeedsTheNext) {
  const Scratch scratch;
  const auto page = SyncPage::of(system_files(), scratch.path());
  ASSERT_TRUE(page);
  for (const std::uint64_t number : {1, 2, 3}) {
    const Sleeper covered(*page, number - 1), covered_too(*page, number - 1), leads_next(*page, number);
    page->ring(number);
  }
  const Sleeper leads_next(*page, 4), is_covered_by_it(*page, 4);
  page->ring(4);
  page->ring(5);
}

}  // namespace
}  // namespace reelspool
