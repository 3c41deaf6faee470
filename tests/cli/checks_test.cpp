#include "worker/cli/checks.hpp"

#include <gtest/gtest.h>

#include "worker/programs/programs.hpp"

namespace reelspool {
namespace {

Settings with_sandbox(const std::string& value) {
  Settings::Sources sources;
  sources.flags = {{"SANDBOX", value}};
  return *Settings::load(sources);
}

// SANDBOX=if_possible took the box away from every program, also where the kernel has one.
TEST(TheSandbox, IsUsedWhereverTheKernelHasOne) {
  EXPECT_TRUE(runs_boxed(with_sandbox("required")));
  EXPECT_EQ(runs_boxed(with_sandbox("if_possible")), landlock_version() > 0);
}

}  // namespace
}  // namespace reelspool
