#include "jobstore/window/window.hpp"

#include <pthread.h>

#include <algorithm>
#include <condition_variable>
#include <csignal>
#include <functional>
#include <mutex>
#include <system_error>
#include <thread>

#include "jobstore/file/queued_lock.hpp"

namespace reelspool {
namespace {

std::filesystem::path lock_file(Ledger& ledger) {
  return ledger.data() / "store" / "publisher";
}

constexpr std::chrono::milliseconds first_pause{1000}, longest_pause{30'000};

/// What other threads tell the window's thread. Shared with the callbacks it is rung from, which may outlive
/// the window.
class Bell {
 public:
  template <class Change>
  void ring(Change change) {
    std::lock_guard lock(mutex_);
    change(*this);
    if (watch_ != nullptr) watch_->wake();
    rung_.notify_all();
  }
  /// Until it serves, the thread sleeps here; then in the watch.
  template <class Condition>
  void wait(Condition condition) {
    std::unique_lock lock(mutex_);
    rung_.wait(lock, [&] { return condition(*this); });
  }
  template <class Condition>
  void wait_for(std::chrono::milliseconds longest, Condition condition) {
    std::unique_lock lock(mutex_);
    rung_.wait_for(lock, longest, [&] { return condition(*this); });
  }
  template <class Question>
  auto ask(Question question) const {
    std::lock_guard lock(mutex_);
    return question(*this);
  }

  // Guarded by the mutex: used in the functions given to the members above.
  window::Watch* watch_ = nullptr;
  bool serves_ = false;
  bool stopping_ = false;
  std::uint64_t asked_ = 0, answered_ = 0;  // flushes
  Result<> answer_ = ok;

 private:
  mutable std::mutex mutex_;
  std::condition_variable rung_;
};

}  // namespace

struct Window::Inside {
  Inside(Ledger& the_ledger, const WindowOptions& the_options) : ledger(the_ledger), options(the_options) {}

  Ledger& ledger;
  const WindowOptions options;
  const std::shared_ptr<Bell> bell = std::make_shared<Bell>();
  std::optional<QueuedLock> lock;
  std::thread thread;

  void run();
  std::unique_ptr<window::Duty> take_up();
  void answer_flushes(const std::function<Result<>()>& answer);
};

/// Nothing when it is time to stop. What hinders (folders that cannot be made) is reported and tried again.
std::unique_ptr<window::Duty> Window::Inside::take_up() {
  std::chrono::milliseconds pause = first_pause;
  std::string last_problem;
  for (;;) {
    bell->wait([](Bell& b) { return b.serves_ || b.stopping_ || b.asked_ != b.answered_; });
    if (bell->ask([](const Bell& b) { return b.stopping_; })) return nullptr;
    if (!bell->ask([](const Bell& b) { return b.serves_; })) {
      answer_flushes([]() -> Result<> { return ok; });  // another process serves
      continue;
    }
    Result<std::unique_ptr<window::Duty>> duty = window::Duty::open(ledger, options);
    if (duty) return *std::move(duty);
    if (options.report && duty.error().message != last_problem)
      options.report({window::Notice::Level::error,
                      duty.error().message + " - jobs.json is not served meanwhile; trying again", ""});
    last_problem = duty.error().message;
    answer_flushes([&]() -> Result<> { return duty.error(); });
    bell->wait_for(pause, [](Bell& b) { return b.stopping_ || b.asked_ != b.answered_; });
    pause = std::min(pause * 2, longest_pause);
  }
}

/// `answer` is what they are told, or the function that finds it out.
void Window::Inside::answer_flushes(const std::function<Result<>()>& answer) {
  const auto asked = bell->ask([](const Bell& b) { return b.asked_; });
  if (asked == bell->ask([](const Bell& b) { return b.answered_; })) return;
  Result<> done = answer();
  bell->ring([&](Bell& b) {
    b.answered_ = asked;
    b.answer_ = std::move(done);
  });
}

void Window::Inside::run() {
  ::pthread_setname_np(::pthread_self(), "window");
  const std::unique_ptr<window::Duty> duty = take_up();
  if (!duty) return;
  bell->ring([&](Bell& b) { b.watch_ = &duty->watch(); });
  window::Seen seen;
  while (!bell->ask([](const Bell& b) { return b.stopping_; })) {
    const std::optional<window::Moment> next = duty->turn(seen);
    answer_flushes([&] { return duty->finish(); });
    seen = duty->watch().wait(next);
  }
  bell->ring([](Bell& b) { b.watch_ = nullptr; });
  if (Result<> done = duty->finish(); !done && options.report)
    options.report({window::Notice::Level::error, done.error().message + " - the next worker does it", ""});
}

Window::Window(std::unique_ptr<Inside> inside) : inside_(std::move(inside)) {}

Result<std::unique_ptr<Window>> Window::open(Ledger& ledger, const WindowOptions& options) {
  auto inside = std::make_unique<Inside>(ledger, options);
  const std::shared_ptr<Bell> bell = inside->bell;
  Result<QueuedLock> lock =
      QueuedLock::queue(lock_file(ledger), [bell] { bell->ring([](Bell& b) { b.serves_ = true; }); });
  if (!lock) return std::move(lock.error()).while_doing("opening the window of the job store");
  inside->lock.emplace(*std::move(lock));

  // Signals are for the threads that the program meant them for.
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  Result<> started = ok;
  try {
    inside->thread = std::thread([&in = *inside] { in.run(); });
  } catch (const std::system_error& problem) {
    started = system_error("starting the window's thread", problem.code().value());
  }
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  if (!started) return std::move(started.error());
  ledger.on_movement([bell] { bell->ring([](Bell&) {}); });
  return std::unique_ptr<Window>(new Window(std::move(inside)));
}

Window::~Window() {
  inside_->ledger.on_movement({});
  inside_->bell->ring([](Bell& b) { b.stopping_ = true; });
  inside_->thread.join();
}

Result<> Window::flush() {
  Bell& bell = *inside_->bell;
  std::uint64_t mine = 0;
  bell.ring([&](Bell& b) { mine = ++b.asked_; });
  Result<> answer = ok;
  bell.wait([&](Bell& b) {
    answer = b.answer_;
    return b.answered_ >= mine;
  });
  return answer;
}

bool Window::serves() const {
  return inside_->bell->ask([](const Bell& b) { return b.serves_; });
}

Result<bool> publish_once(Ledger& ledger, const WindowOptions& options) {
  Result<QueuedLock> lock = QueuedLock::try_now(lock_file(ledger));
  if (!lock) return std::move(lock.error());
  if (!lock->held()) return false;
  Result<std::unique_ptr<window::Duty>> duty = window::Duty::open(ledger, options);
  if (!duty) return std::move(duty.error());
  if (Result<> done = (*duty)->finish(); !done) return std::move(done.error());
  return true;
}

}  // namespace reelspool
