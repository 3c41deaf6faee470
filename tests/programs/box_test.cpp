// What a program cannot do, and that it can do its work.
#include <fcntl.h>
#include <sys/socket.h>

#include <gmock/gmock.h>

#include "tests/programs/harness.hpp"

namespace reelspool {
namespace {

using ::testing::HasSubstr;
using InTheBox = ProgramsTest;

TEST_F(InTheBox, ItReadsOnlyWhatItWasGiven) {
  std::ofstream(scratch.path / "given") << "given";
  std::ofstream(scratch.path / "other") << "other";
  std::filesystem::create_symlink(scratch.path / "other", work / "link");
  Command what = shell("cat ../given; cat ../other; cat link; cat /etc/passwd; cat /proc/self/status; ls /");
  what.box.readable = {scratch.path / "given"};
  const auto exit = run(std::move(what));
  ASSERT_TRUE(exit) << exit.error().message;
  EXPECT_TRUE(exit->output.starts_with("given")) << exit->output;
  std::vector<std::string> refused{"../other", "link", "/etc/passwd", "/proc/self/status"};
#ifdef REELSPOOL_SANITIZED
  refused.pop_back();  // the sanitizers' run-time needs /proc
#endif
  for (const std::string& file : refused)
    EXPECT_THAT(exit->complaint, HasSubstr("cat: " + file + ": Permission denied"));
}

TEST_F(InTheBox, ItWritesOnlyItsFolder) {
  const auto exit = run(shell(R"(
    echo yes > made && mkdir sub && echo yes > sub/made && mv sub/made sub/renamed && cat made sub/renamed
    echo no > ../outside; mkdir ../outside; mv made ../outside; ln made ../outside; exit 0)"));
  ASSERT_TRUE(exit) << exit.error().message;
  EXPECT_EQ(exit->output, "yes\nyes\n");
  EXPECT_FALSE(std::filesystem::exists(scratch.path / "outside"));
}

TEST_F(InTheBox, ItDoesNotRunWhatItWrote) {
  const auto exit = run(shell("cp /bin/true mine && ./mine"));
  ASSERT_TRUE(exit) << exit.error().message;
  EXPECT_EQ(exit->status, 126) << exit->complaint;
}

TEST_F(InTheBox, AGivenFileIsNotWritable) {
  std::ofstream(scratch.path / "given") << "given";
  Command what = shell("echo changed > ../given || exit 7");
  what.box.readable = {scratch.path / "given"};
  const auto exit = run(std::move(what));
  ASSERT_TRUE(exit) << exit.error().message;
  EXPECT_EQ(exit->status, 7) << exit->complaint;
  EXPECT_EQ(contents(scratch.path / "given"), "given");
}

TEST_F(InTheBox, ThereIsNoSocket) {
  for (const int family : {AF_INET, AF_INET6, AF_UNIX, AF_NETLINK}) {
    for (const bool files_restricted : {true, false}) {
      Command what = inside({"socket", std::to_string(family)});
      what.box.enabled = files_restricted;
      const auto exit = run(std::move(what));
      ASSERT_TRUE(exit) << exit.error().message;
      EXPECT_EQ(exit->output, std::to_string(EPERM)) << "family " << family;
    }
  }
}

TEST_F(InTheBox, ThereIsNoCallThatLeadsOut) {
  const auto exit = run(inside({"calls"}));
  ASSERT_TRUE(exit) << exit.error().message;
  EXPECT_EQ(exit->output, "ptrace 1\nmount 1\nunshare 1\nclone 1\nkeyctl 1\nbpf 1\nio_uring 1\n");
}

TEST_F(InTheBox, ItSeesNoneOfOurEnvironment) {
  ::setenv("REELSPOOL_TEST_SECRET", "hush", 1);
  Command what = inside({"environment"});
  what.environment["GIVEN"] = "1";
  const auto exit = run(std::move(what));
  ::unsetenv("REELSPOOL_TEST_SECRET");
  ASSERT_TRUE(exit) << exit.error().message;
#ifdef REELSPOOL_SANITIZED
  EXPECT_EQ(exit->output, "ASAN_OPTIONS GIVEN HOME LANG PATH REELSPOOL_RUN TMPDIR ");
#else
  EXPECT_EQ(exit->output, "GIVEN HOME LANG PATH REELSPOOL_RUN TMPDIR ");
#endif
}

TEST_F(InTheBox, ItSeesDescriptors0To3Only) {
  // Open for whoever is started, as a careless library would leave them.
  const Descriptor leaked(::open("/dev/null", O_RDONLY));
  const Descriptor high(::fcntl(leaked.number(), F_DUPFD, 500));
  const auto exit = run(inside({"descriptors"}));
  ASSERT_TRUE(exit) << exit.error().message;
  EXPECT_EQ(exit->output, "0 1 2 3 ");
}

TEST_F(InTheBox, ItCannotSignalTheWorker) {
  // Landlock scopes signals from ABI 6 (Linux 6.12) on.
  if (::syscall(SYS_landlock_create_ruleset, nullptr, 0, 1) < 6)
    GTEST_SKIP() << "this kernel does not scope signals";
  const auto exit = run(inside({"kill", std::to_string(::getpid())}));
  ASSERT_TRUE(exit) << exit.error().message;
  EXPECT_EQ(exit->output, std::to_string(EPERM));
}

TEST_F(InTheBox, AnUnrestrictedOneStillHasNoPrivilegesToGain) {
  Command what = shell("grep NoNewPrivs /proc/self/status; ulimit -c; cat ../other");
  std::ofstream(scratch.path / "other") << "other";
  what.box.enabled = false;
  const auto exit = run(std::move(what));
  ASSERT_TRUE(exit) << exit.error().message;
  EXPECT_EQ(exit->output, "NoNewPrivs:\t1\n0\nother");
}

TEST_F(InTheBox, ABoxThatCannotBeBuiltIsAnErrorThatNamesThePath) {
  Command what = shell("touch begun");
  what.box.readable = {scratch.path / "missing"};
  const auto exit = run(std::move(what));
  ASSERT_FALSE(exit);
  EXPECT_EQ(exit.error().cls, ErrorClass::invalid_request);
  EXPECT_EQ(exit.error().message,
            "cannot start /bin/sh: " + (scratch.path / "missing").string() + ": No such file or directory");
  EXPECT_FALSE(std::filesystem::exists(work / "begun"));
}

}  // namespace
}  // namespace reelspool
