// What one submit, claim, progress update and finish cost in system calls and bytes. This program does a few of them under
// strace, and then many more; the difference is what the additional ones cost, without opening and closing. The store is
// the same before each, and the publisher, whose budget is its own, does not run.
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <map>

#include "jobstore/window/inbox.hpp"
#include "tests/bench/sections.hpp"
#include "tests/bench/subject.hpp"

namespace reelspool::bench {
namespace {

/// The drop folder as the window takes it in, without the rest of the window.
void take_in_dropped(FileJobStore& store, int count) {
  using namespace window;
  const std::filesystem::path inbox = store.data() / "inbox";
  std::filesystem::create_directories(inbox / "rejected");
  Rejects rejects(inbox / "rejected", store.files());
  Shelf shelf;
  Inbox drops(store, shelf, rejects, {});
  for (int i = 0; i < count; ++i) {
    const std::string id = "drop-" + std::to_string(getpid()) + "-" + std::to_string(i);
    std::ofstream(inbox / ("." + id + ".tmp")) << entry(id);
    std::filesystem::rename(inbox / ("." + id + ".tmp"), inbox / (id + ".json"));
    must(drops.take_in(), "taking in the drop folder");
  }
}

struct Cost {
  double calls = 0, written = 0, disk = 0;
};

Cost less(const Cost& cost, const Cost& other) {
  return {cost.calls - other.calls, cost.written - other.written, cost.disk - other.disk};
}

/// The total at the end of strace's table: "     1234 total".
double total_calls(const std::filesystem::path& table) {
  std::ifstream in(table);
  double calls = 0;
  for (std::string line; std::getline(in, line);)
    if (line.ends_with(" total")) calls = std::strtod(line.c_str(), nullptr);
  return calls;
}

Cost run_under_strace(const Setup& setup, const std::string& what, int count,
                      const std::filesystem::path& data) {
  const std::filesystem::path table = setup.root / "strace.out", said = setup.root / "strace.said";
  const pid_t pid = fork();
  if (pid == 0) {
    if (std::freopen(said.c_str(), "w", stdout) == nullptr) std::_Exit(2);
    setenv("ASAN_OPTIONS", "detect_leaks=0", 1);  // a traced program cannot look for leaks
    execlp("strace", "strace", "-f", "-c", "-U", "calls,name", "-o", table.c_str(), setup.self.c_str(), "do",
           what.c_str(), std::to_string(count).c_str(), data.c_str(), nullptr);
    std::_Exit(127);
  }
  int status = 0;
  waitpid(pid, &status, 0);
  if (status != 0) give_up("strace could not run '" + what + "' (is it installed?)");
  Cost cost;
  cost.calls = total_calls(table);
  std::ifstream(said) >> cost.written >> cost.disk;
  std::filesystem::remove(table);
  std::filesystem::remove(said);
  return cost;
}

Cost cost_of(const Setup& setup, const std::string& what, std::size_t size) {
  const int few = setup.operations / 10, many = setup.operations + few;
  Cost costs[2];
  for (const int run : {0, 1}) {
    const Folder folder(setup.root);
    fill(folder.path(), size);
    fill(folder.path(), static_cast<std::size_t>(2 * many), Filling::half_claimable, "to-claim-");
    costs[run] = run_under_strace(setup, what, run == 0 ? few : many, folder.path());
  }
  const double operations = setup.operations;
  return {(costs[1].calls - costs[0].calls) / operations, (costs[1].written - costs[0].written) / operations,
          (costs[1].disk - costs[0].disk) / operations};
}

}  // namespace

int do_operations(const std::string& what, int count, const std::filesystem::path& data) {
  {
    const auto store = open_worker(data, "w");
    std::vector<Claim> claims;
    const auto before_written = proc_value(getpid(), "io", "wchar");
    const auto before_disk = proc_value(getpid(), "io", "write_bytes");
    if (what == "drop folder") take_in_dropped(*store, count);
    if (what == "submit")
      for (int i = 0; i < count; ++i) must(store->submit(entry("new-" + std::to_string(i))), "submitting");
    if (what.starts_with("claim"))
      for (int i = 0; i < count; ++i) claims.push_back(claim_one(*store));
    if (what == "claim and finish")
      for (const Claim& claim : claims)
        must(store->finish(
                 claim,
                 {.kind = Ending::Kind::done, .fields = R"({"videoUrl":"jobs/x/final.mp4"})", .run_at = {}}),
             "finishing");
    if (what == "progress") {
      const Claim claim = claim_one(*store);
      for (int i = 0; i < count; ++i)
        must(store->progress(claim,
                             {.percent = 40, .stage = "rendering", .message = "frame " + std::to_string(i)}),
             "progress");
    }
    std::printf("%llu %llu\n",
                static_cast<unsigned long long>(proc_value(getpid(), "io", "wchar") - before_written),
                static_cast<unsigned long long>(proc_value(getpid(), "io", "write_bytes") - before_disk));
  }
  return 0;
}

void measure_costs(const Setup& setup, Goals& goals) {
  const std::size_t small = setup.sizes.front(), large = setup.sizes.back();
  Table table({"of one", "calls, " + number(small) + " jobs", "calls, " + number(large), "ratio", "bytes",
               "bytes", "ratio", "on disk"});
  Cost low_claim, high_claim;
  for (std::string what : {"progress", "claim", "claim and finish", "submit", "drop folder"}) {
    Cost low = cost_of(setup, what, small), high = cost_of(setup, what, large);
    if (what == "claim") low_claim = low, high_claim = high;
    if (what == "claim and finish") {
      what = "finish";
      low = less(low, low_claim);
      high = less(high, high_claim);
    }
    const double calls = high.calls / low.calls, bytes = high.written / low.written;
    table.add({what, number(low.calls), number(high.calls), number(calls), number(low.written),
               number(high.written), number(bytes), number(high.disk)});
    goals.at_most("system calls of one " + what + ", large store to small", calls, 1.2);
    goals.at_most("bytes written by one " + what + ", large store to small", bytes, 1.2);
    if (what == "progress") goals.at_most("bytes on disk of one progress update", high.disk, 512);
  }
  table.print("What one operation costs in system calls (strace -f -c) and bytes written (/proc/self/io)");
}

}  // namespace reelspool::bench
