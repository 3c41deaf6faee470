// Opening a store as a worker does, in a process of its own: how long, and how much memory.
#include <sys/wait.h>
#include <unistd.h>

#include <cmath>
#include <csignal>
#include <cstdio>
#include <sstream>
#include <thread>

#include "jobstore/open.hpp"
#include "tests/bench/sections.hpp"
#include "tests/bench/subject.hpp"

namespace reelspool::bench {
namespace {

struct Opened {
  double seconds = 0, rss_mb = 0, peak_mb = 0;
};

/// "SECONDS MB PEAK_MB" of this process.
std::string memory_since(double begin) {
  std::ostringstream text;
  text << now_s() - begin << ' ' << static_cast<double>(proc_value(getpid(), "status", "VmRSS")) / 1024 << ' '
       << static_cast<double>(proc_value(getpid(), "status", "VmHWM")) / 1024;
  return text.str();
}

/// Without the window.
Opened open_once(const std::filesystem::path& data) {
  std::istringstream said(in_process([&] {
    const double begin = now_s();
    auto store = open_worker(data, "opener");
    static_cast<void>(store.release());  // left as kill -9 leaves it
    return memory_since(begin);
  }));
  Opened opened;
  said >> opened.seconds >> opened.rss_mb >> opened.peak_mb;
  return opened;
}

/// A worker of this store comes and goes as it should.
void stop_cleanly(const std::filesystem::path& data) {
  in_process([&]() -> std::string {
    open_worker(data, "opener").reset();
    return "";
  });
}

/// With the window, until it has published.
Opened open_with_window(const std::filesystem::path& data) {
  std::istringstream said(in_process([&] {
    const double begin = now_s();
    JobStoreOptions options;
    options.store.data = data;
    options.store.role = FileStoreOptions::Role::worker;
    options.store.worker = "opener";
    static const auto store = *must(open_file_job_store(options), "opening");  // left as kill -9 leaves it
    while (!std::filesystem::exists(data / "jobs.json"))
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    return memory_since(begin);
  }));
  Opened opened;
  said >> opened.seconds >> opened.rss_mb >> opened.peak_mb;
  return opened;
}

/// The program itself, with nothing to do.
void measure_idle(const Setup& setup, Goals& goals) {
  const Folder folder(setup.root);
  const std::string data = "DATA_DIR=" + folder.path().string();
  const pid_t pid = fork();
  if (pid == 0) {
    if (std::freopen("/dev/null", "w", stdout) == nullptr ||
        std::freopen("/dev/null", "w", stderr) == nullptr)
      std::_Exit(2);
    const char* environment[] = {data.c_str(), "PATH=/usr/bin:/bin", nullptr};
    execle(setup.worker.c_str(), setup.worker.c_str(), "worker", nullptr, environment);
    std::_Exit(127);
  }
  while (!std::filesystem::exists(folder.path() / "jobs.json") && waitpid(pid, nullptr, WNOHANG) == 0)
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  std::this_thread::sleep_for(std::chrono::seconds(2));  // what it does at start is done
  const double cpu = cpu_s(pid), begin = now_s();
  std::this_thread::sleep_for(std::chrono::seconds(5));
  goals.at_most("idle worker: % of a core", std::round((cpu_s(pid) - cpu) / (now_s() - begin) * 1000) / 10,
                0);
  goals.at_most("idle worker: MB", static_cast<double>(proc_value(pid, "status", "VmRSS")) / 1024, 25);
  kill(pid, SIGTERM);
  waitpid(pid, nullptr, 0);
}

}  // namespace

void measure_opening(const Setup& setup, Goals& goals) {
  Table table({"opening", "after", "seconds", "MB", "peak MB", "with window: s", "MB"});
  std::vector<std::size_t> sizes = {setup.sizes.back()};
  if (setup.many > sizes.back()) sizes.push_back(setup.many);
  for (const std::size_t size : sizes) {
    const bool most = size > 100'000;
    const std::string jobs = number(size) + " jobs";
    const Folder folder(setup.root);
    fill(folder.path(), size);
    for (const bool clean : {false, true}) {
      std::vector<double> seconds;
      Opened opened;
      for (int i = 0; i < (most ? 1 : 3); ++i) {
        if (clean) stop_cleanly(folder.path());
        opened = open_once(folder.path());
        seconds.push_back(opened.seconds);
      }
      std::vector<std::string> row = {jobs, clean ? "clean stop" : "kill", number(median(seconds)),
                                      number(opened.rss_mb), number(opened.peak_mb)};
      if (clean) {
        const Opened whole = open_with_window(folder.path());
        row.push_back(number(whole.seconds));
        row.push_back(number(whole.rss_mb));
        goals.at_most(jobs + ", with the window: MB", whole.peak_mb, most ? 1500 : 200);
      }
      table.add(row);
      const std::string what = jobs + " after a " + (clean ? "clean stop" : "kill");
      goals.at_most(what + ": seconds to open", median(seconds), most ? 5 : clean ? 0.5 : 2);
      goals.at_most(what + ": MB", opened.peak_mb, most ? 1500 : 200);
    }
  }
  table.print("Opening a store");
  if (!setup.worker.empty()) measure_idle(setup, goals);
}

}  // namespace reelspool::bench
