// Fail the first call on files, then the second, ... until a run meets no failure; then die at the first, the second,
// ... After each, a healthy process takes over (everything.hpp): nothing that was acknowledged is lost, nothing is half
// done, nothing runs twice, the old claims are refused, and no staging file is left.
//
// Short by default: every so many calls. REELSPOOL_LONG=1: every call.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <iostream>
#include <sstream>

#include "tests/crash/everything.hpp"
#include "tests/crash/nth_call.hpp"
#include "tests/jobstore/scratch.hpp"

namespace reelspool::crash {
namespace {

using What = NthCall::What;

int stride(int short_form) {
  const char* wish = std::getenv("REELSPOOL_LONG");
  return wish != nullptr && std::string(wish) == "1" ? 1 : short_form;
}

int undisturbed(What what) {
  Scratch scratch(Scratch::Place::in_memory);
  NthCall files(0, what);
  Legacy legacy;
  do_everything(scratch.path(), files, legacy);
  EXPECT_EQ(legacy.refused, 0);
  EXPECT_EQ(take_over(scratch.path(), legacy), "");
  return files.calls();
}

/// How many calls of an undisturbed run this can happen to.
int calls_of_a_run(What what) {
  static const int calls = undisturbed(What::fails), writes = undisturbed(What::is_cut_short);
  return NthCall::needs_a_write(what) ? writes : calls;
}

/// Returns how many calls it struck.
int fail_every(What what, int errno_value, int step, bool is_harmless) {
  int struck = 0;
  for (int nth = 1 + errno_value % step; nth <= calls_of_a_run(what); nth += step) {
    SCOPED_TRACE("call " + std::to_string(nth) + ", errno " + std::to_string(errno_value));
    Scratch scratch(Scratch::Place::in_memory);
    NthCall files(nth, what, errno_value);
    Legacy legacy;
    do_everything(scratch.path(), files, legacy);
    if (!files.has_happened()) continue;
    ++struck;
    if (is_harmless) {
      EXPECT_EQ(legacy.refused, 0) << "it is to be tried again unnoticed";
    }
    EXPECT_EQ(take_over(scratch.path(), legacy), "");
    if (testing::Test::HasFailure()) break;
  }
  std::cout << struck << " of " << calls_of_a_run(what) << " calls\n";
  return struck;
}

TEST(FailTheNth, ADiskErrorAtAnyCallLosesNothing) {
  EXPECT_GT(fail_every(What::fails, EIO, stride(23), false), 10);
}
TEST(FailTheNth, AFullDiskAtAnyCallLosesNothing) {
  EXPECT_GT(fail_every(What::fails, ENOSPC, stride(23), false), 10);
}
TEST(FailTheNth, AnExhaustedQuotaAtAnyCallLosesNothing) {
  EXPECT_GT(fail_every(What::fails, EDQUOT, stride(23), false), 10);
}
TEST(FailTheNth, ASignalAtAnyCallIsNotNoticed) {
  EXPECT_GT(fail_every(What::fails, EINTR, stride(23), true), 10);
}
TEST(FailTheNth, AWriteThatIsCutShortIsNotNoticed) {
  EXPECT_GT(fail_every(What::is_cut_short, 0, stride(3), true), 10);
}
TEST(FailTheNth, AWriteThatFillsTheDiskLosesNothing) {
  EXPECT_GT(fail_every(What::fills_the_disk, ENOSPC, stride(3), false), 10);
}
TEST(FailTheNth, ADiskThatStaysFullFromAnyCallOnLosesNothing) {
  EXPECT_GT(fail_every(What::fails_for_good, ENOSPC, stride(13), false), 5);
}
TEST(FailTheNth, ADiskThatIsGoneFromAnyCallOnLosesNothing) {
  EXPECT_GT(fail_every(What::fails_for_good, EIO, stride(13), false), 5);
}

TEST(FailTheNth, WhileTheDiskIsFullTheStoreCanBeReadAndGoesOnAfterwards) {
  Scratch scratch;
  FailingFiles files(0, ENOSPC);
  FileStoreOptions options = options_for(scratch);
  options.files = &files;
  auto store = open_store(options);
  must(store->submit(entry_text("a")));
  for (int i = 0; i < 3; ++i) {
    files.fail_all(Files::Call::write);
    const auto refused = store->submit(entry_text("b"));
    files.heal();
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().cls, ErrorClass::storage);
    EXPECT_THAT(refused.error().message, testing::HasSubstr("No space left"));
    EXPECT_EQ(must(store->list({})).size(), 1U);
  }
  EXPECT_TRUE(must(store->submit(entry_text("b"))).is_new);
  EXPECT_EQ(must(open_store(options_for(scratch))->list({})).size(), 2U);
}

/// What a process that may die at any moment tells, in memory that it shares with us.
class SharedLegacy {
 public:
  SharedLegacy()
      : text_(static_cast<char*>(
            ::mmap(nullptr, size_bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0))) {
    if (text_ == MAP_FAILED) std::abort();
  }
  ~SharedLegacy() { ::munmap(text_, size_bytes); }
  SharedLegacy(const SharedLegacy&) = delete;

  void put(const Legacy& legacy) {
    std::string text = legacy.promises.text() + "\n";
    for (const Claim& claim : legacy.claims) text += claim.job + " " + std::to_string(claim.token) + "\n";
    if (text.size() >= size_bytes) std::abort();
    std::copy_n(text.c_str(), text.size() + 1, text_);
  }
  Legacy legacy() const {
    Legacy legacy;
    std::istringstream lines(text_);
    std::string promises;
    std::getline(lines, promises);
    legacy.promises = Promises::from_text(promises);
    for (Claim claim; lines >> claim.job >> claim.token;) legacy.claims.push_back(claim);
    return legacy;
  }

