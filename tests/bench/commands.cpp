// Commands of the program while a worker lives, with few jobs stored and with many: they ask the worker, so they shall cost
// the same. The start of the program is in all figures.
#include <fstream>

#include "tests/bench/idle_worker.hpp"
#include "tests/bench/sections.hpp"
#include "tests/bench/subject.hpp"

namespace reelspool::bench {
namespace {

/// Milliseconds, the median, of each command at one size.
std::vector<double> measure_size(const Setup& setup, std::size_t size) {
  const Folder folder(setup.root);
  const std::filesystem::path& data = folder.path();
  fill(data, size, Filling::waiting);
  IdleWorker worker(data);
  worker.wait_until_published();
  const std::vector<std::vector<std::string>> commands = {
      {"list", "--limit", "50"}, {"show", "stored-7"}, {"submit", data / "one.json"}};
  std::vector<std::vector<double>> times(commands.size());
  for (int i = 0; i < setup.starts / 4; ++i)
    for (std::size_t k = 0; k < commands.size(); ++k) {
      const std::string id = "new-" + std::to_string(i);
      std::ofstream(data / "one.json") << entry(id);
      const CommandTimes took = run_command(setup.worker, data, commands[k]);
      times[k].push_back((took.end - took.begin) * 1000);
    }
  std::vector<double> medians;
  for (const std::vector<double>& one : times) medians.push_back(median(one));
  return medians;
}

}  // namespace

void measure_commands(const Setup& setup, Goals& goals) {
  if (setup.worker.empty()) return;
  const char* const titles[] = {"list of 50", "show", "submit"};
  const std::size_t small = setup.sizes.front(), large = setup.sizes.back();
  const std::vector<double> low = measure_size(setup, small), high = measure_size(setup, large);
  Table table({"reelspool, ms", number(small) + " jobs", number(large) + " jobs", "ratio"});
  for (std::size_t i = 0; i < std::size(titles); ++i) {
    const double ratio = high[i] / low[i];
    table.add({titles[i], number(low[i]), number(high[i]), number(ratio)});
    goals.at_most(
        "reelspool " + std::string(titles[i]) + ", time at " + number(large) + " jobs to " + number(small),
        ratio, 1.2);
  }
  table.print("Commands while a worker lives, the program's start included");
}

}  // namespace reelspool::bench
