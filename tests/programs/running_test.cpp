// Programs that end by themselves: what is told of them.
#include "tests/programs/harness.hpp"

namespace reelspool {
namespace {

using Running = ProgramsTest;

TEST_F(Running, TheExitStatusIsTheProgramsOwn) {
  for (const int status : {0, 1, 2, 28, 77, 254}) {
    const auto exit = run(shell("exit " + std::to_string(status)));
    ASSERT_TRUE(exit) << exit.error().message;
    EXPECT_EQ(exit->status, status);
    EXPECT_EQ(exit->cause, Exit::Cause::by_itself);
  }
}

TEST_F(Running, AnEndBySignalIs128PlusItsNumber) {
  const auto exit = run(inside({"signal", "11"}));
  ASSERT_TRUE(exit) << exit.error().message;
  EXPECT_EQ(exit->status, 128 + 11);
  EXPECT_EQ(exit->cause, Exit::Cause::by_itself);
}

TEST_F(Running, SignalsAndStatusesOfASupervisorAreFromOutside) {
  for (const char* script :
       {"kill -INT $$", "kill -TERM $$", "kill -KILL $$", "exit 255", "exit 130", "exit 143"}) {
    const auto exit = run(shell(script));
    ASSERT_TRUE(exit) << exit.error().message;
    EXPECT_EQ(exit->cause, Exit::Cause::outside) << script;
  }
}

TEST_F(Running, OutputAndComplaintAreToldApart) {
  const auto exit = run(shell("echo to stdout; echo to stderr >&2"));
  ASSERT_TRUE(exit) << exit.error().message;
  EXPECT_EQ(exit->output, "to stdout\n");
  EXPECT_EQ(exit->complaint, "to stderr\n");
}

TEST_F(Running, AFloodIsReadToItsEndAndKeptWithinBounds) {
  const auto exit = run(inside({"flood", "5000000"}));
  ASSERT_TRUE(exit) << exit.error().message;
  EXPECT_EQ(exit->status, 0);
  EXPECT_EQ(exit->output.size(), 1u << 20);
  EXPECT_EQ(exit->complaint.size(), 64u << 10);
  EXPECT_TRUE(exit->complaint.ends_with("the end")) << "the tail is what tells why";
}

TEST_F(Running, LinesOnDescriptor3AreHandedOverWhole) {
  std::vector<std::string> lines;
  Command what = shell(
      "printf 'one\\ntw' >&3; printf 'o\\n\\n' >&3; printf '%08192d\\n' 7 >&3; printf 'unfinished' >&3");
  what.on_progress = [&](std::string_view line) {
    lines.emplace_back(line);
    return true;
  };
  const auto exit = run(std::move(what));
  ASSERT_TRUE(exit) << exit.error().message;
  ASSERT_EQ(lines.size(), 4u);
  EXPECT_EQ(lines[0], "one");
  EXPECT_EQ(lines[1], "two");
  EXPECT_EQ(lines[2], "");
  EXPECT_EQ(lines[3].size(), 4096u) << "a line is cut at 4 KiB";
}

TEST_F(Running, ArgumentsArriveAsTheyAre) {
  const std::string hostile = "a b\"c'd`e$(f)\\g\n*;&|<>%s {}";
  const auto exit = run(command({"/usr/bin/printf", "%s|%s", hostile, ""}));
  ASSERT_TRUE(exit) << exit.error().message;
  EXPECT_EQ(exit->output, hostile + "|");
}

TEST_F(Running, ManyAtOnceKeepTheirOutputsApart) {
  std::vector<std::string> outputs(20);
  for (std::size_t i = 0; i < outputs.size(); ++i)
    boost::asio::co_spawn(
        loop,
        [](Programs& from, Command which, Stop& by, std::string& into) -> boost::asio::awaitable<void> {
          auto exit = co_await from.run(std::move(which), by);
          into = exit ? exit->output : exit.error().message;
        }(*programs, shell("echo " + std::to_string(i)), stop, outputs[i]),
        boost::asio::detached);
  loop.run();
  for (std::size_t i = 0; i < outputs.size(); ++i) EXPECT_EQ(outputs[i], std::to_string(i) + "\n");
}

TEST_F(Running, WhatCannotBeStartedSaysWhy) {
  const auto missing = run(command({"/no/such/program"}));
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().cls, ErrorClass::invalid_request);
  EXPECT_EQ(missing.error().message, "cannot start /no/such/program: No such file or directory");

  const auto relative = run(command({"sh"}));
  ASSERT_FALSE(relative);
  EXPECT_EQ(relative.error().message, "cannot start sh: the name must be an absolute path");

  // Executable, but no program: only exec finds out, in the child of the shim.
  std::ofstream(work / "rubbish") << "\x7f"
                                     "not a program";
  std::filesystem::permissions(work / "rubbish", std::filesystem::perms::owner_all);
  const auto rubbish = run(command({(work / "rubbish").string()}));
  ASSERT_FALSE(rubbish);
  EXPECT_EQ(rubbish.error().cls, ErrorClass::invalid_request);
  EXPECT_NE(rubbish.error().message.find("Exec format error"), std::string::npos) << rubbish.error().message;

  const auto zero = run(command({"/bin/echo", std::string("a\0b", 3)}));
  ASSERT_FALSE(zero);
  EXPECT_EQ(zero.error().cls, ErrorClass::invalid_request);

  Command elsewhere = shell("true");
  elsewhere.directory = work / "missing";
  const auto nowhere = run(std::move(elsewhere));
  ASSERT_FALSE(nowhere);
  EXPECT_NE(nowhere.error().message.find("missing"), std::string::npos) << nowhere.error().message;
}

TEST_F(Running, AMissingShimIsTold) {
  Programs broken(loop.get_executor(), {scratch.path / "reelspool-exec", records, {}});
  std::optional<Result<Exit>> result;
  boost::asio::co_spawn(
      loop,
      [](Programs& from, Command which, Stop& by,
         std::optional<Result<Exit>>& into) -> boost::asio::awaitable<void> {
        into.emplace(co_await from.run(std::move(which), by));
      }(broken, shell("true"), stop, result),
      boost::asio::detached);
  loop.run();
  ASSERT_FALSE(*result);
  EXPECT_EQ(result->error().cls, ErrorClass::unavailable);
  EXPECT_NE(result->error().message.find("install reelspool anew"), std::string::npos)
      << result->error().message;
}

TEST_F(Running, NothingBeginsThatCannotBeWrittenDown) {
  std::filesystem::remove(records);
  const auto exit = run(shell("touch begun"));
  ASSERT_FALSE(exit);
  EXPECT_NE(exit.error().message.find(records.string()), std::string::npos) << exit.error().message;
  EXPECT_FALSE(std::filesystem::exists(work / "begun"));
  std::filesystem::create_directory(records);
}

TEST_F(Running, NoDescriptorStaysOpen) {
  const auto open_descriptors = [] {
    return std::distance(std::filesystem::directory_iterator("/proc/self/fd"),
                         std::filesystem::directory_iterator());
  };
  ASSERT_TRUE(run(shell("true")));
  const auto before = open_descriptors();
  for (int i = 0; i < 10; ++i) ASSERT_TRUE(run(shell("echo x; echo y >&2; echo z >&3")));
  EXPECT_EQ(open_descriptors(), before);
}

}  // namespace
}  // namespace reelspool
