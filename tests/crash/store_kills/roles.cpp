#include "tests/crash/store_kills/roles.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <condition_variable>
#include <fstream>
#include <mutex>

#include "jobstore/file/file_job_store.hpp"
#include "jobstore/file/files.hpp"
#include "jobstore/window/window.hpp"

namespace reelspool::crash {
namespace {

void tell(const Role& role, const std::string& line) {
  const std::string text = line + "\n";
  if (::write(role.tell, text.data(), text.size()) < 0) ::_exit(1);
}

[[noreturn]] void fail(const Role& role, const std::string& what, const Error& error) {
  tell(role, "X " + role.name + ", " + what + ": " + error.message);
  ::_exit(1);
}

std::string entry(const std::string& id) {
  return R"({"id":")" + id + R"(","type":"clip","params":{"n":1}})";
}

FileStoreOptions options_of(const Role& role) {
  FileStoreOptions options;
  options.data = role.data;
  options.snapshot_at_bytes = 20'000;
  options.max_interruptions = 1'000'000;
  return options;
}

/// Waits for a credit, then submits by `submit`, again and again.
template <class Submit>
[[noreturn]] void spend_credits(const Role& role, Submit submit) {
  for (int number = 0;; ++number) {
    char credit = 0;
    if (::read(role.credits, &credit, 1) != 1) ::_exit(0);
    const std::string id = role.name + "-" + std::to_string(number);
    submit(id);
    tell(role, "S " + id);
  }
}

/// Wakes whoever sleeps in wait().
class Doorbell {
 public:
  void ring() {
    std::lock_guard lock(mutex_);
    has_rung_ = true;
    rung_.notify_all();
  }
  void wait() {
    std::unique_lock lock(mutex_);
    rung_.wait(lock, [&] { return has_rung_; });
    has_rung_ = false;
  }

 private:
  std::mutex mutex_;
  std::condition_variable rung_;
  bool has_rung_ = false;
};

/// Holds the lock on runs/<id> as long as it lives. A POSIX lock: when a process dies the kernel frees those before any
/// lock of flock(2), so the mark of a run is gone before its worker is seen to be dead.
class RunMark {
 public:
  RunMark(const Role& role, const std::string& id)
      : file_(::open((role.data / "runs" / id).c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644)) {}
  /// False: somebody else runs this job now.
  bool take() const {
    struct ::flock whole {};
    whole.l_type = F_WRLCK;
    return ::fcntl(file_.number(), F_SETLK, &whole) == 0;
  }

 private:
  Fd file_;
};

void run(const Role& role, FileJobStore& store, const Claim& claim) {
  const std::string run = claim.job + " " + std::to_string(claim.token);
  const RunMark mark(role, claim.job);
  if (!mark.take()) tell(role, "T " + claim.job);
  tell(role, "B " + run);
  Result<> done = ok;
  // Of very different length: short ones make many claims and ends, long ones are struck in the middle.
  const int steps = static_cast<int>(claim.token % 40);
  for (int step = 0; done && step < steps; ++step) {
    done = store.progress(claim, {.percent = static_cast<double>(step)});
    const std::string key = "step-" + std::to_string(step);
    if (done) done = store.append_step(claim, {.key = key, .hash = "h", .phase = StepRecord::Phase::done});
  }
  if (done) {
    const Result<Job> ended = store.finish(claim, {.kind = Ending::Kind::done, .fields = "{}", .run_at = {}});
    if (!ended) done = ended.error();
  }
  if (done)
    tell(role, "E " + run);
  else if (done.error().code == "stale_claim")
    tell(role, "R " + run);
  else
    fail(role, "running " + claim.job, done.error());
}

}  // namespace

void be_worker(const Role& role) {
  FileStoreOptions options = options_of(role);
  options.role = FileStoreOptions::Role::worker;
  options.worker = role.name;
  Result<std::unique_ptr<FileJobStore>> store = open_file_store(options);
  if (!store) fail(role, "opening", store.error());
  Doorbell bell;
  (*store)->on_change([&] { bell.ring(); });
  Result<std::unique_ptr<Window>> window = Window::open(**store, {});
  if (!window) fail(role, "opening the window", window.error());
  while (true) {
    Result<std::optional<Claimed>> claimed = (*store)->claim();
    if (!claimed) fail(role, "claiming", claimed.error());
    if (*claimed)
      run(role, **store, (*claimed)->claim);
    else
      bell.wait();
  }
}

void be_submitter(const Role& role) {
  Result<std::unique_ptr<FileJobStore>> store = open_file_store(options_of(role));
  if (!store) fail(role, "opening", store.error());
  spend_credits(role, [&](const std::string& id) {
    if (const Result<Submitted> submitted = (*store)->submit(entry(id)); !submitted)
      fail(role, "submitting " + id, submitted.error());
  });
}

void be_front_end(const Role& role) {
  const std::filesystem::path inbox = role.data / "inbox";
  spend_credits(role, [&](const std::string& id) {
    const std::filesystem::path staged = inbox / ("." + id + ".tmp");
    std::ofstream(staged) << entry(id);
    std::filesystem::rename(staged, inbox / (id + ".json"));
  });
}

}  // namespace reelspool::crash
