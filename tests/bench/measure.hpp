#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace reelspool::bench {

/// Seconds on the clock that all processes of this machine share and nobody sets.
double now_s();

/// Ends the program when `result` (a Result<T>) holds an error: a measurement of something that failed is none.
[[noreturn]] void give_up(std::string_view what);
template <class Result>
auto&& must(Result&& result, std::string_view doing) {
  if (!result) give_up(std::string(doing) + ": " + result.error().message);
  return std::forward<Result>(result);
}

/// A folder below `root`, gone afterwards.
class Folder {
 public:
  explicit Folder(const std::filesystem::path& root);
  ~Folder();
  Folder(const Folder&) = delete;
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

/// The value at `share` (0.5: the median) of those given; 0 when there are none.
double quantile(std::vector<double> values, double share);
inline double median(const std::vector<double>& values) {
  return quantile(values, 0.5);
}

/// One more of what is measured; false: there is no more to do.
using Act = std::function<bool()>;
/// How often a second `act` can be done, one after the other, for so many seconds or until there is no more to do.
double rate(double seconds, const Act& act);
/// The same by several threads at once, each with an `act` of its own, made by `prepare` from the thread's number.
double rate_of_threads(int threads, double seconds, const std::function<Act(int)>& prepare);
/// The same by several processes. `prepare` runs in each before the clock starts.
double rate_of_processes(int processes, double seconds, const std::function<Act(int)>& prepare);

/// Runs `act` in a process of its own and waits for it. It may not return anything but text.
std::string in_process(const std::function<std::string()>& act);

/// A line "name: 123" of /proc/<pid>/FILE ("io", "status"); 0 when it is not there. Of `status`, in KiB.
std::uint64_t proc_value(int pid, std::string_view file, std::string_view name);
/// CPU time of a process, or of its threads of one name, in seconds.
double cpu_s(int pid, std::string_view thread_name = {});

/// A 300-byte append with fdatasync, again and again, in a file of `folder`: what the disk can do, a second.
double disk_limit(const std::filesystem::path& folder, double seconds);

}  // namespace reelspool::bench
