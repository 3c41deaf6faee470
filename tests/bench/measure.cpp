#include "tests/bench/measure.hpp"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <sstream>
#include <thread>

namespace reelspool::bench {

double now_s() {
  timespec time{};
  clock_gettime(CLOCK_MONOTONIC, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
}

void give_up(std::string_view what) {
  std::fflush(stdout);
  std::fprintf(stderr, "store_bench: %s\n", std::string(what).c_str());
  std::_Exit(2);
}

Folder::Folder(const std::filesystem::path& root) {
  std::filesystem::create_directories(root);
  std::string name = (root / "bench-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr) give_up("no folder can be made in " + root.string());
  path_ = name;
}

Folder::~Folder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

double quantile(std::vector<double> values, double share) {
  if (values.empty()) return 0;
  std::sort(values.begin(), values.end());
  const auto last = static_cast<double>(values.size() - 1);
  return values[static_cast<std::size_t>(std::lround(share * last))];
}

double rate(double seconds, const Act& act) {
  const double begin = now_s();
  double end = begin;
  int count = 0;
  for (; end - begin < seconds && act(); end = now_s()) ++count;
  return count == 0 ? 0 : count / (end - begin);
}

double rate_of_threads(int threads, double seconds, const std::function<Act(int)>& prepare) {
  std::vector<std::thread> running;
  std::vector<double> rates(static_cast<std::size_t>(threads));
  std::atomic<bool> go = false;
  for (int i = 0; i < threads; ++i)
    running.emplace_back([&, i, act = prepare(i)] {
      go.wait(false);
      rates[static_cast<std::size_t>(i)] = rate(seconds, act);
    });
  go = true;
  go.notify_all();
  double sum = 0;
  for (std::thread& thread : running) thread.join();
  for (const double one : rates) sum += one;
  return sum;
}

double rate_of_processes(int processes, double seconds, const std::function<Act(int)>& prepare) {
  int ready[2], go[2], result[2];
  if (pipe(ready) != 0 || pipe(go) != 0 || pipe(result) != 0) give_up("no pipe can be made");
  std::fflush(stdout);
  std::vector<pid_t> running;
  for (int i = 0; i < processes; ++i) {
    const pid_t pid = fork();
    if (pid != 0) {
      running.push_back(pid);
      continue;
    }
    close(go[1]);
    double rate_here = 0;
    char byte = 'r';
    {
      const Act act = prepare(i);
      if (write(ready[1], &byte, 1) != 1 || read(go[0], &byte, 1) < 0) std::_Exit(2);
      rate_here = rate(seconds, act);
    }  // what `act` holds is closed, which is not measured
    if (write(result[1], &rate_here, sizeof rate_here) != sizeof rate_here) std::_Exit(2);
    std::_Exit(0);
  }
  close(ready[1]);
  close(result[1]);
  char byte = 0;
  for (int i = 0; i < processes; ++i)
    if (read(ready[0], &byte, 1) != 1) give_up("a process of the benchmark ended early");
  close(go[1]);
  double sum = 0;
  for (double one = 0; read(result[0], &one, sizeof one) == sizeof one;) sum += one;
  for (const pid_t pid : running) {
    int status = 0;
    waitpid(pid, &status, 0);
    if (status != 0) give_up("a process of the benchmark failed");
  }
  for (const int fd : {ready[0], go[0], result[0]}) close(fd);
  return sum;
}

std::string in_process(const std::function<std::string()>& act) {
  int result[2];
  if (pipe(result) != 0) give_up("pipe");
  std::fflush(stdout);
  const pid_t pid = fork();
  if (pid == 0) {
    const std::string text = act();
    if (write(result[1], text.data(), text.size()) != static_cast<ssize_t>(text.size())) std::_Exit(2);
    std::_Exit(0);
  }
  close(result[1]);
  std::string text;
  char buffer[4096];
  for (ssize_t got = 0; (got = read(result[0], buffer, sizeof buffer)) > 0;)
    text.append(buffer, static_cast<std::size_t>(got));
  close(result[0]);
  int status = 0;
  waitpid(pid, &status, 0);
  if (status != 0) give_up("a process of the benchmark failed");
  return text;
}

std::uint64_t proc_value(int pid, std::string_view file, std::string_view name) {
  std::ifstream in("/proc/" + std::to_string(pid) + "/" + std::string(file));
  const std::string front = std::string(name) + ":";
  for (std::string line; std::getline(in, line);)
    if (line.starts_with(front)) return std::strtoull(line.c_str() + front.size(), nullptr, 10);
  return 0;
}

double cpu_s(int pid, std::string_view thread_name) {
  double sum = 0;
  std::error_code ignored;
  const std::string tasks = "/proc/" + std::to_string(pid) + "/task";
  for (const auto& task : std::filesystem::directory_iterator(tasks, ignored)) {
    std::ifstream name_file(task.path() / "comm");
    std::string name;
    std::getline(name_file, name);
    if (!thread_name.empty() && name != thread_name) continue;
    std::ifstream stat(task.path() / "schedstat");  // nanoseconds on a core
    double ns = 0;
    stat >> ns;
    sum += ns / 1e9;
  }
  return sum;
}

double disk_limit(const std::filesystem::path& folder, double seconds) {
  const std::filesystem::path path = folder / "limit";
  const int fd = open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (fd < 0) give_up("no file can be made in " + folder.string());
  const std::string line = std::string(299, 'x') + '\n';
  off_t at = 0;
  const double found = rate(seconds, [&] {
    if (pwrite(fd, line.data(), line.size(), at) != static_cast<ssize_t>(line.size()) || fdatasync(fd) != 0)
      give_up("the disk refuses to write");
    at += static_cast<off_t>(line.size());
    return true;
  });
  close(fd);
  std::filesystem::remove(path);
  return found;
}

}  // namespace reelspool::bench
