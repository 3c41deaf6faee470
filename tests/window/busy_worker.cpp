// A worker that does nothing but claim, report progress and finish, as fast as it can: busy_worker DATA. It publishes far more
// often than in real life, so that front ends meet it at every moment of their writing. Prints "serves" once it does, and at the
// end of its input, when no job is left to claim, how many it has finished.

#include <atomic>
#include <cstdio>
#include <string>
#include <thread>

#include "jobstore/open.hpp"

namespace {

using namespace reelspool;

int complain(const Error& error) {
  std::fprintf(stderr, "%s\n", error.message.c_str());
  return 1;
}

Result<> work_through(JobStore& store, const Claim& claim) {
  for (const double percent : {10.0, 50.0, 90.0})
    if (Result<> told = store.progress(claim, {percent, "rendering", 1, 3, ""}); !told) return told;
  Result<Job> done = store.finish(claim, {Ending::Kind::done, R"({"videoUrl":"made.mp4"})", std::nullopt});
  if (!done) return std::move(done.error());
  return ok;
}

/// One job that is always running: with nothing else to do there is still something to publish.
Result<Claim> begin_the_endless(JobStore& store) {
  Result<Submitted> submitted = store.submit(R"({"id":"endless","type":"clip"})");
  if (!submitted) return std::move(submitted.error());
  Result<std::optional<Claimed>> claimed = store.claim_job("endless");
  if (!claimed) return std::move(claimed.error());
  return (*claimed)->claim;
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 2) return 2;
  FileStoreOptions options;
  options.data = arguments[1];
  options.worker = "busy";
  options.role = FileStoreOptions::Role::worker;
  Result<std::unique_ptr<FileJobStore>> opened = open_file_store(options);
  if (!opened) return complain(opened.error());
  FileJobStore& store = **opened;
  Result<Claim> endless = begin_the_endless(store);
  if (!endless) return complain(endless.error());

  WindowOptions window_options;
  window_options.pace = {0.5, 1e9, std::chrono::milliseconds(0)};
  window_options.report = [](const window::Notice& notice) {
    std::fprintf(stderr, "%s\n", notice.message.c_str());
  };
  Result<std::unique_ptr<Window>> window = Window::open(store, window_options);
  if (!window) return complain(window.error());
  while (!(*window)->serves()) std::this_thread::yield();
  std::puts("serves");
  std::fflush(stdout);

  std::atomic<bool> is_ending = false;
  std::thread input([&is_ending] {
    while (std::getchar() != EOF) {
    }
    is_ending = true;
  });
  Result<> done = ok;
  std::size_t finished = 0;
  bool is_all_taken_in = false;
  for (double percent = 0; done; percent += 1e-6) {
    if (done = store.progress(*endless, {percent, "rendering", 1, 3, ""}); !done) break;
    Result<std::optional<Claimed>> claimed = store.claim();
    if (!claimed) {
      done = std::move(claimed.error());
    } else if (*claimed) {
      done = work_through(store, (*claimed)->claim);
      if (done) ++finished;
    } else if (!is_ending) {
      std::this_thread::yield();
    } else if (!is_all_taken_in) {
      done = (*window)->flush();
      is_all_taken_in = true;
    } else {
      break;
    }
  }
  if (!done) {
    complain(done.error());
    std::_Exit(1);  // the thread waits for its input
  }
  input.join();
  Result<Job> ended = store.finish(*endless, {});
  if (!ended) return complain(ended.error());
  std::printf("finished %zu\n", finished);
  return 0;
}
