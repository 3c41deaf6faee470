#include "worker/providers/slots.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <optional>
#include <thread>
#include <vector>

#include "tests/providers/house.hpp"
#include "worker/providers/boot_clock.hpp"

namespace reelspool {
namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;

class SomeSlots : public ::testing::Test {
 protected:
  std::optional<Slots::Slot> take(Slots& from) {
    auto taken = from.take();
    EXPECT_TRUE(taken) << (taken ? "" : taken.error().message);
    if (!taken || std::holds_alternative<milliseconds>(*taken)) return std::nullopt;
    return std::move(std::get<Slots::Slot>(*taken));
  }
  testing::Scratch scratch;
  testing::fs::path file = scratch.path() / "limits/key";
};

TEST_F(SomeSlots, AreAsManyAsTheyAre) {
  Slots slots(file, 2, 0ms);
  auto one = take(slots), two = take(slots);
  EXPECT_TRUE(one && two);
  EXPECT_FALSE(take(slots));
  one.reset();
  EXPECT_TRUE(take(slots));
}

TEST_F(SomeSlots, AreSharedByAllWhoUseTheFile) {
  Slots here(file, 2, 0ms), there(file, 2, 0ms);
  auto one = take(here), two = take(there);
  EXPECT_TRUE(one && two);
  EXPECT_FALSE(take(here));
  EXPECT_FALSE(take(there));
  two.reset();
  EXPECT_TRUE(take(here));
}

TEST_F(SomeSlots, ComeFreeAWindowAfterTheirEnd) {
  Slots slots(file, 1, 1h);
  auto one = take(slots);
  ASSERT_TRUE(one);
  one.reset();
  const auto wait = std::get<milliseconds>(*slots.take());
  EXPECT_GT(wait, 59min);
  EXPECT_LE(wait, 1h);
}

TEST_F(SomeSlots, OfAProcessThatDiedComeFree) {
  Slots slots(file, 1, 0ms);
  int pipes[2];
  ASSERT_EQ(pipe(pipes), 0);
  const pid_t child = fork();
  if (child == 0) {
    Slots others(file, 1, 0ms);
    auto taken = others.take();
    const bool good = taken && std::holds_alternative<Slots::Slot>(*taken);
    (void)!write(pipes[1], good ? "y" : "n", 1);
    for (;;) pause();
  }
  char answer = 0;
  ASSERT_EQ(::read(pipes[0], &answer, 1), 1);
  EXPECT_EQ(answer, 'y');
  EXPECT_FALSE(take(slots));
  kill(child, SIGKILL);
  waitpid(child, nullptr, 0);
  EXPECT_TRUE(take(slots));
  close(pipes[0]);
  close(pipes[1]);
}

// Nobody wrote when it ended.
TEST_F(SomeSlots, OfAProcessThatDiedKeepTheirWindow) {
  const pid_t child = fork();
  if (child == 0) {
    Slots others(file, 1, 1h);
    auto taken = others.take();
    kill(getpid(), SIGKILL);
  }
  int status = 0;
  waitpid(child, &status, 0);
  ASSERT_TRUE(WIFSIGNALED(status));
  Slots slots(file, 1, 1h);
  const auto wait = slots.take();
  ASSERT_TRUE(wait);
  EXPECT_EQ(std::get<milliseconds>(*wait), 1h);
}

TEST_F(SomeSlots, AreAsManyAsThoseWhoAreToldMoreOfThem) {
  Slots few(file, 1, 0ms), many(file, 3, 0ms);
  auto one = take(many), two = take(many);
  EXPECT_TRUE(one && two);
  EXPECT_FALSE(take(few)) << "the first is in use";
  auto three = take(many);
  EXPECT_TRUE(three);
  EXPECT_FALSE(take(many));
}

// The boot clock begins anew; the wall clock knows how long ago it was.
TEST_F(SomeSlots, KeepTheirWindowOverAReboot) {
  {
    Slots slots(file, 2, 1h);
    ASSERT_TRUE(take(slots));
  }
  std::string text = testing::read(file);
  text[0] = text[0] == 'a' ? 'b' : 'a';  // another boot's id
  const std::int64_t far_in_the_future = std::int64_t{1} << 50;
  text.replace(64, sizeof far_in_the_future, reinterpret_cast<const char*>(&far_in_the_future),
               sizeof far_in_the_future);
  testing::write(file, text);
  Slots slots(file, 2, 1h);
  EXPECT_TRUE(take(slots)) << "the one that was never used";
  const auto wait = std::get<milliseconds>(*slots.take());
  EXPECT_GT(wait, 59min);
  EXPECT_LE(wait, 1h);
}

TEST_F(SomeSlots, SayWhenTheirFileCannotBe) {
  Slots slots("/proc/nowhere/key", 1, 0ms);
  EXPECT_FALSE(slots.take());
}

// Two processes, each as fast as it can: in no window do more begin than there are slots.
TEST_F(SomeSlots, HoldInEveryWindowAcrossProcesses) {
  constexpr int count = 5, each = 15;
  constexpr milliseconds window = 100ms;
  int pipes[2];
  ASSERT_EQ(pipe(pipes), 0);
  std::vector<pid_t> children;
  for (int process = 0; process < 2; ++process) {
    children.push_back(fork());
    if (children.back() != 0) continue;
    Slots slots(file, count, window);
    for (int done = 0; done < each;) {
      auto taken = slots.take();
      if (!taken) _exit(1);
      if (const auto* wait = std::get_if<milliseconds>(&*taken)) {
        std::this_thread::sleep_for(*wait);
        continue;
      }
      const std::int64_t began = boot_clock().count();
      (void)!write(pipes[1], &began, sizeof began);
      std::get<Slots::Slot>(*taken).give_back();
      ++done;
    }
    _exit(0);
  }
  std::vector<std::int64_t> times(2 * each);
  for (auto& time : times) ASSERT_EQ(::read(pipes[0], &time, sizeof time), static_cast<ssize_t>(sizeof time));
  for (const pid_t child : children) waitpid(child, nullptr, 0);
  std::sort(times.begin(), times.end());
  for (std::size_t i = 0; i + count < times.size(); ++i)
    EXPECT_GE(times[i + count] - times[i], window.count()) << i;
  close(pipes[0]);
  close(pipes[1]);
}

}  // namespace
}  // namespace reelspool
