// A worker with jobs that show progress all the time, and a reader that looks at the files. How old is what it sees, and
// what does publishing cost the worker?
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <fstream>
#include <thread>

#include "jobstore/open.hpp"
#include "jobstore/time.hpp"
#include "tests/bench/sections.hpp"
#include "tests/bench/subject.hpp"

namespace reelspool::bench {
namespace {

using std::chrono::milliseconds;

constexpr int claims = 8;
constexpr milliseconds between_updates{5};

/// Runs 8 jobs that all show progress 25 times a second, until it is killed.
[[noreturn]] void work(const std::filesystem::path& data, int ready) {
  JobStoreOptions options;
  options.store.data = data;
  options.store.role = FileStoreOptions::Role::worker;
  options.store.worker = "busy";
  const auto store = *must(open_file_job_store(options), "opening the worker's store");
  std::vector<Claim> held;
  for (int i = 0; i < claims; ++i) held.push_back(claim_one(*store));
  const std::string first = held.front().job;
  if (write(ready, first.c_str(), first.size()) < 0) std::_Exit(2);
  for (int frame = 0;; ++frame) {
    // The time of the newest change stands in every entry, for the reader.
    const std::string message = "at " + format_time(system_clock().now());
    must(store->progress(held[static_cast<std::size_t>(frame % claims)],
                         {.percent = 40, .stage = "rendering", .message = message}),
         "progress");
    std::this_thread::sleep_for(between_updates);
  }
}

/// The time behind `name` in the first `most` bytes of a file; nothing when it is not there.
std::optional<Time> time_in(const std::filesystem::path& file, std::string_view name, std::size_t most) {
  std::string text(most, '\0');
  const int fd = open(file.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return std::nullopt;
  const ssize_t got = read(fd, text.data(), text.size());
  close(fd);
  text.resize(got < 0 ? 0 : static_cast<std::size_t>(got));
  const std::size_t at = text.find(name);
  if (at == std::string::npos) return std::nullopt;
  return parse_time(std::string_view(text).substr(at + name.size(), 24));
}

double age_ms(std::optional<Time> time) {
  return time ? static_cast<double>((system_clock().now() - *time).count()) : 0;
}

struct Observed {
  double jobs_age = 0, status_age = 0;  // ms, the oldest seen
  double core_share = 0, mb_per_s = 0;
  double publishes_a_second = 0;
};

Observed observe(const Setup& setup, std::size_t size, double seconds) {
  const Folder folder(setup.root);
  fill(folder.path(), size);
  int ready[2];
  if (pipe(ready) != 0) give_up("pipe");
  const pid_t pid = fork();
  if (pid == 0) work(folder.path(), ready[1]);
  char id[64] = {};
  if (read(ready[0], id, sizeof id - 1) <= 0) give_up("the worker of the benchmark ended");
  const std::filesystem::path jobs = folder.path() / "jobs.json";
  const std::filesystem::path status = folder.path() / "jobs" / id / "status.json";
  // The store is open, and jobs.json there.
  const double patience = now_s() + 120;
  while (!time_in(status, "\"message\":\"at ", 4096) || !time_in(jobs, "\"publishedAt\":\"", 300)) {
    if (now_s() > patience) give_up("nothing was published");
    std::this_thread::sleep_for(milliseconds(50));
  }

  // What it took is counted from one publish to another: a file of 50 MB comes every few seconds.
  struct Spent {
    double at, cpu;
    std::uint64_t written;
  };
  const auto spent_now = [&]() -> Spent {
    return {now_s(), cpu_s(pid, "window"), proc_value(pid, "io", "wchar")};
  };
  Observed found;
  std::optional<Time> last = time_in(jobs, "\"publishedAt\":\"", 300);
  std::optional<Spent> first;
  Spent latest = spent_now();
  int publishes = 0;
  for (const double begin = now_s(); now_s() - begin < seconds || publishes == 0;) {
    const auto published = time_in(jobs, "\"publishedAt\":\"", 300);
    if (published != last) {
      latest = spent_now();
      if (first) ++publishes;
      if (!first) first = latest;
      last = published;
    }
    found.jobs_age = std::max(found.jobs_age, age_ms(published));
    found.status_age = std::max(found.status_age, age_ms(time_in(status, "\"message\":\"at ", 4096)));
    std::this_thread::sleep_for(milliseconds(10));
  }
  const double took = latest.at - first->at;
  found.core_share = (latest.cpu - first->cpu) / took;
  found.mb_per_s = static_cast<double>(latest.written - first->written) / 1e6 / took;
  found.publishes_a_second = publishes / took;
  kill(pid, SIGKILL);
  waitpid(pid, nullptr, 0);
  close(ready[0]);
  close(ready[1]);
  return found;
}

}  // namespace

void measure_publishing(const Setup& setup, Goals& goals) {
  Table table({"8 jobs that show progress", "core %", "MB/s", "publishes/s", "jobs.json ms old",
               "status.json ms old"});
  const std::size_t large = setup.sizes.back();
  const std::size_t small = std::min<std::size_t>(1000, large);
  for (const std::size_t size : {small, large}) {
    const Observed found = observe(setup, size, size == small ? setup.watched_s / 3 : setup.watched_s);
    const std::string jobs = number(size) + " jobs";
    table.add({jobs, number(found.core_share * 100), number(found.mb_per_s), number(found.publishes_a_second),
               number(found.jobs_age), number(found.status_age)});
    goals.at_most("publishing " + jobs + ": % of a core", found.core_share * 100, 5);
    goals.at_most("publishing " + jobs + ": MB/s", found.mb_per_s, 8);
    goals.at_most("age of jobs.json, " + jobs + ", ms", found.jobs_age, size == small ? 200 : 20'000);
    // Half a second between two writes; the progress itself comes every 40 ms.
    goals.at_most("age of status.json, " + jobs + ", ms", found.status_age, 500 + 40);
  }
  table.print("Publishing");
}

}  // namespace reelspool::bench
