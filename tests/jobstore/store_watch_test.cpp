// The thread that waits for the bell.
#include "jobstore/file/store_watch.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>

#include <condition_variable>
#include <mutex>

#include "tests/jobstore/scratch.hpp"

namespace reelspool {
namespace {

/// A bell, and how often it was heard.
class Heard {
 public:
  explicit Heard(const std::filesystem::path& folder)
      : bell_(must(system_files().open(folder / "bell", O_RDWR | O_CREAT))) {
    std::filesystem::create_directory(folder / "workers");
    const auto count = [this](int& what) {
      return [this, &what] {
        std::lock_guard lock(mutex_);
        ++what;
        changed_.notify_all();
      };
    };
    const auto nothing = [] {};
    watch_ = must(StoreWatch::open(folder / "bell", folder / "workers",
                                   {.bell = count(bells_),
                                    .closed = [](const StoreWatch::Names&) { return StoreWatch::Names(); },
                                    .due = nothing,
                                    .news = count(news_),
                                    .sweep = nothing}));
  }
  void ring() { EXPECT_GOOD(system_files().touch(bell_)); }
  StoreWatch& watch() { return *watch_; }
  int bells() {
    std::lock_guard lock(mutex_);
    return bells_;
  }
  /// Until it has been heard more often than that.
  void wait_for_bell(int before) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return bells_ > before; });
  }
  void wait_for_news() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return news_ > 0; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  int bells_ = 0, news_ = 0;
  Fd bell_;
  std::unique_ptr<StoreWatch> watch_;
};

TEST(StoreWatch, HearsEveryLastRingThoughItRests) {
  const Scratch scratch;
  Heard heard(scratch.path());
  if (const std::string& why = heard.watch().deaf_because(); !why.empty()) GTEST_SKIP() << why;
  for (int i = 0; i < 20; ++i) {
    const int before = heard.bells();
    heard.ring();
    heard.wait_for_bell(before);  // for ever, if what rang during a rest were lost, or the rest did not end
  }
}

TEST(StoreWatch, IsNotWokenByEachRing) {
  const Scratch scratch;
  Heard heard(scratch.path());
  if (const std::string& why = heard.watch().deaf_because(); !why.empty()) GTEST_SKIP() << why;
  constexpr int rings = 20'000;
  for (int i = 0; i < rings; ++i) heard.ring();
  EXPECT_LT(heard.bells(), rings / 10);
}

TEST(StoreWatch, TellsNewsWhileItRests) {
  const Scratch scratch;
  Heard heard(scratch.path());
  for (int i = 0; i < 100; ++i) heard.ring();
  heard.watch().notify();
  heard.wait_for_news();
}

}  // namespace
}  // namespace reelspool
