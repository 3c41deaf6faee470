// What thousands of provider operations in flight cost a worker: its CPU time and memory with its plugin's host, and how late it
// polls, as the provider sees it.
//
//   operations_bench --worker PROGRAM --plugin LIBRARY --root FOLDER [--operations N] [--poll-ms N] [--seconds N]

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

#include "jobstore/json.hpp"
#include "tests/bench/measure.hpp"
#include "tests/bench/report.hpp"
#include "tests/support/provider_server.hpp"

namespace reelspool::bench {
namespace {

namespace fs = std::filesystem;
using testing::ProviderServer;
using testing::Received;
using testing::Reply;

constexpr std::size_t scenes_of_a_job = 500;

struct Options {
  fs::path worker, plugin, root;
  std::size_t operations = 5000;
  int poll_ms = 5000;
  int seconds = 600;
};

/// A provider whose tasks never end; it notes when each was asked about.
class Provider {
 public:
  Reply serve(const Received& request) {
    const double now = now_s();
    const std::lock_guard lock(mutex_);
    if (request.method == "POST") return {.body = R"({"id": "t)" + std::to_string(++tasks_) + "\"}"};
    const auto [last, is_first] = asked_.try_emplace(request.target, now);
    if (!is_first) {
      if (is_measuring_ && last->second >= measuring_since_) gaps_.push_back(now - last->second);
      last->second = now;
    }
    return {.body = R"({"status": "running"})"};
  }
  std::size_t asked_about() const {
    const std::lock_guard lock(mutex_);
    return asked_.size();
  }
  void measure() {
    const std::lock_guard lock(mutex_);
    is_measuring_ = true;
    measuring_since_ = now_s();
  }
  std::vector<double> gaps() const {
    const std::lock_guard lock(mutex_);
    return gaps_;
  }
  /// For how long the tasks that were not asked about since have not been.
  double longest_silence() const {
    const std::lock_guard lock(mutex_);
    double longest = 0;
    for (const auto& [task, last] : asked_) longest = std::max(longest, now_s() - last);
    return longest;
  }

 private:
  mutable std::mutex mutex_;
  std::size_t tasks_ = 0;
  bool is_measuring_ = false;
  double measuring_since_ = 0;  // what was asked before is not measured: the beginning is a rush
  std::unordered_map<std::string, double> asked_;  // by task: when last
  std::vector<double> gaps_;
};

/// The worker, its data directory, and the processes below it.
class Worker {
 public:
  Worker(const Options& options, const std::string& provider)
      : options_(options), folder_(options.root), data_(folder_.path() / "data") {
    fs::create_directories(data_ / "plugins");
    fs::create_directories(data_ / "inbox");
    fs::copy_file(options.plugin, data_ / "plugins/queued.so");
    environment_ = {{"DATA_DIR", data_.string()},
                    {"QUEUED_URL", provider},
                    {"QUEUED_POLL_MS", std::to_string(options.poll_ms)},
                    {"QUEUED_TIMEOUT_MS", "0"},
                    {"HTTP_ALLOWED_HOSTS", "127.0.0.1"},
                    {"IMAGE_PROVIDER", "queued"},
                    {"MAX_CONCURRENT_JOBS", "1000"},
                    {"MAX_CONCURRENT_IMAGE", std::to_string(options.operations)},
                    {"PATH", "/usr/bin:/bin"}};
    if (finish(run({"plugin", "allow", "queued"})) != 0) give_up("the plugin cannot be allowed: " + log());
    for (std::size_t first = 0; first < options.operations; first += scenes_of_a_job)
      drop_job(first, std::min(scenes_of_a_job, options.operations - first));
    pid_ = run({"worker"});
  }
  ~Worker() {
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
  }
  Worker(const Worker&) = delete;

  bool lives() const { return waitpid(pid_, nullptr, WNOHANG) == 0; }
  std::string log() const {
    std::ifstream file(folder_.path() / "log");
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    return text.substr(text.size() > 2000 ? text.size() - 2000 : 0);
  }

  /// Of the worker and all below it.
  double cpu() const {
    double seconds = 0;
    for (const int pid : processes()) seconds += cpu_s(pid);
    return seconds;
  }
  /// MB: the proportional set size, in which a page that several share counts once.
  double memory() const {
    double kb = 0;
    for (const int pid : processes()) kb += static_cast<double>(proc_value(pid, "smaps_rollup", "Pss"));
    return kb / 1000;
  }
  double cpu_of_worker() const { return cpu_s(pid_); }

 private:
  std::vector<int> processes() const {
    std::vector<int> all = {pid_};
    for (std::size_t i = 0; i < all.size(); ++i) {
      const std::string task = "/proc/" + std::to_string(all[i]) + "/task";
      std::error_code gone;
      for (const auto& thread : fs::directory_iterator(task, gone)) {
        std::ifstream children(thread.path() / "children");
        for (int child = 0; children >> child;) all.push_back(child);
      }
    }
    return all;
  }

