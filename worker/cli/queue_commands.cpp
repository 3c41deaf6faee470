// pause, resume and drain: the three of the whole queue. A pause holds in every process until somebody resumes,
// also over restarts; drain is a pause that is waited for.
#include <condition_variable>
#include <mutex>

#include "worker/cli/commands.hpp"
#include "worker/cli/data_store.hpp"
#include "worker/cli/exit_status.hpp"

namespace reelspool {
namespace {

std::string jobs_text(std::size_t count) {
  return std::to_string(count) + (count == 1 ? " job" : " jobs");
}

Result<int> set_paused(const Settings& settings, bool paused) {
  const auto store = command_store(settings);
  if (auto set = store->set_paused(paused); !set) return std::move(set.error());
  const auto counted = store->stats();
  if (!counted) return counted.error();
  print_line(paused ? "paused: no worker begins a job; " + jobs_text(counted->active) + " still running"
                    : "resumed: " + jobs_text(counted->waiting) + " waiting");
  return exit_status::success;
}

/// Wakes the one who waits for the store to change.
class Changes {
 public:
  explicit Changes(JobStore& store) : store_(store) {
    store_.on_change([this] {
      std::lock_guard guard(mutex_);
      ++seen_;
      changed_.notify_one();
    });
  }
  ~Changes() { store_.on_change({}); }
  Changes(const Changes&) = delete;

  std::size_t seen() {
    std::lock_guard guard(mutex_);
    return seen_;
  }
  void wait_past(std::size_t seen) {
    std::unique_lock guard(mutex_);
    changed_.wait(guard, [&] { return seen_ != seen; });
  }

 private:
  JobStore& store_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::size_t seen_ = 0;  // guarded by mutex_
};

Result<int> drain(const Settings& settings) {
  auto store = open_data_store(settings, {});  // to be told of changes, which no worker does for a command
  if (!store) return std::move(store.error());
  Changes changes(**store);
  if (auto set = (*store)->set_paused(true); !set) return std::move(set.error());
  for (std::size_t told = 0;;) {
    const std::size_t seen = changes.seen();
    // A worker that died has nobody else to give its jobs back, when no other worker lives.
    if (auto back = (*store)->recover(); !back) return std::move(back.error());
    const auto counted = (*store)->stats();
    if (!counted) return counted.error();
    if (!counted->paused) {
      print_line("resumed by somebody else; not drained");
      return exit_status::failed;
    }
    if (counted->active == 0) break;
    if (counted->active != told) print_line("waiting for " + jobs_text(counted->active));
    told = counted->active;
    changes.wait_past(seen);
  }
  print_line("drained: nothing runs and nothing begins until `reelspool resume`");
  return exit_status::success;
}

}  // namespace

void add_queue_commands(CLI::App& app, Shell& shell) {
  CLI::App* pause =
      app.add_subcommand("pause", "Let no worker begin a job until `resume`; what runs goes on");
  shell.when_chosen(pause, [](const Settings& settings) { return set_paused(settings, true); });
  CLI::App* resume = app.add_subcommand("resume", "Let workers begin jobs again after `pause` or `drain`");
  shell.when_chosen(resume, [](const Settings& settings) { return set_paused(settings, false); });
  CLI::App* command = app.add_subcommand("drain", "As `pause`, and wait until nothing runs any more");
  shell.when_chosen(command, drain);
}

}  // namespace reelspool
