// The job store, measured. See tests/bench/README.md; usually run by tests/bench/store.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "tests/bench/sections.hpp"

namespace {

using namespace reelspool::bench;

constexpr const char* usage =
    "usage: store_bench --root FOLDER [--worker PROGRAM] [--peers MODULES] [--million] [--quick | --smoke]\n"
    "                   [--only SECTION]...\n"
    "       sections: opening throughput costs publishing latency commands\n";

struct Section {
  const char* name;
  void (*measure)(const Setup&, Goals&);
};
// Opening first: what it measures is forked off, and would count the memory that other sections left behind as its own.
constexpr Section sections[] = {
    {"opening", measure_opening},       {"throughput", measure_throughput}, {"costs", measure_costs},
    {"publishing", measure_publishing}, {"latency", measure_latency},       {"commands", measure_commands},
};

[[noreturn]] void explain() {
  std::fputs(usage, stderr);
  std::exit(2);
}

bool is_section(const std::string& name) {
  return std::any_of(std::begin(sections), std::end(sections),
                     [&](const Section& one) { return one.name == name; });
}

}  // namespace

int main(int argc, char** argv) {
  if (argc == 5 && std::strcmp(argv[1], "do") == 0)
    return do_operations(argv[2], std::atoi(argv[3]), argv[4]);
  Setup setup;
  setup.self = argv[0];
  std::vector<std::string> only;
  bool is_smoke = false;
  for (int i = 1; i < argc; ++i) {
    const std::string option = argv[i];
    const auto value = [&]() -> const char* { return ++i < argc ? argv[i] : (explain(), ""); };
    if (option == "--root")
      setup.root = std::filesystem::absolute(value());
    else if (option == "--worker")
      setup.worker = std::filesystem::absolute(value());
    else if (option == "--peers")
      setup.with_peers = true, setup.modules = std::filesystem::absolute(value());
    else if (option == "--million")
      setup.many = 1'000'000;
    else if (option == "--only")
      only.emplace_back(value());
    else if (option == "--quick")
      setup.rounds = 1, setup.seconds = 0.1, setup.starts = 40, setup.watched_s = 6;
    else if (option == "--smoke")
      is_smoke = true;
    else
      explain();
  }
  if (setup.root.empty() || !std::all_of(only.begin(), only.end(), is_section)) explain();
  if (is_smoke) {
    setup.sizes = {20, 60};
    setup.rounds = 1, setup.seconds = 0.01, setup.operations = 20, setup.starts = 4, setup.watched_s = 0.3;
  }
  Goals goals;
  for (const auto& [name, measure] : sections)
    if (only.empty() || std::find(only.begin(), only.end(), name) != only.end()) measure(setup, goals);
  goals.print();
  // Whether all of it runs, not how fast: a test.
  return is_smoke || goals.all_met() ? 0 : 1;
}
