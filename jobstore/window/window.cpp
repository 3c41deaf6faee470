#include "jobstore/window/window.hpp"

#include <pthread.h>

#include <condition_variable>
#include <csignal>
#include <mutex>
#include <system_error>
#include <thread>

#include "jobstore/file/queued_lock.hpp"

namespace reelspool {
namespace {

std::filesystem::path lock_file(Ledger& ledger) {
  return ledger.data() / "store" / "publisher";
}

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
  void answer_flushes(window::Duty* duty);
};

/// Nothing when it is time to stop, or when the folders cannot be watched, which is reported: then another
/// process had better serve, so the lock is given up.
std::unique_ptr<window::Duty> Window::Inside::take_up() {
  for (;;) {
    bell->wait([](Bell& b) { return b.serves_ || b.stopping_ || b.asked_ != b.answered_; });
    if (bell->ask([](const Bell& b) { return b.stopping_; })) return nullptr;
    if (bell->ask([](const Bell& b) { return b.serves_; })) break;
    answer_flushes(nullptr);
  }
  Result<std::unique_ptr<window::Duty>> duty = window::Duty::open(ledger, options);
  if (duty) return *std::move(duty);
  if (options.report)
    options.report({window::Notice::Level::error,
                    duty.error().message + " - this process does not serve the job file", ""});
  lock.reset();
  bell->ring([](Bell& b) { b.serves_ = false; });
  for (;;) {
    bell->wait([](Bell& b) { return b.stopping_ || b.asked_ != b.answered_; });
    if (bell->ask([](const Bell& b) { return b.stopping_; })) return nullptr;
    answer_flushes(nullptr);
  }
}

void Window::Inside::answer_flushes(window::Duty* duty) {
  const auto asked = bell->ask([](const Bell& b) { return b.asked_; });
  if (asked == bell->ask([](const Bell& b) { return b.answered_; })) return;
  Result<> done = duty != nullptr ? duty->finish() : ok;
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
    answer_flushes(duty.get());
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