 private:
  static constexpr std::size_t size_bytes = 16384;
  char* const text_;
};

/// False: it lived, because such a thing cannot happen at that call.
bool dies(const std::filesystem::path& data, int nth, What what, SharedLegacy& shared) {
  const pid_t child = ::fork();
  if (child == 0) {
    Legacy legacy;
    NthCall files(nth, what);
    do_everything(data, files, legacy, [&] { shared.put(legacy); });
    ::_exit(0);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
}

int die_at_every(What what, int step) {
  int deaths = 0;
  for (int nth = 1; nth <= calls_of_a_run(what); nth += step) {
    SCOPED_TRACE("call " + std::to_string(nth));
    Scratch scratch(Scratch::Place::in_memory);
    SharedLegacy shared;
    if (!dies(scratch.path(), nth, what, shared)) continue;
    ++deaths;
    EXPECT_EQ(take_over(scratch.path(), shared.legacy()), "");
    if (testing::Test::HasFailure()) break;
  }
  std::cout << deaths << " deaths at " << calls_of_a_run(what) << " calls\n";
  return deaths;
}

TEST(DieAtTheNth, BeforeAnyCallLosesNothing) {
  EXPECT_GT(die_at_every(What::dies_before, stride(17)), 10);
}
TEST(DieAtTheNth, AfterAnyCallLosesNothing) {
  EXPECT_GT(die_at_every(What::dies_after, stride(17)), 10);
}
TEST(DieAtTheNth, InTheMiddleOfAnyWriteLosesNothing) {
  EXPECT_GT(die_at_every(What::dies_within, stride(2)), 10);
}

/// Runs job a, stops itself (SIGSTOP) before its `nth` write, and goes on when it is woken. Tells how many of the
/// writes behind that were honoured, and how many refused as they should.
struct Woken {
  int honoured = 0, refused = 0;
  bool has_stopped = false;
};
void work_and_stop(const std::filesystem::path& data, int nth, Woken& told) {
  FileStoreOptions options;
  options.data = data;
  options.role = FileStoreOptions::Role::worker;
  options.worker = "hangs";
  auto store = open_file_store(options);
  if (!store) ::_exit(1);
  const auto claimed = (*store)->claim();
  if (!claimed || !*claimed) ::_exit(1);
  const Claim claim = (*claimed)->claim;
  const std::filesystem::path made = data / "jobs" / "a" / "work-1" / "video";
  const std::vector<std::function<Result<>()>> writes = {
      [&] { return (*store)->append_step(claim, {.key = "s1"}); },
      [&] { return (*store)->progress(claim, {.percent = 50}); },
      [&] { return (*store)->update(claim, R"({"operations":[1]})"); },
      [&] { return (*store)->append_step(claim, {.key = "s2"}); },
      [&] {
        return (*store)->publish_files(claim, {{made, data / "jobs" / "a" / "final.mp4"}});
      },
      [&]() -> Result<> {
        const Result<Job> done = (*store)->finish(claim, {});
        return done ? Result<>(ok) : Result<>(done.error());
      },
  };
  for (std::size_t i = 0; i < writes.size(); ++i) {
    if (static_cast<int>(i) + 1 == nth) {
      told.has_stopped = true;
      ::raise(SIGSTOP);
    }
    const Result<> done = writes[i]();
    if (!told.has_stopped) continue;
    ++(done || done.error().code != "stale_claim" ? told.honoured : told.refused);
  }
}

// By force: without its file a worker counts as dead, though it still holds the lock.
TEST(StaleWrites, OfAWorkerThatWasStoppedBeforeAnyOfThemAreRefusedWhenItWakesUp) {
  auto* const told = static_cast<Woken*>(
      ::mmap(nullptr, sizeof(Woken), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0));
  int stops = 0;
  for (int nth = 1;; ++nth, ++stops) {
    SCOPED_TRACE("stopped before write " + std::to_string(nth));
    *told = {};
    Scratch scratch(Scratch::Place::in_memory);
    std::filesystem::create_directories(scratch.path() / "jobs" / "a" / "work-1");
    put_file(scratch.path() / "jobs" / "a" / "work-1" / "video", "of the stopped one");
    must(open_store(options_for(scratch))->submit(entry_text("a")));
    const pid_t child = ::fork();
    if (child == 0) {
      work_and_stop(scratch.path(), nth, *told);
      ::_exit(0);
    }
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, WUNTRACED), child);
    if (!WIFSTOPPED(status)) break;

    auto store = open_store(options_for(scratch, "lives"));
    ASSERT_TRUE(must(store->recover()).empty()) << "its lock is held: it is not dead";
    std::filesystem::remove(scratch.store() / "workers" / "hangs");
    ASSERT_EQ(must(store->recover()).size(), 1U);
    const Claim claim = must(store->claim())->claim;
    must(store->append_step(claim, {.key = "mine"}));
    ::kill(child, SIGCONT);
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    EXPECT_EQ(told->honoured, 0);
    EXPECT_GT(told->refused, 0);
    const Job job = must(store->find("a"));
    EXPECT_EQ(job.status, Status::running);
    EXPECT_EQ(job.worker, "lives");
    EXPECT_EQ(must(store->steps("a")).back().key, "mine");
    EXPECT_EQ(must(store->finish(claim, {})).status, Status::done);
  }
  ::munmap(told, sizeof(Woken));
  EXPECT_EQ(stops, 6);
}

}  // namespace
}  // namespace reelspool::crash
