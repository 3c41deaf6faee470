#pragma once

#include <sys/types.h>

#include <filesystem>
#include <string>
#include <vector>

namespace reelspool::bench {

/// A worker in a process of its own, with its window and its socket. It starts each job as the engine does (it is told
/// of news and claims), says when, and ends it at once.
class IdleWorker {
 public:
  explicit IdleWorker(const std::filesystem::path& data);
  ~IdleWorker();
  IdleWorker(const IdleWorker&) = delete;

  /// Until jobs.json is there, and what the worker does at its start is done.
  void wait_until_published() const;

  /// When job `id` was claimed, on the clock of now_s(). Gives up after 20 s.
  double wait_for(const std::string& id);

 private:
  const std::filesystem::path data_;
  pid_t pid_ = 0;
  int quit_ = -1, started_ = -1;
};

/// How a command went.
struct CommandTimes {
  double begin = 0, end = 0;
};
/// Runs `reelspool WORDS` with the data directory `data`; gives up when it fails.
CommandTimes run_command(const std::filesystem::path& program, const std::filesystem::path& data,
                         const std::vector<std::string>& words);

}  // namespace reelspool::bench
