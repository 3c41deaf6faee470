#include "tests/bench/idle_worker.hpp"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <condition_variable>
#include <mutex>
#include <thread>
#include <vector>

#include "jobstore/open.hpp"
#include "tests/bench/measure.hpp"

namespace reelspool::bench {
namespace {

constexpr int patience_ms = 20'000;

struct Started {
  char id[48];
  double at;
};

/// Claims what comes until the pipe `quit` is closed, and finishes it at once.
void work(const std::filesystem::path& data, int quit, int started) {
  JobStoreOptions options;
  options.store.data = data;
  options.store.role = FileStoreOptions::Role::worker;
  options.store.worker = "idle";
  const auto store = *must(open_file_job_store(options), "opening the worker's store");
  std::mutex mutex;
  std::condition_variable rung;
  bool news = true, over = false;
  store->on_change([&] {
    std::lock_guard lock(mutex);
    news = true;
    rung.notify_one();
  });
  std::thread worker([&] {
    for (;;) {
      {
        std::unique_lock lock(mutex);
        rung.wait(lock, [&] { return news || over; });
        if (over) return;
        news = false;
      }
      for (;;) {
        const auto claimed = *must(store->claim(), "claiming");
        if (!claimed) break;
        Started begun{};
        begun.at = now_s();
        claimed->job.id.copy(begun.id, sizeof begun.id - 1);
        if (write(started, &begun, sizeof begun) != sizeof begun) std::_Exit(2);
        must(store->finish(claimed->claim, {}), "finishing");
      }
    }
  });
  char byte = 0;
  const Started ready{};
  if (write(started, &ready, sizeof ready) != sizeof ready) std::_Exit(2);
  static_cast<void>(!read(quit, &byte, 1));
  {
    std::lock_guard lock(mutex);
    over = true;
    rung.notify_one();
  }
  worker.join();
  store->on_change({});
}

}  // namespace

IdleWorker::IdleWorker(const std::filesystem::path& data) : data_(data) {
  int quit[2], started[2];
  if (pipe(quit) != 0 || pipe(started) != 0) give_up("no pipe can be made");
  std::fflush(stdout);
  pid_ = fork();
  if (pid_ == 0) {
    close(quit[1]);
    work(data, quit[0], started[1]);
    std::_Exit(0);
  }
  close(quit[0]);
  close(started[1]);
  quit_ = quit[1];
  started_ = started[0];
  wait_for("");
}

IdleWorker::~IdleWorker() {
  close(quit_);
  waitpid(pid_, nullptr, 0);
  close(started_);
}

void IdleWorker::wait_until_published() const {
  while (!std::filesystem::exists(data_ / "jobs.json"))
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  // It is at rest when it took less than a tenth of a core for a while.
  for (double cpu = cpu_s(pid_), before = -1; before < 0 || cpu - before > 0.03; cpu = cpu_s(pid_)) {
    before = cpu;
    std::this_thread::sleep_for(std::chrono::milliseconds(300));
  }
}

double IdleWorker::wait_for(const std::string& id) {
  while (true) {
    pollfd ready{started_, POLLIN, 0};
    if (poll(&ready, 1, patience_ms) != 1) give_up("job '" + id + "' was not started");
    Started begun{};
    if (read(started_, &begun, sizeof begun) != sizeof begun) give_up("the worker of the benchmark ended");
    if (id == begun.id) return begun.at;
  }
}

CommandTimes run_command(const std::filesystem::path& program, const std::filesystem::path& data,
                         const std::vector<std::string>& words) {
  const std::string folder = "DATA_DIR=" + data.string();
  std::vector<char*> argv = {const_cast<char*>(program.c_str())};
  for (const std::string& word : words) argv.push_back(const_cast<char*>(word.c_str()));
  argv.push_back(nullptr);
  const char* environment[] = {folder.c_str(), "PATH=/usr/bin:/bin", nullptr};
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
  CommandTimes times;
  times.begin = now_s();
  pid_t pid = 0;
  if (posix_spawn(&pid, program.c_str(), &actions, nullptr, argv.data(), const_cast<char**>(environment)) !=
      0)
    give_up("cannot start " + program.string());
  int status = 0;
  waitpid(pid, &status, 0);
  times.end = now_s();
  posix_spawn_file_actions_destroy(&actions);
  if (status != 0) give_up("reelspool " + words.front() + " failed");
  return times;
}

}  // namespace reelspool::bench
