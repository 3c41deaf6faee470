// Programs that are ended: by a stop, a limit, or because their parent ended. Nothing of them may be left.
#include "tests/programs/harness.hpp"

namespace reelspool {
namespace {

using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""h;

class Ending : public ProgramsTest {
 protected:
  std::vector<Stranger> family;  ///< parent, shim, grandchild, as the program names them

  /// `inside stubborn HOW`; calls `then` once the whole family is running and held.
  Command stubborn(const std::string& how, std::function<void()> then) {
    Command what = inside({"stubborn", how});
    what.on_progress = [this, then = std::move(then)](std::string_view line) {
      std::istringstream pids{std::string(line)};
      for (int pid = 0; pids >> pid;) family.emplace_back(pid);
      then();
      return true;
    };
    return what;
  }
  void expect_nobody_left() {
    ASSERT_EQ(family.size(), 3u);
    for (const Stranger& member : family) EXPECT_TRUE(member.dead());
  }
};

TEST_F(Ending, AStopEndsAGrandchildThatIgnoresSigterm) {
  const auto exit = run(stubborn("stay", [this] { stop.ask(StopReason::cancelled); }));
  ASSERT_TRUE(exit) << exit.error().message;
  EXPECT_EQ(exit->cause, Exit::Cause::stopped);
  expect_nobody_left();
}

TEST_F(Ending, AStopEndsAGrandchildThatLeftItsGroupAndEnvironment) {
  const auto exit = run(stubborn("leave", [this] { stop.ask(StopReason::shutdown); }));
  ASSERT_TRUE(exit) << exit.error().message;
  EXPECT_EQ(exit->cause, Exit::Cause::stopped);
  expect_nobody_left();
}

TEST_F(Ending, AStopAsksBeforeItKills) {
  Command what = shell("trap 'echo cleaned up; exit 3' TERM; sleep infinity & echo ready >&3; wait");
  what.on_progress = [this](std::string_view) {
    stop.ask(StopReason::cancelled);
    return true;
  };
  const auto exit = run(std::move(what));
  ASSERT_TRUE(exit) << exit.error().message;
  EXPECT_EQ(exit->cause, Exit::Cause::stopped);
  EXPECT_EQ(exit->status, 3);
  EXPECT_EQ(exit->output, "cleaned up\n");
}

TEST_F(Ending, AShutdownDoesNotWaitForWhatIgnoresSigterm) {
  programs.emplace(loop.get_executor(), Programs::Options{SHIM, records, {{SIGTERM, 24h}, {SIGKILL, 24h}}});
  const auto exit = run(stubborn("stay", [this] { stop.ask(StopReason::shutdown); }));
  ASSERT_TRUE(exit) << exit.error().message;
  EXPECT_EQ(exit->cause, Exit::Cause::stopped);
  expect_nobody_left();
}

TEST_F(Ending, NothingIsStartedAfterAStop) {
  stop.ask(StopReason::cancelled);
  const auto exit = run(shell("touch begun"));
  ASSERT_TRUE(exit) << exit.error().message;
  EXPECT_EQ(exit->cause, Exit::Cause::stopped);
  EXPECT_FALSE(std::filesystem::exists(work / "begun"));
}

TEST_F(Ending, TheTimeLimitEndsEverything) {
  Command what = stubborn("stay", [] {});
  what.time_limit = 500ms;
  const auto exit = run(std::move(what));
  ASSERT_TRUE(exit) << exit.error().message;
  EXPECT_EQ(exit->cause, Exit::Cause::timed_out);
  expect_nobody_left();
}

TEST_F(Ending, AProgramWithoutProgressIsStalled) {
  Command what = stubborn("stay", [] {});
  what.stall_limit = 500ms;
  const auto exit = run(std::move(what));
  ASSERT_TRUE(exit) << exit.error().message;
  EXPECT_EQ(exit->cause, Exit::Cause::stalled);
  expect_nobody_left();
}

TEST_F(Ending, LinesThatShowNoProgressDoNotHoldOffTheStallLimit) {
  Command what = shell("while :; do echo still here >&3; done");
  what.stall_limit = 300ms;
  what.on_progress = [](std::string_view) { return false; };
  const auto exit = run(std::move(what));
  ASSERT_TRUE(exit) << exit.error().message;
  EXPECT_EQ(exit->cause, Exit::Cause::stalled);
}

TEST_F(Ending, AnEndLeavesNothingInTheBackground) {
  const auto exit = run(shell("trap '' TERM; sleep infinity & exit 5"));
  ASSERT_TRUE(exit) << exit.error().message;
  EXPECT_EQ(exit->status, 5);
  EXPECT_EQ(exit->cause,
            Exit::Cause::by_itself);  // that run() returned is the proof: `sleep` held the pipes open
}

TEST_F(Ending, KillingTheShimEndsTheFamily) {
  Command what = inside({"stubborn", "stay"});
  what.on_progress = [this](std::string_view line) {
    std::istringstream pids{std::string(line)};
    int parent = 0, shim = 0, grandchild = 0;
    pids >> parent >> shim >> grandchild;
    for (const int pid : {parent, shim, grandchild}) family.emplace_back(pid);
    ::kill(shim, SIGKILL);
    return true;
  };
  const auto exit = run(std::move(what));
  ASSERT_TRUE(exit) << exit.error().message;
  EXPECT_EQ(exit->cause, Exit::Cause::outside);
  EXPECT_EQ(exit->status, 128 + SIGKILL);
  expect_nobody_left();
}

TEST_F(Ending, AShimThatHangsIsKilledAfterTheLastRung) {
  programs.emplace(loop.get_executor(),
                   Programs::Options{SHIM, records, {{SIGTERM, 100ms}, {SIGKILL, 100ms}}});
  Command what = inside({"stubborn", "stay"});
  what.on_progress = [this](std::string_view line) {
    std::istringstream pids{std::string(line)};
    int parent = 0, shim = 0, grandchild = 0;
    pids >> parent >> shim >> grandchild;
    for (const int pid : {parent, shim, grandchild}) family.emplace_back(pid);
    ::kill(shim, SIGSTOP);
    stop.ask(StopReason::cancelled);
    return true;
  };
  const auto exit = run(std::move(what));
  ASSERT_TRUE(exit) << exit.error().message;
  EXPECT_EQ(exit->cause, Exit::Cause::stopped);
  expect_nobody_left();
}

TEST_F(Ending, SupervisorsSignalsDoNotKillTheShim) {
  Command what = stubborn("stay", [] {});
  what.on_progress = [](std::string_view line) {
    std::istringstream pids{std::string(line)};
    int parent = 0, shim = 0;
    pids >> parent >> shim;
    for (const int number : {SIGINT, SIGTERM, SIGHUP, SIGQUIT}) ::kill(shim, number);
    ::kill(parent, SIGINT);  // PM2: the whole tree, deepest first
    return true;
  };
  const auto exit = run(std::move(what));
  ASSERT_TRUE(exit) << exit.error().message;
  EXPECT_EQ(exit->status, 128 + SIGINT) << "the shim was there to tell";
  EXPECT_EQ(exit->cause, Exit::Cause::outside);
}

TEST_F(Ending, DestroyingProgramsKillsWhatRuns) {
  Command what = stubborn("stay", [this] { loop.stop(); });
  std::optional<Result<Exit>> result;
  boost::asio::co_spawn(
      loop,
      [](Programs& from, Command which, Stop& by,
         std::optional<Result<Exit>>& into) -> boost::asio::awaitable<void> {
        into.emplace(co_await from.run(std::move(which), by));
      }(*programs, std::move(what), stop, result),
      boost::asio::detached);
  loop.run();
  ASSERT_FALSE(result);
  programs.reset();
  expect_nobody_left();
  loop.restart();
  loop.run();
  ASSERT_TRUE(result);
  ASSERT_TRUE(*result);
  EXPECT_EQ((*result)->cause, Exit::Cause::outside);
}

}  // namespace
}  // namespace reelspool
