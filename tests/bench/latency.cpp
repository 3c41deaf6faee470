// From the moment before a rename, call or command to the claim by an idle worker in another process, by every way in. For
// a command also from its end, which is when its caller knows that the job is safe.
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <sstream>
#include <thread>

#include "tests/bench/idle_worker.hpp"
#include "tests/bench/sections.hpp"
#include "tests/bench/subject.hpp"

namespace reelspool::bench {
namespace {

constexpr std::chrono::milliseconds pause{60};

/// Submits one job; returns the moment from which the time counts.
using Way = std::function<double(const std::string& id)>;

double drop(const std::filesystem::path& data, const std::string& id) {
  const std::filesystem::path inbox = data / "inbox";
  std::ofstream(inbox / ("." + id + ".tmp")) << entry(id);
  const double begin = now_s();
  std::filesystem::rename(inbox / ("." + id + ".tmp"), inbox / (id + ".json"));
  return begin;
}

/// As a front end that takes no lock: read, add, write beside, rename.
double edit_jobs_file(const std::filesystem::path& data, const std::string& id) {
  std::ostringstream text;
  text << std::ifstream(data / "jobs.json").rdbuf();
  std::string jobs = text.str();
  const std::size_t bracket = jobs.rfind(']');
  const bool is_first = jobs.find("\"id\"") == std::string::npos;
  jobs.insert(bracket, (is_first ? "" : ",") + entry(id));
  std::ofstream(data / ".front.tmp") << jobs;
  const double begin = now_s();
  std::filesystem::rename(data / ".front.tmp", data / "jobs.json");
  return begin;
}

std::vector<double> times_ms(IdleWorker& worker, const std::string& name, int count, const Way& way) {
  std::vector<double> times;
  for (int i = 0; i < count; ++i) {
    const std::string id = name + "-" + std::to_string(i);
    const double begin = way(id);
    times.push_back((worker.wait_for(id) - begin) * 1000);
    // Idle again: the publisher has shown it, and rests.
    std::this_thread::sleep_for(pause);
  }
  return times;
}

/// What the machine needs to wake another process and to be woken by it: a byte through a pipe and one back.
std::vector<double> echo_times_ms(int count) {
  int there[2], back[2];
  if (pipe(there) != 0 || pipe(back) != 0) give_up("no pipe can be made");
  std::fflush(stdout);
  const pid_t pid = fork();
  char byte = 'x';
  if (pid == 0) {
    close(there[1]);
    while (read(there[0], &byte, 1) == 1 && write(back[1], &byte, 1) == 1) {
    }
    std::_Exit(0);
  }
  std::vector<double> times;
  for (int i = 0; i < count; ++i) {
    const double begin = now_s();
    if (write(there[1], &byte, 1) != 1 || read(back[0], &byte, 1) != 1) give_up("a pipe broke");
    times.push_back((now_s() - begin) * 1000);
    std::this_thread::sleep_for(pause);
  }
  for (const int fd : {there[0], there[1], back[0], back[1]}) close(fd);
  waitpid(pid, nullptr, 0);
  return times;
}

/// One open, read and close of a status file, in milliseconds.
double status_read_ms(const std::filesystem::path& data, const std::string& id) {
  const std::filesystem::path file = data / "jobs" / id / "status.json";
  for (int i = 0; i < 1000 && !std::filesystem::exists(file); ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  std::vector<double> times;
  std::string text(4096, '\0');
  for (int i = 0; i < 2000; ++i) {
    const double begin = now_s();
    const int fd = open(file.c_str(), O_RDONLY | O_CLOEXEC);
    if (fd < 0 || read(fd, text.data(), text.size()) <= 0) give_up("no status.json of " + id);
    close(fd);
    times.push_back((now_s() - begin) * 1000);
  }
  return median(times);
}

void measure_ways(const Setup& setup, std::size_t size, Table& table, Goals& goals) {
  const Folder folder(setup.root);
  const std::filesystem::path& data = folder.path();
  if (size > 0) fill(data, size, Filling::waiting);
  IdleWorker worker(data);
  worker.wait_until_published();
  const std::string at = ", " + number(size) + " jobs";
  const auto show = [&](const std::string& way, const std::vector<double>& times, bool is_bound = true) {
    table.add({way, number(size), number(times.size()), number(median(times)), number(quantile(times, 0.99)),
               number(quantile(times, 1))});
    if (!is_bound) return;
    goals.at_most("submit to start, ms, median, " + way + at, median(times), 1);
    goals.at_most("submit to start, ms, p99, " + way + at, quantile(times, 0.99), 5);
  };
  if (size == 0)
    show("jobs.json", times_ms(worker, "edit", std::min(setup.starts, 100),
                               [&](const std::string& id) { return edit_jobs_file(data, id); }));
  show("drop folder",
       times_ms(worker, "drop", setup.starts, [&](const std::string& id) { return drop(data, id); }));
  {
    const auto client = open_client(data);
    show("second process", times_ms(worker, "call", setup.starts, [&](const std::string& id) {
           const double begin = now_s();
           must(client->submit(entry(id)), "submitting");
           return begin;
         }));
  }
  if (!setup.worker.empty()) {
    const auto submit = [&](const std::string& id) {
      std::ofstream(data / "one.json") << entry(id);
      return run_command(setup.worker, data, {"submit", data / "one.json"});
    };
    show("CLI, from its start",
         times_ms(worker, "cli", setup.starts / 4, [&](const std::string& id) { return submit(id).begin; }),
         false);
    show("CLI",
         times_ms(worker, "ended", setup.starts / 4, [&](const std::string& id) { return submit(id).end; }));
  }
  if (size > 0) goals.at_most("ms to read a job's status.json" + at, status_read_ms(data, "drop-0"), 0.05);
}

}  // namespace

void measure_latency(const Setup& setup, Goals& goals) {
  Table table({"", "stored", "n", "median", "p99", "most"});
  const std::vector<double> echo = echo_times_ms(setup.starts);
  table.add({"the machine: a byte there and back", "", number(echo.size()), number(median(echo)),
             number(quantile(echo, 0.99)), number(quantile(echo, 1))});
  for (const std::size_t size : {std::size_t{0}, setup.sizes.back()}) measure_ways(setup, size, table, goals);
  table.print("From submit to start by an idle worker, ms (CLI: from its end, when its caller knows)");
}

}  // namespace reelspool::bench
