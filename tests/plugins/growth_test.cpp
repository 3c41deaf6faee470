#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/plugins/loop.hpp"

namespace reelspool {
namespace {

using ::testing::HasSubstr;

/// What the plugin answers when it is run by the host.
std::string answer_of(const char* host_program, const char* plugin) {
  testing::Loop loop;
  auto options = testing::host_of(plugin);
  options.program = host_program;
  PluginHost host(loop.context.get_executor(), options);
  auto manifest = loop.run(host.describe());
  EXPECT_TRUE(manifest) << manifest.error().message;
  auto answer = loop.run(host.next(testing::input_to("nothing")));
  EXPECT_TRUE(answer) << answer.error().message;
  return answer ? *answer : "";
}

TEST(TheAbi, GrowsAtItsEnd) {
  EXPECT_THAT(answer_of(HOST_PROGRAM, "later"), HasSubstr("wait")) << "a later plugin in today's host";
  EXPECT_THAT(answer_of(LATER_HOST_PROGRAM, "plain"), HasSubstr("nothing"))
      << "today's plugin in a later host";
  EXPECT_THAT(answer_of(LATER_HOST_PROGRAM, "flawless"), HasSubstr("card")) << "in C++ too";
  EXPECT_THAT(answer_of(LATER_HOST_PROGRAM, "later"), HasSubstr("wait"));
}

}  // namespace
}  // namespace reelspool