  void drop_job(std::size_t first, std::size_t scenes) const {
    Json list = Json::array();
    for (std::size_t scene = 0; scene < scenes; ++scene)
      list.push_back(
          {{"index", scene + 1}, {"visual", "picture " + std::to_string(first + scene)}, {"duration", 1}});
    Json job = {{"type", "storyboard"}};
    job["params"]["storyboard"]["scenes"] = std::move(list);
    job["params"]["brief"] = {{"resolution", "480p"}, {"audio_mode", "music_only"}, {"music", false}};
    std::ofstream(data_ / "inbox" / ("job-" + std::to_string(first) + ".json")) << to_text(job);
  }

  pid_t run(const std::vector<std::string>& words) const {
    std::vector<std::string> all = words, variables;
    all.insert(all.begin(), options_.worker.string());
    for (const auto& [name, value] : environment_) variables.push_back(name + "=" + value);
    std::vector<char*> argv, envp;
    for (auto& word : all) argv.push_back(word.data());
    for (auto& variable : variables) envp.push_back(variable.data());
    argv.push_back(nullptr);
    envp.push_back(nullptr);
    const std::string log_file = (folder_.path() / "log").string();
    const pid_t child = fork();
    if (child == 0) {
      const int out = open(log_file.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
      dup2(out, STDOUT_FILENO);
      dup2(out, STDERR_FILENO);
      execve(argv[0], argv.data(), envp.data());
      _exit(127);
    }
    return child;
  }
  static int finish(pid_t child) {
    int status = 0;
    waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }

  const Options& options_;
  Folder folder_;
  const fs::path data_;
  std::map<std::string, std::string> environment_;
  pid_t pid_ = 0;
};

int measure(const Options& options) {
  Provider provider;
  ProviderServer server([&](const Received& request) { return provider.serve(request); });
  Worker worker(options, server.origin());
  const double begun = now_s();
  while (provider.asked_about() < options.operations) {
    if (!worker.lives() || now_s() - begun > 300)
      give_up("only " + std::to_string(provider.asked_about()) + " operations came about: " + worker.log());
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  }
  std::printf("%zu operations in flight after %.1f s\n", options.operations, now_s() - begun);
  std::fflush(stdout);
  // One whole round, so that what was begun is at rest.
  std::this_thread::sleep_for(std::chrono::milliseconds(options.poll_ms));
  provider.measure();
  const double cpu_before = worker.cpu(), own_before = worker.cpu_of_worker(), from = now_s();
  double memory = 0;
  while (now_s() - from < options.seconds) {
    std::this_thread::sleep_for(std::chrono::seconds(1));
    memory = std::max(memory, worker.memory());
    if (!worker.lives()) give_up("the worker ended: " + worker.log());
  }
  const double wall = now_s() - from, cpu = worker.cpu() - cpu_before,
               own = worker.cpu_of_worker() - own_before;
  const std::vector<double> gaps = provider.gaps();
  const double most =
      std::max(gaps.empty() ? 0 : *std::max_element(gaps.begin(), gaps.end()), provider.longest_silence());
  std::printf("%.0f s, %zu polls (%.0f a second); worker %.1f %% of a core, with its host %.1f %%\n", wall,
              gaps.size(), static_cast<double>(gaps.size()) / wall, own / wall * 100, cpu / wall * 100);
  Goals goals;
  goals.at_most("CPU of the worker with its host, % of a core", cpu / wall * 100, 20);
  goals.at_most("their memory, MB", memory, 150);
  goals.at_most("the latest poll, s behind its time", most - options.poll_ms / 1000.0, 1);
  goals.at_least("polls, of those that were due", static_cast<double>(gaps.size()),
                 static_cast<double>(options.operations) * (wall * 1000 / (options.poll_ms + 1000) - 1));
  goals.print();
  return goals.all_met() ? 0 : 1;
}

Options read_options(int argc, char** argv) {
  Options options;
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string name = argv[i];
    if (name == "--worker") options.worker = argv[i + 1];
    if (name == "--plugin") options.plugin = argv[i + 1];
    if (name == "--root") options.root = argv[i + 1];
    if (name == "--operations") options.operations = std::strtoul(argv[i + 1], nullptr, 10);
    if (name == "--poll-ms") options.poll_ms = std::atoi(argv[i + 1]);
    if (name == "--seconds") options.seconds = std::atoi(argv[i + 1]);
  }
  if (options.worker.empty() || options.plugin.empty() || options.root.empty() || options.operations == 0)
    give_up("--worker, --plugin and --root are needed");
  return options;
}

}  // namespace
}  // namespace reelspool::bench

int main(int argc, char** argv) {
  return reelspool::bench::measure(reelspool::bench::read_options(argc, argv));
}
