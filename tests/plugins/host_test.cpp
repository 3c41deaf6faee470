#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/asio/post.hpp>
#include <csignal>

#include "tests/plugins/loop.hpp"

namespace reelspool {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using testing::host_of;
using testing::input_to;
using testing::Loop;

class AHost : public ::testing::Test {
 protected:
  Result<std::string> ask(PluginHost& host, const char* misdeed) {
    return loop.run(host.next(input_to(misdeed)));
  }

  /// Asserts that the misdeed ends with plugin_crashed and that the next question is answered; returns the message.
  std::string message_of(const char* misdeed, PluginHost::Options options = host_of("mischief")) {
    PluginHost host(loop.context.get_executor(), std::move(options));
    auto answer = ask(host, misdeed);
    EXPECT_FALSE(answer) << *answer;
    if (answer) return "";
    EXPECT_EQ(answer.error().cls, ErrorClass::plugin_crashed);
    auto after = ask(host, "nothing");
    EXPECT_TRUE(after) << after.error().message;
    return answer.error().message;
  }

  Loop loop;
};

TEST_F(AHost, AnswersSeveralQuestionsFromOneProcess) {
  PluginHost host(loop.context.get_executor(), host_of("mischief"));
  EXPECT_EQ(host.process(), 0) << "nothing is started before it is needed";
  auto manifest = loop.run(host.describe());
  ASSERT_TRUE(manifest) << manifest.error().message;
  EXPECT_THAT(*manifest, HasSubstr("\"name\":\"mischief\""));
  const pid_t process = host.process();
  for (int i = 0; i < 20; ++i) {
    auto answer = ask(host, "nothing");
    ASSERT_TRUE(answer) << answer.error().message;
    EXPECT_THAT(*answer, HasSubstr("\"did\":\"nothing\""));
  }
  EXPECT_EQ(host.process(), process);
}

TEST_F(AHost, AnswersQuestionsThatAreAskedAtTheSameTime) {
  PluginHost host(loop.context.get_executor(), host_of("mischief"));
  std::vector<std::string> answers;
  for (const char* word : {"one", "two", "three"})
    loop.start(host.next(input_to(word)), [&](Result<std::string> answer) {
      answers.push_back(answer ? *answer : answer.error().message);
    });
  while (answers.size() < 3) loop.context.run_one();
  EXPECT_THAT(answers, ::testing::ElementsAre(HasSubstr("one"), HasSubstr("two"), HasSubstr("three")));
}

TEST_F(AHost, TakesAPluginInPlainC) {
  PluginHost host(loop.context.get_executor(), host_of("plain"));
  auto manifest = loop.run(host.describe());
  ASSERT_TRUE(manifest) << manifest.error().message;
  EXPECT_THAT(*manifest, HasSubstr("\"plain\""));
}

TEST_F(AHost, WithNothingToDoEndsItsProcessAndLeavesNoTimer) {
  auto options = host_of("mischief");
  options.idle = 20ms;
  PluginHost host(loop.context.get_executor(), options);
  ASSERT_TRUE(ask(host, "nothing"));
  EXPECT_NE(host.process(), 0);
  loop.run_out();
  EXPECT_EQ(host.process(), 0);
  EXPECT_TRUE(ask(host, "nothing")) << "and is started again when it is needed";
}

TEST_F(AHost, SaysHowItsPluginDied) {
#ifdef REELSPOOL_SANITIZED
  EXPECT_THAT(message_of("segfault"), HasSubstr("plugin \"mischief\" crashed twice on the same request"));
#else
  EXPECT_THAT(message_of("segfault"), HasSubstr("plugin \"mischief\" crashed twice on the same request: it "
                                                "was ended by signal 11 (Segmentation fault)"));
  EXPECT_THAT(message_of("abort"), HasSubstr("signal 6"));
#endif
  EXPECT_THAT(message_of("exit"), HasSubstr("exited with status 7"));
}

TEST_F(AHost, EndsAPluginThatHangs) {
  auto options = host_of("mischief");
  options.deadline = 500ms;
  EXPECT_THAT(message_of("hang", options), HasSubstr("gave no answer within 500 ms"));
  EXPECT_THAT(message_of("close the socket", options), HasSubstr("crashed twice"));
}

TEST_F(AHost, EndsAPluginThatHangsWhileItIsLoaded) {
  auto options = host_of("stuck");
  options.deadline = 200ms;
  PluginHost host(loop.context.get_executor(), options);
  auto manifest = loop.run(host.describe());
  ASSERT_FALSE(manifest);
  EXPECT_EQ(manifest.error().cls, ErrorClass::plugin_crashed);
  EXPECT_THAT(manifest.error().message, HasSubstr("gave no answer within 200 ms"));
}

TEST_F(AHost, ReportsWhatAPluginThrows) {
  EXPECT_THAT(message_of("throw"), HasSubstr("plugin \"mischief\" failed: it threw: out of ideas"));
  EXPECT_THAT(message_of("throw a number"), HasSubstr("it reported a fault without a word"));
}

TEST_F(AHost, RefusesAnAnswerThatIsTooLarge) {
  EXPECT_THAT(message_of("answer too much"), HasSubstr("at most 1048576 are allowed"));
}

TEST_F(AHost, IsNotConfusedByAPluginThatWritesToItsSocket) {
  EXPECT_THAT(message_of("write to the socket"), HasSubstr("wrote rubbish to its socket"));
}

TEST_F(AHost, LetsAPluginPrintAndKeepsOnlySoMuch) {
  PluginHost host(loop.context.get_executor(), host_of("mischief"));
  auto answer = ask(host, "print");
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_THAT(*answer, HasSubstr("\"kept\":1048576")) << "a memory file would grow for ever";
}

#ifndef REELSPOOL_SANITIZED
TEST_F(AHost, EndsAPluginThatEatsMemory) {
  EXPECT_THAT(message_of("eat memory"), HasSubstr("it threw: std::bad_alloc"));
}
#endif

TEST_F(AHost, SaysWhyALibraryIsNoPlugin) {
  const std::pair<const char*, const char*> libraries[] = {{"nothing", "no symbol reelspool_provider"},
                                                           {"future", "plugin ABI 99"},
                                                           {"missing", "cannot open shared object file"}};
  for (const auto& [name, reason] : libraries) {
    PluginHost host(loop.context.get_executor(), host_of(name));
    auto manifest = loop.run(host.describe());
    ASSERT_FALSE(manifest) << name;
    EXPECT_EQ(manifest.error().cls, ErrorClass::unavailable);
    EXPECT_THAT(manifest.error().message, HasSubstr(reason));
  }
}

TEST_F(AHost, WithoutItsProgramIsUnavailable) {
  auto options = host_of("mischief");
  options.program = "/nowhere/reelspool-plugin-host";
  PluginHost host(loop.context.get_executor(), options);
  auto manifest = loop.run(host.describe());
  ASSERT_FALSE(manifest);
  EXPECT_EQ(manifest.error().cls, ErrorClass::unavailable);
  EXPECT_THAT(manifest.error().message, HasSubstr("/nowhere/reelspool-plugin-host cannot be started"));
}

TEST_F(AHost, KilledFromOutsideWhileItIsAskedIsStartedAgainAndBlamesNobody) {
  PluginHost host(loop.context.get_executor(), host_of("mischief"));
  ASSERT_TRUE(loop.run(host.describe()));
  const pid_t first = host.process();
  kill(first, SIGSTOP);  // so that the question is open for certain when the kill comes
  std::optional<Result<std::string>> answer;
  loop.start(host.next(input_to("nothing")),
             [&](Result<std::string> made) { answer.emplace(std::move(made)); });
  loop.context.poll();
  kill(first, SIGKILL);
  while (!answer) loop.context.run_one();
  ASSERT_TRUE(*answer) << answer->error().message;
  EXPECT_NE(host.process(), first);
}

TEST_F(AHost, KilledFromOutsideAgainAndAgainIsInterrupted) {
  PluginHost host(loop.context.get_executor(), host_of("mischief"));
  std::optional<Result<std::string>> answer;
  loop.start(host.next(input_to("hang")), [&](Result<std::string> made) { answer.emplace(std::move(made)); });
  pid_t killed = 0;
  while (!answer) {
    boost::asio::post(loop.context, [] {});
    loop.context.run_one();
    if (host.process() != killed && host.process() != 0) kill(killed = host.process(), SIGKILL);
  }
  ASSERT_FALSE(*answer);
  EXPECT_EQ(answer->error().cls, ErrorClass::interrupted);
  EXPECT_THAT(answer->error().message, HasSubstr("plugin \"mischief\" was ended by signal 9"));
}

TEST_F(AHost, IgnoresTheSignalsOfASupervisor) {
  PluginHost host(loop.context.get_executor(), host_of("mischief"));
  ASSERT_TRUE(loop.run(host.describe()));
  const pid_t process = host.process();
  for (int signal : {SIGINT, SIGTERM, SIGHUP}) kill(process, signal);
  ASSERT_TRUE(ask(host, "nothing"));
  EXPECT_EQ(host.process(), process);
}

TEST_F(AHost, ThatCrashesOnOneQuestionAnswersTheOthers) {
  PluginHost host(loop.context.get_executor(), host_of("mischief"));
  std::map<std::string, bool> answered;
  for (const char* misdeed : {"before", "exit", "after"})
    loop.start(host.next(input_to(misdeed)),
               [&, misdeed](Result<std::string> made) { answered[misdeed] = bool(made); });
  while (answered.size() < 3) loop.context.run_one();
  EXPECT_EQ(answered, (std::map<std::string, bool>{{"before", true}, {"exit", false}, {"after", true}}));
}

TEST_F(AHost, IsGoneWithItsOwner) {
  pid_t process = 0;
  std::optional<Result<std::string>> answer;
  {
    PluginHost host(loop.context.get_executor(), host_of("mischief"));
    ASSERT_TRUE(loop.run(host.describe()));
    process = host.process();
    loop.start(host.next(input_to("hang")),
               [&](Result<std::string> made) { answer.emplace(std::move(made)); });
    loop.context.poll();
  }
  EXPECT_EQ(kill(process, 0), -1) << "killed and reaped";
  loop.run_out();
  ASSERT_TRUE(answer.has_value());
  EXPECT_EQ(answer->error().cls, ErrorClass::interrupted);
}

TEST_F(AHost, DiesWithAWorkerThatIsKilledEvenWhileItsPluginHangs) {
  int tell[2];
  ASSERT_EQ(pipe(tell), 0);
  const pid_t worker = fork();
  if (worker == 0) {
    Loop own;
    PluginHost host(own.context.get_executor(),
                    host_of("stuck"));  // hangs in its constructor: it never reads its socket
    own.start(host.describe(), [](Result<std::string>) {});
    own.context.poll();
    const pid_t process = host.process();
    [[maybe_unused]] const ssize_t told = write(tell[1], &process, sizeof process);
    own.context.run();
    _exit(0);
  }
  pid_t process = 0;
  ASSERT_EQ(read(tell[0], &process, sizeof process), static_cast<ssize_t>(sizeof process));
  const int end = static_cast<int>(syscall(SYS_pidfd_open, process, 0));
  ASSERT_GE(end, 0);
  kill(worker, SIGKILL);
  waitpid(worker, nullptr, 0);
  pollfd ended{end, POLLIN, 0};
  EXPECT_EQ(poll(&ended, 1, 60'000), 1) << "the host outlived its worker";
  close(end);
  close(tell[0]);
  close(tell[1]);
}

}  // namespace
}  // namespace reelspool
