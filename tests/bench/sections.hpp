#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "tests/bench/measure.hpp"
#include "tests/bench/report.hpp"

namespace reelspool::bench {

/// What all sections of the benchmark are given.
struct Setup {
  std::filesystem::path root;     ///< a folder on the disk that is measured
  std::filesystem::path self;     ///< this program
  std::filesystem::path worker;   ///< the program reelspool; empty: what needs it is left out
  bool with_peers = false;        ///< the other queues as well, as far as they are installed
  std::filesystem::path modules;  ///< the folder whose node_modules holds bullmq
  std::vector<std::size_t> sizes = {100, 10'000, 100'000};
  std::size_t many = 0;   ///< jobs of the largest store; 0: left out
  int rounds = 3;         ///< of each, of which the median counts
  double seconds = 0.9;   ///< of each measurement in a round
  int operations = 1000;  ///< of which the system calls are counted
  int starts = 200;       ///< jobs that are started, by each way in
  double watched_s = 20;  ///< for so long the published files are watched
};

/// Submits, claims and progress a second, beside what the disk can do, and beside other queues.
void measure_throughput(const Setup& setup, Goals& goals);
/// System calls and bytes of one submit, claim, progress update and finish, by the number of stored jobs.
void measure_costs(const Setup& setup, Goals& goals);
/// What publishing takes, and how old the files are that readers see.
void measure_publishing(const Setup& setup, Goals& goals);
/// From a submit to the start of the job, by every way in.
void measure_latency(const Setup& setup, Goals& goals);
/// Commands while a worker lives, by the number of stored jobs.
void measure_commands(const Setup& setup, Goals& goals);
/// Opening a store: time and memory. And a worker that has nothing to do.
void measure_opening(const Setup& setup, Goals& goals);

/// The other half of measure_costs(): this program under strace does `count` of one thing, and says what it wrote.
int do_operations(const std::string& what, int count, const std::filesystem::path& data);

}  // namespace reelspool::bench
