#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <seccomp.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/plugins/loop.hpp"

namespace reelspool {
namespace {

using testing::host_of;
using testing::input_to;
using testing::Loop;

/// What a plugin reported of its surroundings; null if it could not.
Json sights_of(const char* plugin) {
  Loop loop;
  PluginHost host(loop.context.get_executor(), host_of(plugin));
  auto answer = loop.run(host.next(input_to("look around")));
  EXPECT_TRUE(answer) << answer.error().message << "\n" << answer.error().details;
  if (!answer) return nullptr;
  return (*parse_json(*answer))["action"]["outputs"];
}

void expect_boxed(const Json& seen) {
  EXPECT_EQ(seen["environment variables"], 0);
  for (const char* forbidden :
       {"internet socket", "unix socket", "read a file", "read my environment", "read another's environment",
        "write a file", "fork", "exec", "signal another", "trace"})
    EXPECT_TRUE(seen[forbidden] == EPERM || seen[forbidden] == EACCES)
        << forbidden << ": errno " << seen[forbidden];
  EXPECT_EQ(seen["start a thread"], 0);
  EXPECT_EQ(seen["descriptors"], 4) << "/dev/null, two for what it prints, and its socket";
}

TEST(ThePluginsBox, LetsALoadedPluginComputeAndNothingElse) {
  const Json seen = sights_of("mischief");
  ASSERT_TRUE(seen.is_object());
  expect_boxed(seen);
  EXPECT_EQ(seen["read a library"], EPERM) << "not even open is left";
}

// Loading first and boxing afterwards let a constructor read another's environment and open a socket.
TEST(ThePluginsBox, IsClosedBeforeAPluginsConstructorsRun) {
  setenv("REELSPOOL_TEST_SECRET", "worker's", 1);
  Json seen = sights_of("early");
  unsetenv("REELSPOOL_TEST_SECRET");
  ASSERT_TRUE(seen.is_object());
  EXPECT_GE(seen["descriptors"], 4);
  EXPECT_LE(seen["descriptors"], 5) << "the loader may have the library open";
  seen["descriptors"] = 4;
  expect_boxed(seen);
}

/// Runs the body in a child that pretends to be on a kernel without Landlock: the call does not exist.
int without_landlock(int (*body)()) {
  const pid_t child = fork();
  if (child == 0) {
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
    seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), SYS_landlock_create_ruleset, 0);
    if (seccomp_load(filter) != 0) _exit(99);
    _exit(body());
  }
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}

TEST(ThePluginsBox, WithoutLandlockTakesOnlyPluginsThatWereAllowed) {
  EXPECT_EQ(without_landlock([] {
              Loop loop;
              PluginHost host(loop.context.get_executor(), host_of("mischief"));
              auto manifest = loop.run(host.describe());
              const bool refused = !manifest && manifest.error().cls == ErrorClass::unavailable &&
                                   manifest.error().message.find("no Landlock") != std::string::npos;
              return refused ? 0 : 1;
            }),
            0);
  EXPECT_EQ(without_landlock([] {
              Loop loop;
              auto options = host_of("mischief");
              options.without_landlock = true;
              PluginHost host(loop.context.get_executor(), options);
              auto answer = loop.run(host.next(input_to("look around")));
              if (!answer) return 1;
              const Json seen = (*parse_json(*answer))["action"]["outputs"];
              // seccomp alone still takes sockets, programs and files away once the plugin is loaded.
              return seen["internet socket"] == EPERM && seen["read a file"] == EPERM && seen["exec"] == EPERM
                         ? 0
                         : 2;
            }),
            0);
}

}  // namespace
}  // namespace reelspool
